//! The private cluster: a PostgreSQL of Misto's own under `var/postgres`, for a city without a database server.
//!
//! It listens on a Unix socket in a folder that only its user can enter, so it trusts whoever gets there. Started by
//! root, it runs as the system's `postgres` user. It lives and dies with the process that started it: a dedicated
//! thread holds the child, because Linux ties a parent-death signal to the thread that forked.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use place::{User, place, socket_folder};

mod place;

/// The superuser that Misto connects as; it gives that up at once for `misto_owner` and `misto_public`.
const USER: &str = "misto";
/// What the lock file says of who holds it.
const SERVER: &str = "serve";
const COMMAND: &str = "command";
/// The port is a part of the socket's name; PGPORT in the environment must not change it.
const PORT: u16 = 5432;
const START_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(60);

/// A running private cluster. Stop it with [`Cluster::stop`]; dropping it stops it too.
#[derive(Debug)]
pub struct Cluster {
    socket: PathBuf,
    /// None when another Misto process runs the cluster and this one has only joined it.
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    _lock: File,
    pid: libc::pid_t,
    supervisor: JoinHandle<()>,
}

/// What to do when another process already runs the cluster.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum IfRunning {
    /// `misto serve`: a second server on the same folder is a mistake.
    Refuse,
    /// Commands beside a running server work on its database.
    Join,
}

impl Cluster {
    /// Makes the cluster in `folder` if there is none, starts it and waits until it answers.
    pub fn start(folder: &Path, if_running: IfRunning) -> Result<Self> {
        let user = User::to_run_as()?;
        let folder = place(folder, user)?;
        let socket = socket_folder(&folder, user)?;
        let Some(lock) = take(&folder, if_running)? else {
            let joined = Self { socket, running: None };
            joined.wait_until_ready(&programs()?, &folder.join("data"))?;
            return Ok(joined);
        };
        let programs = programs()?;
        let data = folder.join("data");
        if !data.join("PG_VERSION").exists() {
            initialise(&programs, &data, user)?;
        }
        stop_orphan(&data)?;
        let (pid, supervisor) = spawn(&programs, &data, &socket, user)?;
        let cluster = Self { socket, running: Some(Running { _lock: lock, pid, supervisor }) };
        cluster.wait_until_ready(&programs, &data)?;
        Ok(cluster)
    }

    /// How to connect to the database `name`; `postgres` always exists.
    pub fn options(&self, name: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(&self.socket)
            .port(PORT)
            .ssl_mode(PgSslMode::Disable)
            .username(USER)
            .database(name)
    }

    /// Whether PostgreSQL has ended, though nobody asked it to.
    pub fn has_died(&self) -> bool {
        self.running.as_ref().is_some_and(|running| running.supervisor.is_finished())
    }

    /// Stops PostgreSQL (fast shutdown) and waits for it; a joined cluster goes on.
    pub fn stop(mut self) {
        self.shut_down();
    }

