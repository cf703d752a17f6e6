//! What `--help` says, for every command.

use crate::cli::{command, finish};

/// The `--help` of a command and of all below it.
async fn help(path: Vec<String>) -> Vec<(String, String)> {
    let mut arguments: Vec<&str> = path.iter().map(String::as_str).collect();
    arguments.push("--help");
    let run = finish(command(&arguments)).await;
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{path:?}");
    let below: Vec<String> = run
        .stdout
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ").filter(|l| !l.starts_with(' ')))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect();
    let mut all = vec![(path.join(" "), run.stdout)];
    for name in below {
        let mut path = path.clone();
        path.push(name);
        all.extend(Box::pin(help(path)).await);
    }
    all
}

#[tokio::test]
async fn every_command_explains_itself() {
    let all = help(Vec::new()).await;
    let names: Vec<_> = all.iter().map(|(name, _)| name.as_str()).collect();
    insta::assert_snapshot!("commands", names.join("\n"));
    for (name, text) in &all {
        // The options of every command are shown once, by the first one.
        let own = match text.split_once("Connection and output:") {
            Some((own, _)) if !name.is_empty() => own,
            _ => text,
        };
        let file = if name.is_empty() { "provisionctl".to_owned() } else { name.replace(' ', "_") };
        insta::assert_snapshot!(format!("help_{file}"), own.trim_end());
    }
}
