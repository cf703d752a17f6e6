trigger BookChanges on Book__ChangeEvent (after insert) {
    List<Book__c> changed = new List<Book__c>();
    for (Book__ChangeEvent change : Trigger.new) {
        EventBus.ChangeEventHeader header = change.ChangeEventHeader;
        if (header.getChangeType() == 'UPDATE' && header.changedFields.contains('Pages__c')) {
            for (String id : header.getRecordIds()) {
                changed.add(new Book__c(Id = id, Name = 'now ' + change.Pages__c));
            }
        }
    }
    update changed;
}
