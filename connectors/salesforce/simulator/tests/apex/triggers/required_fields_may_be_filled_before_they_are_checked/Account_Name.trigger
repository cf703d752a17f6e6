trigger Account_Name on Account (before insert) {
    for (Account a : Trigger.new) {
        if (a.Name == null) {
            a.Name = 'given by the trigger';
        }
    }
}
