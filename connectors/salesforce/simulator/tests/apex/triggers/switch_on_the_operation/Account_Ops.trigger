trigger Account_Ops on Account (before insert, after insert, after update) {
    Ops.handle();
}
