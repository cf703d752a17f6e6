trigger Account_Late on Account (after insert) {
    try {
        Trigger.new[0].Name = 'too late';
    } catch (Exception e) {
        Account_Said.text = e.getTypeName() + ': ' + e.getMessage();
    }
}
