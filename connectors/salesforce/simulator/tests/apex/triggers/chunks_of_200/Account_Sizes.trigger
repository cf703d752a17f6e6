trigger Account_Sizes on Account (before insert, after insert) {
    if (Trigger.isAfter) {
        Sizes.seen.add(Trigger.size);
    }
}
