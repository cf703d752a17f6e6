trigger Account_Runs on Account (before insert) {
    Runs.sizes.add(Trigger.size);
    for (Account a : Trigger.new) {
        if (a.Name == 'bad') {
            a.addError('no');
        }
    }
}
