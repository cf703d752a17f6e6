trigger Opportunity_Sum on Opportunity (after insert, after update, after delete) {
    Set<Id> accounts = new Set<Id>();
    for (Opportunity o : Trigger.isDelete ? Trigger.old : Trigger.new) {
        if (o.AccountId != null) {
            accounts.add(o.AccountId);
        }
    }
    List<Account> rows = new List<Account>();
    for (Account a : [SELECT Id, (SELECT Amount FROM Opportunities WHERE StageName = 'Closed Won') FROM Account WHERE Id IN :accounts]) {
        Decimal total = 0;
        for (Opportunity o : a.Opportunities) {
            total += o.Amount ?? 0;
        }
        rows.add(new Account(Id = a.Id, AnnualRevenue = total));
    }
    update rows;
}
