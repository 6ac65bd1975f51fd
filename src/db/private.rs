//! The private cluster: a PostgreSQL of Misto's own under `var/postgres`, for a city without a database server.
//!
//! It listens on a Unix socket in a folder that only its user can enter, so it trusts whoever gets there. Started by
//! root, it runs as the system's `postgres` user. It lives and dies with the process that started it: a dedicated
//! thread holds the child, because Linux ties a parent-death signal to the thread that forked.

use std::fs::{self, File, TryLockError};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use sqlx::postgres::PgConnectOptions;

/// The superuser that Misto connects as; it gives that up at once for `misto_owner` and `misto_public`.
const USER: &str = "misto";
/// The longest path that a Unix socket address can hold, less the socket file's own name.
const LONGEST_SOCKET_FOLDER: usize = 85;
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
        let lock = open_lock(&folder)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) if if_running == IfRunning::Join => {
                return Ok(Self { socket, running: None });
            }
            Err(TryLockError::WouldBlock) => bail!(
                "another Misto is already running on {}; stop it first, or give this one a folder of its own with --var",
                folder.display()
            ),
            Err(TryLockError::Error(error)) => return Err(error).context("cannot lock the database's folder"),
        }
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
        PgConnectOptions::new_without_pgpass().socket(&self.socket).username(USER).database(name)
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
            ready.args(["-q", "-h"]).arg(&self.socket).args(["-d", "postgres", "-U", USER]);
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

/// The system user that PostgreSQL runs as; none: our own.
#[derive(Debug, Clone, Copy)]
struct User {
    uid: u32,
    gid: u32,
}

impl User {
    fn to_run_as() -> Result<Option<Self>> {
        // SAFETY: geteuid only reads the process's credentials
        if unsafe { libc::geteuid() } != 0 {
            return Ok(None);
        }
        let passwd = fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
        let user = passwd.lines().find_map(|line| {
            let parts: Vec<_> = line.split(':').collect();
            let [name, _, uid, gid, ..] = parts[..] else { return None };
            (name == "postgres").then_some(Self { uid: uid.parse().ok()?, gid: gid.parse().ok()? })
        });
        match user {
            Some(user) => Ok(Some(user)),
            None => bail!(
                "PostgreSQL refuses to run as root, and there is no system user postgres to run it as; \
                 install postgresql (make setup does), or start Misto as an ordinary user"
            ),
        }
    }
}

/// The folder to use: `folder` itself, or, where root starts us in a place that the unprivileged user cannot reach
/// (/root, say), one under /var/lib/misto with `folder` as a link to it.
fn place(folder: &Path, user: Option<User>) -> Result<PathBuf> {
    let parent = folder.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).with_context(|| format!("cannot make the folder {}", parent.display()))?;
    let parent = parent.canonicalize()?;
    let wanted = parent.join(folder.file_name().context("the database's folder must have a name")?);
    let Some(user) = user else {
        make_folder(&wanted, None)?;
        return Ok(wanted);
    };
    if wanted.exists() || reachable(&parent, user) {
        make_folder(&wanted, Some(user))?;
        return Ok(wanted.canonicalize()?);
    }
    let elsewhere = Path::new("/var/lib/misto").join(short_hash(&wanted));
    fs::create_dir_all("/var/lib/misto").context("cannot make the folder /var/lib/misto")?;
    make_folder(&elsewhere, Some(user))?;
    // a link whose target is gone would be in the way
    let _ = fs::remove_file(&wanted);
    std::os::unix::fs::symlink(&elsewhere, &wanted)?;
    tracing::info!(
        "the user postgres cannot reach {}: the database is kept in {}",
        wanted.display(),
        elsewhere.display()
    );
    Ok(elsewhere)
}

fn reachable(folder: &Path, user: User) -> bool {
    folder.ancestors().all(|ancestor| {
        fs::metadata(ancestor).is_ok_and(|meta| {
            let mode = meta.permissions().mode();
            (meta.uid() == user.uid && mode & 0o100 != 0)
                || (meta.gid() == user.gid && mode & 0o010 != 0)
                || mode & 0o001 != 0
        })
    })
}

fn make_folder(folder: &Path, user: Option<User>) -> Result<()> {
    let made = fs::DirBuilder::new().mode(0o700).recursive(true).create(folder);
    made.with_context(|| format!("cannot make the folder {}", folder.display()))?;
    if let Some(user) = user {
        chown(folder, Some(user.uid), Some(user.gid))
            .with_context(|| format!("cannot give {} to postgres", folder.display()))?;
    }
    Ok(())
}

/// `folder/run`, or a short path under the temporary folder where that is too long for a socket's address.
fn socket_folder(folder: &Path, user: Option<User>) -> Result<PathBuf> {
    let mut socket = folder.join("run");
    if socket.as_os_str().len() > LONGEST_SOCKET_FOLDER {
        socket = std::env::temp_dir().join(format!("misto-{}", short_hash(folder)));
    }
    make_folder(&socket, user)?;
    let owner = fs::symlink_metadata(&socket)?;
    // SAFETY: geteuid only reads the process's credentials
    let expected = user.map_or_else(|| unsafe { libc::geteuid() }, |user| user.uid);
    if !owner.is_dir() || owner.uid() != expected || owner.permissions().mode() & 0o077 != 0 {
        bail!("{} is not a private folder of ours; remove it and start again", socket.display());
    }
    Ok(socket)
}

/// FNV-1a: a name that stays the same for a path from start to start.
fn short_hash(path: &Path) -> String {
    let bytes = path.as_os_str().as_encoded_bytes();
    let hash = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

fn open_lock(folder: &Path) -> Result<File> {
    let path = folder.join("lock");
    File::options().create(true).append(true).open(&path).with_context(|| format!("cannot open {}", path.display()))
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

fn initialise(programs: &Path, data: &Path, user: Option<User>) -> Result<()> {
    // initdb that was interrupted leaves a folder that it will not enter again
    if data.exists() {
        fs::remove_dir_all(data).with_context(|| format!("cannot clear {}", data.display()))?;
    }
    tracing::info!("making a private database in {}", data.display());
    let output = as_user(&programs.join("initdb"), user)
        .arg("-D")
        .arg(data)
        .args(["-U", USER, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"])
        .output()
        .context("cannot run initdb")?;
    if !output.status.success() {
        bail!("initdb failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
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
        // a stale file may name a process that is somebody else's by now
        let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        if name.trim() != "postgres" {
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
    command.arg("-D").arg(data).arg("-k").arg(socket);
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
