//! GDAL's programs as child processes within bounds. They are C that reads what anybody brings and writes what anybody asks for,
//! so imports and exports start them here, with no more of this process than they need.

use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::task::JoinHandle;

/// What they need to know of the surroundings; they need not know passwords.
const KEPT: [&str; 5] = ["PATH", "GDAL_DATA", "PROJ_LIB", "PROJ_DATA", "LD_LIBRARY_PATH"];
/// What is kept of what they complain about, bytes.
const COMPLAINTS: usize = 16 << 10;

/// How much of the machine a child may take.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Bytes of its address space.
    pub memory: u64,
    /// Of the processor.
    pub seconds: u64,
    /// Bytes of the largest file that it may write.
    pub file: u64,
}

/// A program of GDAL that ends with this process's interest in it. It ends with code 127 where it is not installed.
pub fn program(name: &str, bounds: Bounds) -> Command {
    let mut command = Command::new("prlimit");
    command.arg(format!("--as={}", bounds.memory));
    command.arg(format!("--cpu={}:{}", bounds.seconds, bounds.seconds + 1));
    command.arg(format!("--fsize={}", bounds.file));
    command.args(["--core=0", "--", name]);
    let kept = KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
    command.env_clear().envs(kept).envs([("LC_ALL", "C.UTF-8"), ("PROJ_NETWORK", "OFF")]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// What a child writes to its standard error: read to the end, so that it never waits, and kept as far as it is useful.
#[derive(Debug, Default)]
pub struct Complaints {
    kept: Arc<Mutex<Vec<u8>>>,
    reading: Option<JoinHandle<()>>,
}

impl Complaints {
    /// Begins to read them.
    pub fn follow(from: Option<impl AsyncRead + Unpin + Send + 'static>) -> Self {
        let kept = Arc::new(Mutex::new(Vec::new()));
        let keep = kept.clone();
        let reading = from.map(|mut from| {
            tokio::spawn(async move {
                let mut chunk = [0; 4096];
                while let Ok(count @ 1..) = from.read(&mut chunk).await {
                    let mut kept = keep.lock().unwrap_or_else(PoisonError::into_inner);
                    // of many warnings the last are kept too: errors end a run
                    if kept.len() > COMPLAINTS {
                        kept.drain(COMPLAINTS / 2..);
                    }
                    kept.extend_from_slice(&chunk[..count]);
                }
            })
        });
        Self { kept, reading }
    }

    /// When all of them are read.
    pub async fn end(mut self) -> Self {
        if let Some(reading) = self.reading.take() {
            let _ = reading.await;
        }
        self
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.kept.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }

    /// GDAL may end well after an error.
    pub fn has_errors(&self) -> bool {
        self.text().lines().any(|line| line.starts_with("ERROR "))
    }

    /// The first complaint, for the end of a sentence.
    pub fn reason(&self) -> String {
        let text = self.text();
        let line =
            text.lines().find(|line| line.starts_with("ERROR ")).or_else(|| text.lines().find(|line| !line.is_empty()));
        line.map(|line| format!(": {}", line.chars().take(300).collect::<String>())).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_child_has_its_bounds_and_nothing_of_the_surroundings() {
        let bounds = Bounds { memory: 1 << 30, seconds: 7, file: 4096 };
        let script = "env; echo bounds $(ulimit -v) $(ulimit -t) $(ulimit -f) $(ulimit -c); echo ERROR 1: no >&2";
        let mut child = program("sh", bounds).args(["-c", script]).stdout(Stdio::piped()).spawn().unwrap();
        let complaints = Complaints::follow(child.stderr.take());
        let output = child.wait_with_output().await.unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        // kilobytes, seconds, blocks of 512 bytes
        assert!(text.contains("bounds 1048576 7 8 0\n"), "{text}");
        assert!(std::env::var_os("HOME").is_some() && !text.contains("HOME=") && text.contains("PATH="), "{text}");
        let complaints = complaints.end().await;
        assert!(complaints.has_errors() && complaints.reason() == ": ERROR 1: no", "{complaints:?}");
    }
}
