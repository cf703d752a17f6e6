//! Loss of power: what the daemon did to its disk is recorded once, then images are made of the disk as it may be found
//! after a loss of power at any point, and the store that opens on each is compared with what it held at that revision.

mod disk;
mod trace;
mod truth;
mod workload;

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::trial::copy;
use crate::{Common, Misfortune, Report};
use disk::Disk;
use trace::Note;
use truth::Truth;

/// Loss of power.
pub struct Power;

#[async_trait]
impl Misfortune for Power {
    async fn soak(&self, common: &Common, report: &mut Report) -> Result<(), String> {
        images(common, report).await
    }
}

/// Takes images in order of their crash points, so that the disk is built once.
async fn images(common: &Common, report: &mut Report) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut random = StdRng::seed_from_u64(common.seed);
    let recorded = workload::record(folder.path(), &mut random).await?;
    let notes = trace::read(&recorded.notes)?;
    whole(&notes, &recorded.world.data(), folder.path())?;
    let truth = Truth::read(&recorded.world.data().join("store"), &recorded.acknowledged).await?;
    eprintln!(
        "  {} notes, {} commits, {} acknowledged",
        notes.len(),
        truth.commits(),
        recorded.acknowledged.len()
    );

    // Drawn for all of them, so that a run has its point whichever run alone is asked for.
    let count = common.only.map_or(common.runs, |only| common.runs.max(only.saturating_add(1)));
    let mut points: Vec<(usize, u64)> =
        (0..count).map(|run| (random.random_range(0..=notes.len()), run)).collect();
    points.sort_unstable();
    let mut disk = Disk::default();
    let (mut done, mut bytes) = (0, 0);
    for (point, run) in points {
        for note in &notes[done..point] {
            disk.apply(&note.act)?;
            bytes += note.bytes;
        }
        done = point;
        if common.only.is_some_and(|only| only != run) {
            continue;
        }
        let image = folder.path().join("image");
        let mut random = StdRng::seed_from_u64(common.seed ^ (run << 20));
        disk.write_crashed(&image, &mut random).map_err(|error| error.to_string())?;
        let kept = folder.path().join("kept");
        copy(&image, &kept).map_err(|error| error.to_string())?;
        let violation = truth.judge(&image, bytes).await.err();
        if violation.is_some() {
            let evidence = report.evidence(run);
            let _ = std::fs::remove_dir_all(&evidence);
            copy(&kept, &evidence.join("image")).map_err(|error| error.to_string())?;
        }
        let at = format!("power lost after note {point} of {}", notes.len());
        report.run(run, violation.map(|violation| format!("{violation} ({at})")));
        for folder in [image, kept] {
            std::fs::remove_dir_all(folder).map_err(|error| error.to_string())?;
        }
    }
    Ok(())
}

/// Were anything not noted, the images would prove nothing.
fn whole(notes: &[Note], data: &Path, folder: &Path) -> Result<(), String> {
    let mut disk = Disk::default();
    for note in notes {
        disk.apply(&note.act)?;
    }
    let built = folder.join("built");
    disk.write_seen(&built).map_err(|error| error.to_string())?;
    let output = std::process::Command::new("diff").arg("-rq").arg(&built).arg(data).output();
    let output = output.map_err(|error| format!("diff: {error}"))?;
    std::fs::remove_dir_all(&built).map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("the notes do not make the data: {}", String::from_utf8_lossy(&output.stdout)))
}

/// Compiles a library to be preloaded: only C can stand in for the C library's calls.
pub fn compile(folder: &Path, name: &str, code: &str) -> Result<PathBuf, String> {
    let source = folder.join(name).with_extension("c");
    std::fs::write(&source, code).map_err(|error| error.to_string())?;
    let library = folder.join(name).with_extension("so");
    let mut cc = std::process::Command::new("cc");
    cc.args(["-O1", "-shared", "-fPIC", "-o"]).arg(&library).arg(&source).arg("-ldl");
    let output = cc.output().map_err(|error| format!("cc: {error}"))?;
    if output.status.success() {
        Ok(library)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
