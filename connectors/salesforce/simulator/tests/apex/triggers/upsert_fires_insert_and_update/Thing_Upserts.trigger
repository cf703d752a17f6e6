trigger Thing_Upserts on Thing__c (before insert, before update, after insert, after update) {
    Upserts.lines.add(Trigger.operationType + ' ' + Trigger.size);
}
