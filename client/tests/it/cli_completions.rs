//! `completions`.

use crate::cli::{command, finish};

#[tokio::test]
async fn every_shell_is_told_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = finish(command(&["completions", shell])).await;
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{shell}");
        for word in ["provisionctl", "accounts", "watch", "take-back", "explain", "all-unprotected"] {
            assert!(run.stdout.contains(word), "{shell}: {word}");
        }
    }
    assert_eq!(finish(command(&["completions", "cmd"])).await.code, 2);
}

#[tokio::test]
async fn bash_takes_it() {
    let script = finish(command(&["completions", "bash"])).await.stdout;
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), script).expect("written");
    let mut bash = tokio::process::Command::new("bash");
    bash.args(["--norc", "-c", "source \"$0\" && complete -p provisionctl"]).arg(file.path());
    let run = finish(bash).await;
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("_provisionctl"), "{}", run.stdout);
}
