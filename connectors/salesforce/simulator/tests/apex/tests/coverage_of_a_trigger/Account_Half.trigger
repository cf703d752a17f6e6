trigger Account_Half on Account (before insert) {
    for (Account a : Trigger.new) {
        if (a.Phone == null) {
            a.Phone = '0';
        } else {
            a.Fax = a.Phone;
        }
    }
}
