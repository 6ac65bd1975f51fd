//! `misto tiles` killed in the middle, and run again.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use crate::{folder, misto, told};

/// Runs `misto tiles` and kills it once its journal has some tiles. False where it was through before that.
fn killed_midway(var: &Path, arguments: &[&str], journal: &Path) -> bool {
    let mut child = misto(var, arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success());
            return false;
        }
        if fs::metadata(journal).is_ok_and(|journal| journal.len() > 500) {
            child.kill().unwrap();
            child.wait().unwrap();
            return true;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn an_archive_whose_making_was_killed_is_the_archive_of_one_run() {
    let var = folder("export");
    let demo = misto(&var, &["demo", "--addresses", "2000"]).output().unwrap();
    assert!(demo.status.success(), "{}", told(&demo));
    let (disturbed, whole) = (var.join("disturbed.pmtiles"), var.join("whole.pmtiles"));
    let (journal, part) = (var.join("disturbed.pmtiles.journal"), var.join("disturbed.pmtiles.part"));
    let tiles = |options: &[&str], file: &Path| {
        let output = misto(&var, &["tiles"]).args(options).arg(file).output().unwrap();
        assert!(output.status.success(), "{}", told(&output));
        told(&output)
    };
    // a fast machine may be through with few zooms before anybody can kill it
    let killed = || {
        let midway = |zooms: &&str| {
            let through = !killed_midway(&var, &["tiles", "--zoom", zooms, disturbed.to_str().unwrap()], &journal);
            if through {
                fs::remove_file(&disturbed).unwrap();
            }
            !through
        };
        ["6-17", "6-17", "6-18", "6-19", "6-20", "6-21"].into_iter().find(midway).expect("it can be killed midway")
    };
    killed();
    assert!(part.exists());

    let other = tiles(&["--layers", "streets"], &disturbed);
    assert!(other.contains("beginning anew"), "{other}");
    assert!(disturbed.exists() && !journal.exists() && !part.exists());
    fs::remove_file(&disturbed).unwrap();

    let zooms = killed();
    assert!(!disturbed.exists(), "only a complete archive has the name that was asked for");
    let again = tiles(&["--zoom", zooms], &disturbed);
    assert!(again.contains("going on after"), "{again}");
    tiles(&["--zoom", zooms], &whole);
    assert!(fs::read(&disturbed).unwrap() == fs::read(&whole).unwrap(), "the two archives differ");
}
