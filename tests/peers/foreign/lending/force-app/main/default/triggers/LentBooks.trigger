trigger LentBooks on Lent__e (after insert) {
    List<Task> tasks = new List<Task>();
    for (Lent__e event : Trigger.new) {
        tasks.add(new Task(Subject = 'Lent', WhatId = event.Book__c));
    }
    insert tasks;
}
