trigger Thing_Changes on Thing__c (after insert, before update, after update, after delete) {
    if (Trigger.isDelete) {
        Changes.lines.add('deleted ' + Trigger.old[0].Name);
        return;
    }
    for (Thing__c t : Trigger.new) {
        Thing__c was = Trigger.isInsert ? null : Trigger.oldMap.get(t.Id);
        Changes.lines.add(was?.Name + ' -> ' + t.Name + ' ' + (Trigger.newMap.get(t.Id).Name == t.Name));
    }
}
