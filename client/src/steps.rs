//! The live progress of an operation, on stderr: a bar on a terminal, plain lines elsewhere.

use std::io::{IsTerminal as _, stderr};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use provision_client::api::google::longrunning::Operation;
use provision_client::api::v1;
use provision_client::{Error, Progress};

use crate::command_error::CommandError;
use crate::context::Context;
use crate::text::{escape, time};
use crate::views::{next_action, units};

/// Waits until an operation is done, showing how it goes.
pub async fn wait_done(
    context: &Context,
    client: &provision_client::Client,
    name: &str,
) -> Result<Operation, CommandError> {
    context.waits_for(Some(name));
    let mut steps = Steps::new(stderr().is_terminal());
    let done = client.operations().wait_done(name, |progress| steps.on(progress)).await;
    steps.end();
    context.waits_for(None);
    Ok(done?)
}

struct Steps {
    bar: Option<ProgressBar>,
    /// How each step stood when it was shown last.
    shown: Vec<v1::StepProgress>,
    waiting: String,
}

impl Steps {
    fn new(terminal: bool) -> Steps {
        let bar = terminal.then(|| {
            let bar = ProgressBar::new(0);
            bar.set_style(style(0));
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Steps { bar, shown: Vec::new(), waiting: String::new() }
    }

    fn on(&mut self, progress: Progress<'_>) {
        match progress {
            Progress::Moved(metadata) => self.moved(metadata),
            Progress::Unreachable(error) => self.unreachable(error),
        }
    }

    fn moved(&mut self, metadata: &v1::OperationMetadata) {
        let all = metadata.steps.len();
        for (at, step) in metadata.steps.iter().enumerate() {
            let last = self.shown.get(at);
            if last.is_some_and(|last| {
                (last.state, last.done, last.total) == (step.state, step.done, step.total)
            }) {
                continue;
            }
            let Some(text) = line(at + 1, all, step) else { continue };
            let running = step.state == v1::StepState::Running as i32;
            match &self.bar {
                Some(bar) if running => show(bar, at + 1, all, step),
                Some(bar) => bar.println(text),
                None => eprintln!("{text}"),
            }
        }
        self.shown.clone_from(&metadata.steps);
        self.waits(waiting(metadata));
    }

    fn unreachable(&mut self, error: &Error) {
        self.waits(format!("waiting: {error}"));
    }

    /// Why nothing moves; said once.
    fn waits(&mut self, why: String) {
        if self.waiting == why {
            return;
        }
        if !why.is_empty() {
            let text = format!("      {}", escape(&why));
            match &self.bar {
                Some(bar) => bar.println(text),
                None => eprintln!("{text}"),
            }
        }
        self.waiting = why;
    }

    fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Title and message come last: where the terminal is narrow, they are cut.
fn style(total: i64) -> ProgressStyle {
    let template = match total {
        0 => "{spinner} {wide_msg}",
        _ => "{spinner} [{bar:24}] {pos}/{len}  {wide_msg}",
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner());
    style.progress_chars("=> ")
}

fn show(bar: &ProgressBar, number: usize, all: usize, step: &v1::StepProgress) {
    bar.set_style(style(step.total));
    bar.set_length(step.total.max(0).unsigned_abs());
    bar.set_position(step.done.max(0).unsigned_abs());
    let said = if step.message.is_empty() { String::new() } else { format!(": {}", step.message) };
    bar.set_message(escape(&format!("[{number}/{all}] {}{said}", step.title)).into_owned());
}

/// A step as a plain line; nothing for one that has not begun.
fn line(number: usize, all: usize, step: &v1::StepProgress) -> Option<String> {
    let title = escape(&step.title);
    let said = if step.message.is_empty() { String::new() } else { format!(": {}", escape(&step.message)) };
    let rest = match v1::StepState::try_from(step.state) {
        Ok(v1::StepState::Running) => format!("{}{said}", units(step)),
        Ok(v1::StepState::Done) => format!("{}: done", units(step)),
        Ok(v1::StepState::Failed) => format!("{}: failed{said}", units(step)),
        Ok(v1::StepState::Pending | v1::StepState::Unspecified) | Err(_) => return None,
    };
    Some(format!("[{number}/{all}] {title}{rest}"))
}

fn waiting(metadata: &v1::OperationMetadata) -> String {
    if metadata.throttled_until.is_some() {
        return format!("the application asked to wait until {}", time(metadata.throttled_until.as_ref()));
    }
    match &metadata.next_action {
        Some(next) if next.actor != v1::Actor::System as i32 => next_action(next),
        Some(_) | None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(state: v1::StepState, done: i64, total: i64, message: &str) -> v1::StepProgress {
        v1::StepProgress {
            title: "Apex triggers".to_owned(),
            state: state.into(),
            done,
            total,
            message: message.to_owned(),
            ..Default::default()
        }
    }

    #[test]
    fn lines_say_where_a_step_stands() {
        let line = |step| line(3, 8, &step);
        assert_eq!(line(step(v1::StepState::Pending, 0, 0, "")), None);
        assert_eq!(
            line(step(v1::StepState::Running, 0, 0, "queued")).unwrap(),
            "[3/8] Apex triggers: queued"
        );
        assert_eq!(line(step(v1::StepState::Running, 2, 5, "")).unwrap(), "[3/8] Apex triggers 2/5");
        assert_eq!(line(step(v1::StepState::Done, 5, 5, "x")).unwrap(), "[3/8] Apex triggers 5/5: done");
        assert_eq!(
            line(step(v1::StepState::Failed, 1, 5, "no\u{7}")).unwrap(),
            r"[3/8] Apex triggers 1/5: failed: no\u{7}"
        );
    }
}
