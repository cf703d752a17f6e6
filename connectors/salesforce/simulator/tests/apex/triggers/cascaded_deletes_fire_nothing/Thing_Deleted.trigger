trigger Thing_Deleted on Thing__c (after delete) {
    Deleted.what.add('thing');
}
