//! The archive on disk: written as `FILE.part` and renamed when it is complete; read whole, with every checksum, before
//! anything of it is used.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use super::DATABASE;
use super::manifest::{Manifest, Part, hexadecimal};

const MANIFEST: &str = "manifest.json";
/// As `sha256sum -c` reads it.
const CHECKSUM: &str = "manifest.json.sha256";
/// A manifest of ten thousand tables is a hundredth of this.
const LONGEST_MANIFEST: u64 = 64 << 20;
const BUFFER: usize = 1 << 20;

/// An archive being written.
pub struct Writer {
    path: PathBuf,
    part: PathBuf,
    tar: tar::Builder<BufWriter<File>>,
    parts: Vec<Part>,
}

impl Writer {
    /// Begins `FILE.part`, over what an interrupted run has left there.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        // personal data: for its owner only
        let file = File::options().write(true).create(true).truncate(false).mode(0o600).open(&part)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::new(io::ErrorKind::ResourceBusy, "another process is writing this dump"));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        file.set_len(0)?;
        let tar = tar::Builder::new(BufWriter::with_capacity(BUFFER, file));
        Ok(Self { path: path.to_owned(), part, tar, parts: Vec::new() })
    }

    /// Adds a part of unknown length. `told` hears of every piece how many bytes it had.
    pub fn add(&mut self, name: &str, from: &mut dyn Read, told: &mut dyn FnMut(u64)) -> io::Result<()> {
        let part = self.append(name, from, told)?;
        self.parts.push(part);
        Ok(())
    }

    fn append(&mut self, name: &str, from: &mut dyn Read, told: &mut dyn FnMut(u64)) -> io::Result<Part> {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Regular);
        header.set_mode(0o600);
        header.set_mtime(chrono::Utc::now().timestamp().unsigned_abs());
        let mut entry = self.tar.append_writer(&mut header, name)?;
        let (bytes, sha256) = copy(from, &mut entry, told)?;
        entry.finish()?;
        Ok(Part { name: name.to_owned(), bytes, sha256 })
    }

    /// Completes the archive with its manifest and puts it into its place. Gives the manifest, with the
    /// parts in it, and the archive's length.
    pub fn finish(mut self, mut manifest: Manifest) -> io::Result<(Manifest, u64)> {
        manifest.parts = std::mem::take(&mut self.parts);
        let text = serde_json::to_vec_pretty(&manifest)?;
        let part = self.append(MANIFEST, &mut text.as_slice(), &mut |_| {})?;
        let checksum = format!("{}  {MANIFEST}\n", part.sha256);
        self.append(CHECKSUM, &mut checksum.as_bytes(), &mut |_| {})?;
        let file = self.tar.into_inner()?.into_inner()?;
        file.sync_all()?;
        fs::rename(&self.part, &self.path)?;
        // the name is in the folder, and that is on disk only after this
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()?;
        Ok((manifest, file.metadata()?.len()))
    }

    /// Leaves nothing behind.
    pub fn discard(self) -> io::Result<()> {
        fs::remove_file(&self.part)
    }
}