    fn shut_down(&mut self) {
        let Some(running) = self.running.take() else { return };
        signal(running.pid, libc::SIGINT);
        let start = Instant::now();
        while !running.supervisor.is_finished() {
            if start.elapsed() > STOP_LIMIT {
                tracing::warn!("PostgreSQL did not stop in time and is made to; it will recover at the next start");
                signal(running.pid, libc::SIGQUIT);
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = running.supervisor.join();
    }

    fn wait_until_ready(&self, programs: &Path, data: &Path) -> Result<()> {
        let start = Instant::now();
        loop {
            if self.has_died() {
                bail!("PostgreSQL stopped as it started; its log says why: {}", log_file(data).display());
            }
            let mut ready = Command::new(programs.join("pg_isready"));
            ready
                .env_clear()
                .args(["-q", "-p", &PORT.to_string(), "-d", "postgres", "-U", USER, "-h"])
                .arg(&self.socket);
            if ready.status().context("cannot run pg_isready")?.success() {
                return Ok(());
            }
            if start.elapsed() > START_LIMIT {
                bail!(
                    "PostgreSQL did not answer within {} s; its log: {}",
                    START_LIMIT.as_secs(),
                    log_file(data).display()
                );
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.shut_down();
    }
}

/// Locks the folder for this process; none where a server runs the cluster and it may be joined.
///
/// The lock file says whether a server or a command holds it: a server can be joined, a command will stop the cluster
/// when it is done and has to be waited for.
fn take(folder: &Path, if_running: IfRunning) -> Result<Option<File>> {
    let path = folder.join("lock");
    let lock = File::options().create(true).append(true).open(&path);
    let mut lock = lock.with_context(|| format!("cannot open {}", path.display()))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) if if_running == IfRunning::Refuse => bail!(
            "another Misto is already running on {}; stop it first, or give this one a folder of its own with --var",
            folder.display()
        ),
        Err(TryLockError::WouldBlock) => {
            if fs::read_to_string(&path).is_ok_and(|holder| holder == SERVER) {
                return Ok(None);
            }
            tracing::info!("another command is at work on this database; waiting for it");
            lock.lock().context("cannot lock the database's folder")?;
        }
        Err(TryLockError::Error(error)) => return Err(error).context("cannot lock the database's folder"),
    }
    lock.set_len(0)?;
    lock.write_all(if if_running == IfRunning::Refuse { SERVER } else { COMMAND }.as_bytes())?;
    Ok(Some(lock))
}

/// Debian keeps the server's programs outside the path, by version; the newest supported one is taken.
fn programs() -> Result<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = Vec::new();
    if let Ok(versions) = fs::read_dir("/usr/lib/postgresql") {
        for version in versions.flatten() {
            let number = version.file_name().to_string_lossy().parse().unwrap_or(0);
            found.push((number, version.path().join("bin")));
        }
    }
    found.retain(|(version, folder)| *version >= 15 && folder.join("initdb").exists());
    found.sort();
    if let Some((_, folder)) = found.pop() {
        return Ok(folder);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).find(|folder| folder.join("initdb").exists());
    on_path.context(
        "PostgreSQL is not installed; run make setup (or apt-get install postgresql-15-postgis-3), \
         or point DATABASE_URL at a database that runs elsewhere",
    )
}

fn as_user(program: &Path, user: Option<User>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/").env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
    if let Some(user) = user {
        command.gid(user.gid).uid(user.uid);
    }
    command
}

/// Makes the data folder under another name first: one whose making was interrupted must not look like a whole one.
fn initialise(programs: &Path, data: &Path, user: Option<User>) -> Result<()> {
    let new = data.with_file_name("data.new");
    for left_over in [&new, data] {
        if left_over.exists() {
            fs::remove_dir_all(left_over).with_context(|| format!("cannot clear {}", left_over.display()))?;
        }
    }
    tracing::info!("making a private database in {}", data.display());
    let output = as_user(&programs.join("initdb"), user)
        .arg("-D")
        .arg(&new)
        .args(["-U", USER, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"])
        .output()
        .context("cannot run initdb")?;
    if !output.status.success() {
        bail!("initdb failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    fs::rename(&new, data).with_context(|| format!("cannot name the new database {}", data.display()))
}

fn log_file(data: &Path) -> PathBuf {
    data.with_file_name("postgres.log")
}

/// A postmaster that outlived a killed Misto still holds the data folder; ask it to go.
fn stop_orphan(data: &Path) -> Result<()> {
    let pid_file = data.join("postmaster.pid");
    let start = Instant::now();
    loop {
        let Some(pid) = fs::read_to_string(&pid_file).ok().and_then(|text| text.lines().next()?.parse().ok()) else {
            return Ok(());
        };
        // a stale file may name a process that is somebody else's by now: ours works in our data folder
        let works_in = fs::read_link(format!("/proc/{pid}/cwd")).ok();
        if works_in.is_none() || works_in != data.canonicalize().ok() {
            return Ok(());
        }
        if start.elapsed() > STOP_LIMIT {
            bail!("a PostgreSQL (process {pid}) left over from before will not stop; stop it and start again");
        }
        signal(pid, if start.elapsed() > STOP_LIMIT / 2 { libc::SIGQUIT } else { libc::SIGINT });
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Starts PostgreSQL from a thread that lives as long as it does.
fn spawn(programs: &Path, data: &Path, socket: &Path, user: Option<User>) -> Result<(libc::pid_t, JoinHandle<()>)> {
    let log = File::options().create(true).append(true).open(log_file(data)).context("cannot open PostgreSQL's log")?;
    let mut command = as_user(&programs.join("postgres"), user);
    command.arg("-D").arg(data).arg("-k").arg(socket).args(["-p", &PORT.to_string()]);
    for setting in settings() {
        command.arg("-c").arg(setting);
    }
    command.stdout(log.try_clone()?).stderr(log);
    // its own process group: Ctrl-C is for Misto, which then stops PostgreSQL in order
    command.process_group(0);
    // SAFETY: prctl is async-signal-safe, and nothing else happens between fork and exec
    unsafe {
        command.pre_exec(|| match libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGINT) {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        });
    }
    let (tell, told) = mpsc::channel();
    let supervisor = std::thread::Builder::new().name("postgres".to_owned()).spawn(move || {
        match command.spawn() {
            Ok(mut child) => {
                let _ = tell.send(Ok(child.id()));
                report(child.wait());
            }
            Err(error) => {
                let _ = tell.send(Err(error));
            }
        };
    })?;
    let pid = told.recv().context("PostgreSQL's thread ended")?.context("cannot start PostgreSQL")?;
    Ok((libc::pid_t::try_from(pid)?, supervisor))
}

fn report(status: std::io::Result<ExitStatus>) {
    match status {
        Ok(status) if status.success() => tracing::info!("PostgreSQL has stopped"),
        Ok(status) => tracing::error!("PostgreSQL ended with {status}"),
        Err(error) => tracing::error!("lost sight of PostgreSQL: {error}"),
    }
}

/// Settings for a city on one machine; memory follows the machine's.
fn settings() -> Vec<String> {
    let memory_mb = memory_mb().unwrap_or(2048);
    vec![
        "listen_addresses=".to_owned(),
        "unix_socket_permissions=0700".to_owned(),
        "max_connections=60".to_owned(),
        format!("shared_buffers={}MB", (memory_mb / 8).clamp(128, 4096)),
        format!("effective_cache_size={}MB", (memory_mb / 2).max(256)),
        format!("maintenance_work_mem={}MB", (memory_mb / 32).clamp(64, 1024)),
        "work_mem=16MB".to_owned(),
        "max_wal_size=4GB".to_owned(),
        "random_page_cost=1.1".to_owned(),
        "log_min_messages=warning".to_owned(),
    ]
}

fn memory_mb() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kb| kb / 1024)
}

fn signal(pid: libc::pid_t, signal: libc::c_int) {
    // SAFETY: kill has no memory effects; a process that is gone gives an error we do not need
    unsafe { libc::kill(pid, signal) };
}
