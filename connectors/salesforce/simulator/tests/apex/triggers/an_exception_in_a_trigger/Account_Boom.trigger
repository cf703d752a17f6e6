trigger Account_Boom on Account (after insert) {
    Integer zero = 0;
    Integer bad = 1 / zero;
}