/// Copies to the end. Gives how many bytes there were and their SHA-256.
fn copy(from: &mut dyn Read, to: &mut dyn Write, told: &mut dyn FnMut(u64)) -> io::Result<(u64, String)> {
    let mut buffer = vec![0; BUFFER];
    let mut hash = Sha256::new();
    let mut bytes = 0;
    loop {
        let length = match from.read(&mut buffer) {
            Ok(0) => return Ok((bytes, hexadecimal(&hash.finalize()))),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hash.update(&buffer[..length]);
        to.write_all(&buffer[..length])?;
        bytes += length as u64;
        told(length as u64);
    }
}

/// An archive that was read to its end and is what was written.
#[derive(Debug)]
pub struct Archive {
    pub manifest: Manifest,
    file: File,
    /// Where each part begins.
    places: BTreeMap<String, u64>,
}

impl Archive {
    /// Reads the whole file. What is no archive, cut short or altered is an error that says so.
    pub fn open(path: &Path, told: &mut dyn FnMut(u64)) -> Result<Self> {
        let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        let verified = Self::verify(file, told);
        verified.with_context(|| format!("{} cannot be restored, and nothing was changed", path.display()))
    }

    fn verify(file: File, told: &mut dyn FnMut(u64)) -> Result<Self> {
        let mut read = Contents::default();
        let outcome = read.fill(&file, told);
        let Some(manifest) = read.texts.get(MANIFEST) else {
            if read.parts.first().is_none_or(|(part, _)| part.name != DATABASE) {
                bail!("it is not a dump made by misto dump");
            }
            bail!("it is cut short: its end, with the manifest, is missing");
        };
        outcome.context("it is damaged")?;
        let sum = read.texts.get(CHECKSUM).context("it is cut short: the manifest's checksum is missing")?;
        if *sum != format!("{}  {MANIFEST}\n", hexadecimal(&Sha256::digest(manifest))).as_bytes() {
            bail!("it was altered: the manifest is not what was written");
        }
        let manifest = Manifest::read(manifest)?;
        let found: Vec<&Part> = read.parts.iter().map(|(part, _)| part).collect();
        for wanted in &manifest.parts {
            match found.iter().find(|part| part.name == wanted.name) {
                Some(part) if *part == wanted => {}
                Some(_) => bail!("it was altered: {} is not what was written", wanted.name),
                None => bail!("it was altered: {} is missing", wanted.name),
            }
        }
        if found.len() != manifest.parts.len() || !manifest.parts.iter().any(|part| part.name == DATABASE) {
            bail!("it was altered: it holds other parts than its manifest says");
        }
        let places = read.parts.iter().map(|(part, place)| (part.name.clone(), *place)).collect();
        Ok(Self { manifest, file, places })
    }

    /// The parts that are files of a folder (`layers`), by their path within it.
    pub fn files(&self, folder: &str) -> impl Iterator<Item = (&str, &Part)> {
        let parts = self.manifest.parts.iter();
        parts.filter_map(move |part| Some((part.name.strip_prefix(folder)?.strip_prefix('/')?, part)))
    }

    /// How long the database's part is.
    pub fn database_bytes(&self) -> u64 {
        self.manifest.parts.iter().find(|part| part.name == DATABASE).map_or(0, |part| part.bytes)
    }

    /// A part's bytes.
    pub fn read(&self, name: &str) -> Result<impl Read + '_> {
        let place = self.places.get(name).with_context(|| format!("the dump has no part {name}"))?;
        let part = self.manifest.parts.iter().find(|part| part.name == name);
        let bytes = part.map_or(0, |part| part.bytes);
        (&self.file).seek(SeekFrom::Start(*place))?;
        Ok(BufReader::with_capacity(BUFFER, &self.file).take(bytes))
    }
}

/// What a file turns out to hold.
#[derive(Default)]
struct Contents {
    /// With their places.
    parts: Vec<(Part, u64)>,
    /// The manifest and its checksum.
    texts: BTreeMap<&'static str, Vec<u8>>,
}

