trigger Account_Merged on Account (before delete, after delete, before update, after update) {
    if (Trigger.isDelete) {
        for (Account a : Trigger.old) {
            Merged.lines.add(Trigger.operationType + ' ' + a.Name + ' ' + (a.MasterRecordId != null));
        }
    } else {
        for (Account a : Trigger.new) {
            Merged.lines.add(Trigger.operationType + ' ' + a.Name);
        }
    }
}
