trigger Thing_Again on Thing__c (after update) {
    Guard.runs++;
    if (Guard.busy) {
        return;
    }
    Guard.busy = true;
    update new Thing__c(Id = Trigger.new[0].Id, Count__c = 5);
    Guard.busy = false;
}
