trigger Stop on Account (before insert) {
    for (Account a : Trigger.new) {
        if (a.Name == 'bad') {
            a.addError('stopped');
        }
    }
}
