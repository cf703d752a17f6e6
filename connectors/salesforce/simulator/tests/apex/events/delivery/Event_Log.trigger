trigger Event_Log on Happened__e (after insert) {
    List<Thing__c> rows = new List<Thing__c>();
    for (Happened__e e : Trigger.new) {
        rows.add(new Thing__c(Name = 'heard ' + e.Text__c));
    }
    insert rows;
}
