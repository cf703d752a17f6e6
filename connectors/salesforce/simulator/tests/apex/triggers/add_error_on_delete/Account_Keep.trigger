trigger Account_Keep on Account (before delete) {
    for (Account a : Trigger.old) {
        a.addError('never deleted');
    }
}
