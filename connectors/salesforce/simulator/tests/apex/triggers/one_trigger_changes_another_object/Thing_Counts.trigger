trigger Thing_Counts on Part__c (after insert, after delete) {
    Map<Id, Integer> counts = new Map<Id, Integer>();
    for (Part__c p : Trigger.isDelete ? Trigger.old : Trigger.new) {
        counts.put(p.Thing__c, 0);
    }
    for (AggregateResult row : [
        SELECT Thing__c thing, COUNT(Id) n FROM Part__c WHERE Thing__c IN :counts.keySet() GROUP BY Thing__c
    ]) {
        counts.put((Id) row.get('thing'), (Integer) row.get('n'));
    }
    List<Thing__c> things = new List<Thing__c>();
    for (Id key : counts.keySet()) {
        things.add(new Thing__c(Id = key, Count__c = counts.get(key)));
    }
    update things;
}
