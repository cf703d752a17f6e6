trigger Account_Queries on Account (before insert) {
    for (Integer i = 0; i < 60; i++) {
        Integer n = [SELECT COUNT() FROM Thing__c WHERE Name = 'x'];
    }
}
