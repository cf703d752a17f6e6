trigger Thing_Fill on Thing__c (before insert, before update) {
    for (Thing__c t : Trigger.new) {
        t.Note__c = 'filled by ' + Trigger.operationType;
        if (t.Count__c == null) {
            t.Count__c = 7;
        }
    }
}
