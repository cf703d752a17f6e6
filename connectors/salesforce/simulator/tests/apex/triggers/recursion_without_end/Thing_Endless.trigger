trigger Thing_Endless on Thing__c (after insert) {
    insert new Thing__c(Name = 'another');
}
