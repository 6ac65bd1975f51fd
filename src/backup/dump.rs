//! Writing an archive.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread::JoinHandle;

use anyhow::{Context, Result, bail};
use chrono::Utc;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};
use tokio::runtime::Handle;

use super::archive::Writer;
use super::manifest::{FORMAT, Manifest};
use super::{DATABASE, Files, query};
use crate::db::client::Client;

/// Writes the database and the files into `path`. `told` hears of the bytes as they are written. Gives what the archive
/// says of itself, and its length.
///
/// Nobody has to stop for it: everything is read from one snapshot.
pub fn dump(
    runtime: &Handle,
    options: &PgConnectOptions,
    files: Files,
    path: &Path,
    told: &mut dyn FnMut(u64),
) -> Result<(Manifest, u64)> {
    let cannot = || format!("cannot write {}", path.display());
    let (mut connection, snapshot, client) = runtime.block_on(begin(options))?;
    let database = runtime.block_on(query::about(&mut connection, client.major))?;
    let at = Utc::now();
    let mut writer = Writer::create(path).with_context(cannot)?;
    let parts = add_database(&mut writer, &client, &snapshot, told).and_then(|()| add_files(&mut writer, files, told));
    if let Err(error) = parts {
        writer.discard().with_context(cannot)?;
        return Err(error);
    }
    // the snapshot has to last as long as pg_dump
    runtime.block_on(query::close(connection))?;
    let misto = env!("CARGO_PKG_VERSION").to_owned();
    let manifest = Manifest { format: FORMAT, misto, at, database, parts: Vec::new() };
    writer.finish(manifest).with_context(cannot)
}

async fn begin(options: &PgConnectOptions) -> Result<(PgConnection, String, Client)> {
    let connection = options.clone().application_name("misto").connect().await;
    let mut connection = connection.context("cannot connect to the database; check DATABASE_URL")?;
    let client = Client::find(options, query::server(&mut connection).await?)?;
    let snapshot = query::hold_snapshot(&mut connection).await?;
    connection.ping().await?;
    Ok((connection, snapshot, client))
}

fn add_database(writer: &mut Writer, client: &Client, snapshot: &str, told: &mut dyn FnMut(u64)) -> Result<()> {
    let mut command = client.command("pg_dump");
    command.args(["--format=custom", "--compress=5", "--no-password", "--no-unlogged-table-data"]);
    command.args(["--no-publications", "--no-subscriptions", "--no-tablespaces"]);
    command.arg(format!("--snapshot={snapshot}"));
    command.args(query::EMPTY.map(|table| format!("--exclude-table-data={table}")));
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.context("cannot run pg_dump")?;
    let complaints = complaints(&mut child)?;
    let mut output = child.stdout.take().context("pg_dump has no output")?;
    let copied = writer.add(DATABASE, &mut output, told);
    // one that nobody reads any more ends by itself
    drop(output);
    let status = child.wait()?;
    copied.context("cannot write the database's part")?;
    if !status.success() {
        bail!("pg_dump could not read the database: {}", said(complaints));
    }
    Ok(())
}

/// Reads what a program complains of while it runs, so that it never waits for a reader.
pub(super) fn complaints(child: &mut Child) -> Result<JoinHandle<String>> {
    let mut errors = child.stderr.take().context("a program has no error output")?;
    Ok(std::thread::spawn(move || {
        let mut text = Vec::new();
        // what could be read is what there is to say
        let _ = errors.read_to_end(&mut text);
        String::from_utf8_lossy(&text).trim().to_owned()
    }))
}

pub(super) fn said(complaints: JoinHandle<String>) -> String {
    complaints.join().unwrap_or_default()
}

fn add_files(writer: &mut Writer, files: Files, told: &mut dyn FnMut(u64)) -> Result<()> {
    for (name, folder) in files.named() {
        for path in within(folder)? {
            let inside = path.to_str().with_context(|| format!("{} has a name that is not UTF-8", path.display()))?;
            let whole = folder.join(&path);
            let file = File::open(&whole).with_context(|| format!("cannot read {}", whole.display()));
            writer.add(&format!("{name}/{inside}"), &mut file?, told).context("cannot write the files")?;
        }
    }
    Ok(())
}

/// The files in a folder and below it, in order, by their paths from it; hidden ones are editors' and not the city's.
pub(super) fn within(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(inside) = folders.pop() {
        let here = folder.join(&inside);
        let entries = fs::read_dir(&here).with_context(|| format!("cannot read the folder {}", here.display()))?;
        for entry in entries {
            let entry = entry?;
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let path = inside.join(entry.file_name());
            match fs::metadata(entry.path())? {
                data if data.is_dir() => folders.push(path),
                data if data.is_file() => found.push(path),
                _ => {}
            }
        }
    }
    found.sort();
    Ok(found)
}
