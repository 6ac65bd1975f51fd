//! The servers under measurement, as processes: the shipped Misto binary, and Martin, installed where it is missing.

use std::fs::File;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::city::City;
use crate::drive::{Client, GZIP};
use crate::peer::Srid;

const MARTIN_VERSION: &str = "1.14.0";
/// `mbtiles` is what martin-cp writes.
const MARTIN_FEATURES: &str = "postgres,pmtiles,metrics,mbtiles";
const START_LIMIT: Duration = Duration::from_secs(120);

/// Whose tiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Misto,
    /// A table source for each layer.
    Martin(Srid),
    /// One function source that gives all six layers of the 3857 copy with one query.
    MartinFunction,
}

/// How Martin is run.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    pub workers: usize,
    pub pool: usize,
    /// Megabytes; 0 switches the cache off.
    pub cache: usize,
}

pub struct Servers {
    root: PathBuf,
    folder: PathBuf,
    pub misto: PathBuf,
    /// The folder of Martin's programs, or why there are none.
    pub martin: Result<PathBuf, String>,
    /// Martin's best, once found.
    pub settings: Settings,
}

/// A running server; dropping it stops it.
pub struct Server {
    child: Child,
    pub port: u16,
    pub started: Instant,
}

impl Servers {
    pub fn new(root: &Path, folder: &Path, misto: PathBuf) -> Self {
        let martin = martin(root).map_err(|error| format!("{error:#}"));
        let settings = Settings { workers: cores(), pool: 20, cache: 0 };
        Self { root: root.to_owned(), folder: folder.to_owned(), misto, martin, settings }
    }

    pub fn start(&self, side: Side, city: &City) -> Result<Server> {
        match side {
            Side::Misto => self.misto(city),
            Side::Martin(_) | Side::MartinFunction => self.martin(city, self.settings),
        }
    }

    pub fn misto(&self, city: &City) -> Result<Server> {
        let port = free_port()?;
        let mut command = self.command(&self.misto, city);
        command.args(["serve", "--listen", &format!("127.0.0.1:{port}")]);
        self.spawn(command, "misto", port, "/readyz")
    }

    /// A command of Misto's on the city's database.
    pub fn command(&self, program: &Path, city: &City) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).env("DATABASE_URL", &city.url).stdin(Stdio::null());
        command
    }

    pub fn martin(&self, city: &City, settings: Settings) -> Result<Server> {
        let port = free_port()?;
        let mut command = Command::new(self.martin_program("martin")?);
        command.arg("--config").arg(self.martin_configuration(city, settings.pool)?);
        command.args(["--listen-addresses", &format!("127.0.0.1:{port}"), "--preferred-encoding", "gzip"]);
        command.args(["--workers", &settings.workers.to_string(), "--cache-size", &settings.cache.to_string()]);
        self.spawn(command.env("RUST_LOG", "error"), "martin", port, "/health")
    }

    pub fn martin_program(&self, name: &str) -> Result<PathBuf> {
        match &self.martin {
            Ok(folder) => Ok(folder.join(name)),
            Err(why) => bail!("{why}"),
        }
    }

    pub fn martin_configuration(&self, city: &City, pool: usize) -> Result<PathBuf> {
        let file = self.folder.join("martin.yaml");
        std::fs::write(&file, city.peer.configuration(&city.url, pool))?;
        Ok(file)
    }

    /// Where a side's tiles of some layers are; `/z/x/y` follows.
    pub fn prefix(&self, side: Side, city: &City, layers: &[&str], zoom: u8) -> String {
        match side {
            Side::Misto => format!("/tiles/{}", city.held(layers, zoom).join(",")),
            Side::Martin(srid) => format!("/{}", city.peer.sources(layers, srid, zoom)),
            Side::MartinFunction => "/city".to_owned(),
        }
    }

    fn spawn(
        &self,
        mut command: impl std::borrow::BorrowMut<Command>,
        name: &str,
        port: u16,
        ready: &str,
    ) -> Result<Server> {
        let log = self.folder.join(format!("{name}.log"));
        let file = File::options().create(true).append(true).open(&log)?;
        let command = command.borrow_mut().stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        // SAFETY: prctl is async-signal-safe, and nothing else happens between fork and exec
        unsafe {
            // a bench that is killed leaves nobody behind who would slow the next one; the main thread forks, and Linux
            // ties this to the thread
            command.pre_exec(|| match libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM) {
                0 => Ok(()),
                _ => Err(std::io::Error::last_os_error()),
            });
        }
        let started = Instant::now();
        let child = command.spawn().with_context(|| format!("cannot start {name}"))?;
        let mut server = Server { child, port, started };
        while !Client::connect(port)
            .and_then(|mut client| client.get(ready, ""))
            .is_ok_and(|answer| answer.status == 200)
        {
            ensure!(server.child.try_wait()?.is_none(), "{name} ended as it started; its log: {}", log.display());
            ensure!(started.elapsed() < START_LIMIT, "{name} is not ready; its log: {}", log.display());
            thread::sleep(Duration::from_millis(10));
        }
        Ok(server)
    }
}

