trigger Contact_Accounts on Contact (before insert) {
    Contact_Handler.fillAccounts(Trigger.new);
}
