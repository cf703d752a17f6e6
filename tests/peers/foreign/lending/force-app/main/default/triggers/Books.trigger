trigger Books on Book__c (after insert) {
    Desk.share(Trigger.new);
}
