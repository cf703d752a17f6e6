trigger Ruled_Cut on Ruled__c (before insert, after insert) {
    for (Ruled__c r : Trigger.new) {
        if (Trigger.isBefore && r.Name == 'cut') {
            r.Size__c = 10;
        }
    }
}