impl Server {
    /// Asks for a tile far from the city several times over all connections, so that what a server opens and prepares
    /// at the first request is there, and none of the city's tiles is.
    pub fn warm(&self, prefix: &str, zoom: u8, connections: usize) -> Result<()> {
        thread::scope(|scope| {
            let ask = || {
                let mut client = Client::connect(self.port)?;
                for _ in 0..5 {
                    let path = format!("{prefix}/{zoom}/0/0");
                    let status = client.get(&path, GZIP)?.status;
                    ensure!(status == 204 || status == 200, "{path}: {status}");
                }
                Ok(())
            };
            let threads: Vec<_> = (0..connections).map(|_| scope.spawn(ask)).collect();
            threads.into_iter().try_for_each(|thread| thread.join().expect("a warming thread"))
        })
    }

    /// Resident memory in MB: now, and the most there was.
    pub fn memory(&self) -> Result<(f64, f64)> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        Ok((megabytes(&status, "VmRSS:")?, megabytes(&status, "VmHWM:")?))
    }
}

/// A line of `/proc/<pid>/status`, in MB.
pub fn megabytes(status: &str, label: &str) -> Result<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(label)).context("no such line")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1000.0)
}

impl Drop for Server {
    fn drop(&mut self) {
        let pid = self.child.id().cast_signed();
        // SAFETY: kill has no memory effects, and the child has not been waited for, so its number is its own
        unsafe { libc::kill(pid, libc::SIGTERM) };
        let asked = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) {
            if asked.elapsed() > Duration::from_secs(15) {
                let _ = self.child.kill();
                let _ = self.child.wait();
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, |n| n.get())
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Martin's folder; installed from crates.io where it is missing, which takes some ten minutes once.
fn martin(root: &Path) -> Result<PathBuf> {
    let peers = root.join("target/peers");
    let programs = peers.join("bin");
    if !programs.join("martin").exists() || !programs.join("martin-cp").exists() {
        eprintln!("installing Martin {MARTIN_VERSION} into {} (once, about ten minutes)", peers.display());
        let status = Command::new(env!("CARGO"))
            .args(["install", "martin", "--version", MARTIN_VERSION, "--locked", "--no-default-features"])
            .args(["--features", MARTIN_FEATURES, "--root"])
            .arg(&peers)
            .env("CARGO_TARGET_DIR", peers.join("build"))
            .status()
            .context("cannot run cargo install")?;
        ensure!(status.success(), "Martin {MARTIN_VERSION} could not be installed from crates.io");
    }
    let output = Command::new(programs.join("martin")).arg("--version").output()?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let wanted = format!("martin {MARTIN_VERSION}");
    ensure!(version == wanted, "{} is {version}, not {wanted}; remove it and run again", programs.display());
    Ok(programs)
}