impl Contents {
    fn fill(&mut self, file: &File, told: &mut dyn FnMut(u64)) -> Result<()> {
        let mut tar = tar::Archive::new(BufReader::with_capacity(BUFFER, file));
        for entry in tar.entries()? {
            let mut entry = entry?;
            let name = std::str::from_utf8(&entry.path_bytes())?.to_owned();
            let plain = Path::new(&name).components().all(|part| matches!(part, Component::Normal(_)));
            if entry.header().entry_type() != tar::EntryType::Regular || !plain || name.is_empty() {
                bail!("{name:?} is no plain file");
            }
            let (place, size) = (entry.raw_file_position(), entry.size());
            if let Some(text) = [MANIFEST, CHECKSUM].into_iter().find(|text| *text == name) {
                let mut bytes = Vec::new();
                (&mut entry).take(LONGEST_MANIFEST).read_to_end(&mut bytes)?;
                if bytes.len() as u64 != size || self.texts.insert(text, bytes).is_some() {
                    bail!("{name} is cut short or twice there");
                }
                continue;
            }
            let (bytes, sha256) = copy(&mut entry, &mut io::sink(), told)?;
            self.parts.push((Part { name, bytes, sha256 }, place));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::manifest::sample;
    use super::*;

    /// A folder that goes with its test.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("misto-archive-{name}-{}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            Self(folder)
        }

        fn file(&self, name: &str) -> PathBuf {
            self.0.join(name)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn database() -> Vec<u8> {
        (0..300_000u32).flat_map(u32::to_le_bytes).collect()
    }

    fn written(path: &Path) -> Vec<u8> {
        let mut writer = Writer::create(path).unwrap();
        let long = format!("layers/{}.toml", "й".repeat(90));
        for (name, bytes) in [(DATABASE, database()), ("layers/kiosks.toml", b"title".to_vec()), (&long, vec![])] {
            writer.add(name, &mut bytes.as_slice(), &mut |_| {}).unwrap();
        }
        let (_, length) = writer.finish(sample()).unwrap();
        let bytes = fs::read(path).unwrap();
        assert_eq!(bytes.len() as u64, length);
        bytes
    }

    fn refused(path: &Path, bytes: &[u8]) -> String {
        fs::write(path, bytes).unwrap();
        format!("{:#}", Archive::open(path, &mut |_| {}).unwrap_err())
    }

    #[test]
    fn what_was_written_is_read_and_tar_reads_it_too() {
        let scratch = Scratch::new("whole");
        let path = scratch.file("city.misto");
        fs::write(scratch.file("city.misto.part"), "what a killed run has left, longer than nothing").unwrap();
        written(&path);
        assert!(!scratch.file("city.misto.part").exists());
        let archive = Archive::open(&path, &mut |_| {}).unwrap();
        let mut bytes = Vec::new();
        archive.read(DATABASE).unwrap().read_to_end(&mut bytes).unwrap();
        assert!(bytes == database());
        assert_eq!(archive.files("layers").count(), 2);
        let listed = std::process::Command::new("tar").arg("tf").arg(&path).output().unwrap();
        let listed = String::from_utf8(listed.stdout).unwrap();
        assert_eq!(listed.lines().count(), 5, "{listed}");
        assert!(listed.ends_with("manifest.json\nmanifest.json.sha256\n"), "{listed}");
    }

    #[test]
    fn wherever_it_is_cut_it_is_refused() {
        let scratch = Scratch::new("cut");
        let path = scratch.file("city.misto");
        let whole = written(&path);
        for length in (0..whole.len() - 1024).step_by(24_007) {
            let told = refused(&path, &whole[..length]);
            assert!(told.contains("cut short") || told.contains("not a dump") || told.contains("damaged"), "{told}");
        }
    }

    #[test]
    fn whatever_is_altered_it_is_refused() {
        let scratch = Scratch::new("altered");
        let path = scratch.file("city.misto");
        let whole = written(&path);
        let archive = Archive::open(&path, &mut |_| {}).unwrap();
        let database = archive.places[DATABASE] as usize;
        let manifest = whole.windows(8).rposition(|window| window == b"\"format\"").unwrap();
        for place in [0, 100, database, database + 700_000, manifest + 10, manifest + 400] {
            let mut bytes = whole.clone();
            bytes[place] ^= 1;
            refused(&path, &bytes);
        }
        let mut more = tar::Builder::new(whole[..whole.len() - 1024].to_vec());
        let mut header = tar::Header::new_gnu();
        header.set_size(1);
        more.append_data(&mut header, "layers/added.toml", &b"x"[..]).unwrap();
        let told = refused(&path, &more.into_inner().unwrap());
        assert!(told.contains("altered"), "{told}");
    }

    #[test]
    fn what_is_no_dump_is_said_to_be_none() {
        let scratch = Scratch::new("foreign");
        let path = scratch.file("city.misto");
        for bytes in [vec![], b"PGDMP".repeat(1000), vec![0; 4096]] {
            assert!(refused(&path, &bytes).contains("not a dump"));
        }
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(2);
        tar.append_data(&mut header, "letter.txt", &b"hi"[..]).unwrap();
        assert!(refused(&path, &tar.into_inner().unwrap()).contains("not a dump"));
    }

    #[test]
    fn two_writers_do_not_share_a_file() {
        let scratch = Scratch::new("two");
        let path = scratch.file("city.misto");
        let first = Writer::create(&path).unwrap();
        assert_eq!(Writer::create(&path).err().unwrap().kind(), io::ErrorKind::ResourceBusy);
        first.discard().unwrap();
        assert!(!scratch.file("city.misto.part").exists());
    }
}
