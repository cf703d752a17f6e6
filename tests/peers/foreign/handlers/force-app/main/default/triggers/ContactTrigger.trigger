trigger ContactTrigger on Contact (before insert) {
    new ContactHandler().run();
}
