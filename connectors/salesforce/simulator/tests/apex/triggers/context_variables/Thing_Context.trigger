trigger Thing_Context on Thing__c (
    before insert, after insert, before update, after update, before delete, after delete, after undelete
) {
    String line = Trigger.operationType.name() + ':';
    line += Trigger.isBefore ? ' before' : '';
    line += Trigger.isAfter ? ' after' : '';
    line += Trigger.isInsert ? ' insert' : '';
    line += Trigger.isUpdate ? ' update' : '';
    line += Trigger.isDelete ? ' delete' : '';
    line += Trigger.isUndelete ? ' undelete' : '';
    line += ' size ' + Trigger.size;
    line += ' new ' + (Trigger.new != null) + ' ' + (Trigger.newMap != null);
    line += ' old ' + (Trigger.old != null) + ' ' + (Trigger.oldMap != null);
    line += Trigger.isExecuting ? '' : ' not executing';
    Seen.lines.add(line);
}
