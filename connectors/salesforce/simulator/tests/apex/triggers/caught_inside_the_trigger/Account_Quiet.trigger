trigger Account_Quiet on Account (after insert, after update) {
    Quiet.handle();
}
