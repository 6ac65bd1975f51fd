//! Where the private cluster is, and whose: folders and the user that PostgreSQL runs as.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The longest path that a Unix socket address can hold, less the socket file's own name.
const LONGEST_SOCKET_FOLDER: usize = 85;

/// The system user that PostgreSQL runs as; none: our own.
#[derive(Debug, Clone, Copy)]
pub struct User {
    pub uid: u32,
    pub gid: u32,
}

impl User {
    pub fn to_run_as() -> Result<Option<Self>> {
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
pub fn place(folder: &Path, user: Option<User>) -> Result<PathBuf> {
    let parent = folder.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).with_context(|| format!("cannot make the folder {}", parent.display()))?;
    let parent = parent.canonicalize()?;
    let wanted = parent.join(folder.file_name().context("the database's folder must have a name")?);
    if wanted.exists() {
        check_owner(&wanted, user)?;
        return Ok(wanted.canonicalize()?);
    }
    let Some(user) = user else {
        make_folder(&wanted, None)?;
        return Ok(wanted);
    };
    if reachable(&parent, user) {
        make_folder(&wanted, Some(user))?;
        return Ok(wanted);
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

/// PostgreSQL takes a data folder only from its owner; a change of user between starts is told before it complains.
fn check_owner(folder: &Path, user: Option<User>) -> Result<()> {
    let owner = fs::metadata(folder)?.uid();
    if owner != own_uid(user) {
        bail!(
            "{} belongs to another user: it was made by Misto started as somebody else (with or without sudo); \
             start it as then, or give this one a folder of its own with --var",
            folder.display()
        );
    }
    Ok(())
}

/// The user id that the folders must have.
fn own_uid(user: Option<User>) -> u32 {
    // SAFETY: geteuid only reads the process's credentials
    user.map_or_else(|| unsafe { libc::geteuid() }, |user| user.uid)
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
pub fn socket_folder(folder: &Path, user: Option<User>) -> Result<PathBuf> {
    let mut socket = folder.join("run");
    if socket.as_os_str().len() > LONGEST_SOCKET_FOLDER {
        socket = std::env::temp_dir().join(format!("misto-{}", short_hash(folder)));
    }
    make_folder(&socket, user)?;
    let owner = fs::symlink_metadata(&socket)?;
    if !owner.is_dir() || owner.uid() != own_uid(user) || owner.permissions().mode() & 0o077 != 0 {
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
