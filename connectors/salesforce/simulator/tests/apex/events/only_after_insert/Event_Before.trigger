trigger Event_Before on Happened__e (before insert) {
}
