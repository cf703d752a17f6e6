trigger Broken on Account (before insert) {
    Integer i = undefinedThing;
}
