trigger Nowhere on Nothing__c (before insert) {
}
