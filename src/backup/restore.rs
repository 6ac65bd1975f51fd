//! Putting an archive back: looking at the database that is to take it, and replacing what is there in one transaction.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Stdio};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use sqlx::postgres::PgConnectOptions;
use tokio::runtime::Handle;

use super::dump::{complaints, said, within};
use super::manifest::hexadecimal;
use super::{Archive, DATABASE, Files, query};
use crate::db::client::Client;
use crate::db::pool;

/// A database that may take an archive.
#[derive(Debug)]
pub struct Found {
    client: Client,
    /// Tables of registers and their history that have rows: what a restore would replace.
    pub rows: BTreeMap<String, i64>,
}

/// What has come back.
#[derive(Debug)]
pub struct Restored {
    pub layers: usize,
    pub rows: i64,
}

/// Looks whether the database can take the archive, and makes the roles and PostGIS where they are missing; nothing
/// that a city holds is touched.
pub fn prepare(runtime: &Handle, options: &PgConnectOptions, archive: &Archive) -> Result<Found> {
    let manifest = &archive.manifest.database;
    runtime.block_on(async {
        let mut connection = pool::reach(options).await?;
        let server = query::server(&mut connection).await?;
        if server < manifest.postgresql {
            bail!(
                "the dump is of PostgreSQL {}, and this server is {server}: restore it into one that is not older",
                manifest.postgresql
            );
        }
        let postgis = query::postgis(&mut connection).await?;
        if major(&postgis) < major(&manifest.postgis) {
            bail!("the dump is of PostGIS {}, and this database has {postgis}: update it first", manifest.postgis);
        }
        let missing = query::missing_roles(&mut connection, &manifest.roles).await?;
        if !missing.is_empty() {
            let make: String = missing.iter().map(|role| format!(" CREATE ROLE \"{role}\" NOLOGIN;")).collect();
            bail!("in the dump these roles own something or have rights, and here they are missing; make them:{make}");
        }
        let mut taken = query::strangers(&mut connection).await?;
        taken.retain(|name| manifest.strangers.contains(name));
        if !taken.is_empty() {
            bail!(
                "the dump brings tables that are not Misto's own and are here already: {}. \
                 Restore into an empty database, or remove them first",
                taken.join(", ")
            );
        }
        let dependents = query::dependents(&mut connection).await?;
        if !dependents.is_empty() {
            bail!(
                "these stand on Misto's tables, which a restore replaces: {}. \
                 Restore into an empty database, or remove them first",
                dependents.join(", ")
            );
        }
        let client = Client::find(options, server.max(manifest.written_by))?;
        let rows = query::rows(&mut connection).await?;
        query::close(connection).await?;
        Ok(Found { client, rows })
    })
}

fn major(version: &str) -> u32 {
    version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0)
}

/// Replaces Misto's schemas by those of the archive, all or nothing. `told` hears of the archive's bytes as they are read.
pub fn restore(found: &Found, archive: &Archive, told: &mut (dyn FnMut(u64) + Send)) -> Result<Restored> {
    let contents = contents(&found.client, archive)?;
    let mut psql = found.client.command("psql");
    psql.args(["--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1", "--file=-"]);
    let psql = psql.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let mut psql = psql.context("cannot run psql")?;
    let complaints = complaints(&mut psql)?;
    let mut script = psql.stdin.take().context("psql has no input")?;
    let written = write(&mut script, &found.client, archive, &contents, told);
    // a script that ends before its commit has done nothing
    drop(script);
    let status = psql.wait()?;
    if !status.success() {
        bail!("the database did not take the dump, and nothing was changed: {}", said(complaints));
    }
    written.context("the dump could not be read out, and nothing was changed")?;
    let (layers, rows) = archive.manifest.layers().fold((0, 0), |(layers, sum), (_, rows)| (layers + 1, sum + rows));
    Ok(Restored { layers, rows })
}

/// What `pg_restore` is to restore: everything but comments on extensions, which only their owner may make, and the list of
/// reference systems, which is PostGIS's and in the database already (what others added to it is in the manifest).
fn contents(client: &Client, archive: &Archive) -> Result<Scratch> {
    let mut command = client.command("pg_restore");
    let child = command.arg("--list").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.context("cannot run pg_restore")?;
    let complaints = complaints(&mut child)?;
    let mut list = child.stdout.take().context("pg_restore has no output")?;
    let reader = std::thread::spawn(move || {
        let mut text = Vec::new();
        list.read_to_end(&mut text).map(|_| text)
    });
    // the list stands at the beginning; pg_restore does not read on and hangs up
    if let Some(mut input) = child.stdin.take() {
        let _ = io::copy(&mut archive.read(DATABASE)?, &mut input);
    }
    let text = reader.join().ok().context("pg_restore's list was lost")??;
    if !child.wait()?.success() {
        bail!("pg_restore cannot read the database's part: {}", said(complaints));
    }
    let text = String::from_utf8(text).context("pg_restore's list is not UTF-8")?;
    let others = [" COMMENT - EXTENSION ", " spatial_ref_sys "];
    let kept: Vec<_> = text.lines().filter(|line| others.iter().all(|other| !line.contains(other))).collect();
    Scratch::new(&kept.join("\n"))
}

