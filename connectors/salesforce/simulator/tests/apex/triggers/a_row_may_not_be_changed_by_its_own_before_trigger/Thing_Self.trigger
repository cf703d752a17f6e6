trigger Thing_Self on Thing__c (before update) {
    update new Thing__c(Id = Trigger.new[0].Id, Count__c = 5);
}
