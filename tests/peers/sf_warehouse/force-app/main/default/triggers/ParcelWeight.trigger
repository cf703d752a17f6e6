trigger ParcelWeight on Parcel__c (before insert, before update) {
    for (Parcel__c parcel : Trigger.new) {
        if (parcel.Weight__c < 0) {
            parcel.Weight__c.addError('A parcel is not lighter than nothing.');
        }
    }
}
