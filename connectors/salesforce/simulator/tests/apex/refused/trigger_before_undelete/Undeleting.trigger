trigger Undeleting on Account (before undelete) {
}
