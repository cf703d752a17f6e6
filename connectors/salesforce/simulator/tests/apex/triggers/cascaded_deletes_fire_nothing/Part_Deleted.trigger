trigger Part_Deleted on Part__c (before delete, after delete) {
    Deleted.what.add('part');
}
