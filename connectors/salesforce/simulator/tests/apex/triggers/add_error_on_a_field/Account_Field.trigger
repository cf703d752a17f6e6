trigger Account_Field on Account (before insert, before update) {
    for (Account a : Trigger.new) {
        if (a.Name == 'bad') {
            a.Name.addError('choose another');
        }
    }
}