/// Writes the whole script: what goes before, what `pg_restore` makes of the archive, and, if that was all of it, what
/// goes after.
fn write(
    script: &mut ChildStdin,
    client: &Client,
    archive: &Archive,
    contents: &Scratch,
    told: &mut (dyn FnMut(u64) + Send),
) -> Result<()> {
    script.write_all(query::before(&archive.manifest.database.systems).as_bytes())?;
    let mut command = client.command("pg_restore");
    command.arg("--file=-").arg("--use-list").arg(&contents.0);
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.context("cannot run pg_restore")?;
    let complaints = complaints(&mut child)?;
    let mut output = child.stdout.take().context("pg_restore has no output")?;
    let input = child.stdin.take().context("pg_restore has no input")?;
    let copied = std::thread::scope(|scope| {
        let feeding = scope.spawn(move || feed(archive, input, told));
        let copied = io::copy(&mut output, script);
        // one that nobody reads any more ends by itself, and its input with it
        drop(output);
        feeding.join().map_err(|_| io::Error::other("the dump could not be read"))?.and(copied)
    });
    if !child.wait()?.success() {
        bail!("pg_restore: {}", said(complaints));
    }
    copied?;
    script.write_all(query::after(&archive.manifest.database.tables).as_bytes())?;
    Ok(script.flush()?)
}

fn feed(archive: &Archive, mut input: impl Write, told: &mut (dyn FnMut(u64) + Send)) -> io::Result<()> {
    let mut from = archive.read(DATABASE).map_err(io::Error::other)?;
    let mut buffer = vec![0; 1 << 18];
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(()),
            length => {
                input.write_all(&buffer[..length])?;
                told(length as u64);
            }
        }
    }
}

/// A short file for a program to read, which goes when it is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new(text: &str) -> Result<Self> {
        let path =
            std::env::temp_dir().join(format!("misto-restore-{}-{:016x}", std::process::id(), rand::random::<u64>()));
        let file = File::options().write(true).create_new(true).open(&path);
        let scratch = Self(path);
        file.and_then(|mut file| file.write_all(text.as_bytes()))
            .with_context(|| format!("cannot write {}", scratch.0.display()))?;
        Ok(scratch)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// How the files that are here differ from the archive's, a line for each.
pub fn compare(archive: &Archive, files: Files) -> Result<Vec<String>> {
    let mut differences = Vec::new();
    for (name, folder) in files.named() {
        differences.extend(differences_of(archive, name, folder)?);
    }
    Ok(differences)
}

fn differences_of(archive: &Archive, name: &str, folder: &Path) -> Result<Vec<String>> {
    let mut differences = Vec::new();
    let mut here: Vec<_> = if folder.is_dir() { within(folder)? } else { Vec::new() };
    for (inside, part) in archive.files(name) {
        match here.iter().position(|path| path == Path::new(inside)) {
            None => differences.push(format!("{name}/{inside} is in the dump and not here")),
            Some(place) => {
                let bytes = fs::read(folder.join(here.swap_remove(place)))?;
                if hexadecimal(&Sha256::digest(&bytes)) != part.sha256 {
                    differences.push(format!("{name}/{inside} is another here than in the dump"));
                }
            }
        }
    }
    differences.extend(here.iter().map(|path| format!("{name}/{} is here and not in the dump", path.display())));
    differences.sort();
    Ok(differences)
}

/// Makes a folder hold the archive's files of a folder (`layers`): one that is empty or absent, or holds just them
/// already. Gives how many they are.
pub fn write_files(archive: &Archive, name: &str, to: &Path) -> Result<usize> {
    let cannot = || format!("cannot write into {}", to.display());
    fs::create_dir_all(to).with_context(cannot)?;
    let files: Vec<_> = archive.files(name).collect();
    if fs::read_dir(to).with_context(cannot)?.next().is_some() {
        if let Some(difference) = differences_of(archive, name, to)?.first() {
            bail!("{} is not empty ({difference}): name a folder that is, and compare", to.display());
        }
        return Ok(files.len());
    }
    for (inside, part) in &files {
        let path = to.join(inside);
        fs::create_dir_all(path.parent().unwrap_or(to)).with_context(cannot)?;
        let mut file = File::create_new(&path).with_context(cannot)?;
        io::copy(&mut archive.read(&part.name)?, &mut file).with_context(cannot)?;
        file.sync_all().with_context(cannot)?;
    }
    Ok(files.len())
}
