//! An operation, live: a bar on a terminal, a line for each move elsewhere.

use std::io::{IsTerminal as _, stdout};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use provision_client::api::google::longrunning::Operation;
use provision_client::api::v1::{OperationMetadata, StepProgress, StepState};
use provision_client::{Client, Progress, metadata};

use crate::failure::Failure;
use crate::story::Story;

/// How often the progress is looked at.
const POLL: Duration = Duration::from_millis(100);

/// Waits until the operation is done and tells how it goes; answers it with its last metadata.
pub async fn follow(
    story: &Story,
    client: &Client,
    operation: &Operation,
) -> Result<(Operation, OperationMetadata), Failure> {
    let mut live = Live::new(story);
    let done = client
        .operations()
        .poll_every(POLL)
        .wait_done(&operation.name, |progress| match progress {
            Progress::Moved(metadata) => live.moved(metadata),
            Progress::Unreachable(error) => live.line(&format!("the daemon is away: {error}")),
        })
        .await;
    live.end();
    let done = done?;
    let metadata = metadata(&done)?;
    Ok((done, metadata))
}

struct Live<'a> {
    story: &'a Story,
    bar: Option<ProgressBar>,
    shown: Vec<StepProgress>,
}

impl<'a> Live<'a> {
    fn new(story: &'a Story) -> Live<'a> {
        let bar = stdout().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout());
            bar.set_style(style(0));
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Live { story, bar, shown: Vec::new() }
    }

    fn moved(&mut self, metadata: &OperationMetadata) {
        for (at, step) in metadata.steps.iter().enumerate() {
            let before = self.shown.get(at);
            let same = |b: &StepProgress| (b.state, b.done, b.total) == (step.state, step.done, step.total);
            if before.is_some_and(same) {
                continue;
            }
            match (StepState::try_from(step.state), &self.bar) {
                (Ok(StepState::Running), Some(bar)) => draw(bar, at + 1, metadata.steps.len(), step),
                (Ok(StepState::Running), None) if step.total > 0 => {
                    self.line(&line(at + 1, metadata.steps.len(), step));
                }
                (Ok(StepState::Done | StepState::Failed), _) => {
                    self.line(&line(at + 1, metadata.steps.len(), step));
                }
                _ => {}
            }
        }
        self.shown.clone_from(&metadata.steps);
    }

    fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| self.story.say(text)),
            None => self.story.say(text),
        }
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
        0 => "    {spinner} {wide_msg}",
        _ => "    {spinner} [{bar:20}] {pos}/{len}  {wide_msg}",
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner());
    style.progress_chars("=> ")
}

fn draw(bar: &ProgressBar, number: usize, all: usize, step: &StepProgress) {
    bar.set_style(style(step.total));
    bar.set_length(step.total.max(0).unsigned_abs());
    bar.set_position(step.done.max(0).unsigned_abs());
    let said = if step.message.is_empty() { String::new() } else { format!(": {}", step.message) };
    bar.set_message(format!("[{number}/{all}] {}{said}", step.title));
}

fn line(number: usize, all: usize, step: &StepProgress) -> String {
    let width = all.to_string().len();
    let units = match step.total {
        0 => String::new(),
        total => format!("  {}/{total}", step.done),
    };
    let end = match StepState::try_from(step.state) {
        Ok(StepState::Done) => "  done",
        Ok(StepState::Failed) => "  failed",
        _ => "",
    };
    format!("[{number:>width$}/{all}] {}{units}{end}", step.title)
}
