//! What a zip archive holds and how large it is, read from its directory before anything is unpacked.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use encoding_rs::IBM866;
use flate2::Crc;
use flate2::read::DeflateDecoder;

use super::limits::Limits;

const END: &[u8] = b"PK\x05\x06";
const END_64_LOCATOR: &[u8] = b"PK\x06\x07";
const END_64: &[u8] = b"PK\x06\x06";
const ENTRY: &[u8] = b"PK\x01\x02";
/// More than any archive of a data set has.
const MOST_ENTRIES: u64 = 100_000;
const LARGEST_DIRECTORY: u64 = 32 << 20;
/// How much smaller deflate makes what is not made to deceive; sheets of a spreadsheet come to about 60.
const RATIO: u64 = 300;
const SMALL: u64 = 64 << 20;

/// A file in the archive.
#[derive(Debug, Clone)]
pub struct Entry {
    pub name: String,
    packed: u64,
    unpacked: u64,
    method: u16,
    checksum: u32,
    is_locked: bool,
    offset: u64,
}

/// The directory of a zip archive that keeps the limits.
#[derive(Debug)]
pub struct Archive {
    pub entries: Vec<Entry>,
    /// Whether names are in the DOS encoding of Ukrainian Windows.
    pub has_old_names: bool,
}

impl Archive {
    pub fn open(path: &Path, limits: &Limits) -> Result<Self> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut archive = Self { entries: Vec::new(), has_old_names: false };
        archive.directory(&mut file, length).context("the archive is broken or cut off; make it anew")?;
        archive.check(length, limits)?;
        Ok(archive)
    }

    fn directory(&mut self, file: &mut File, length: u64) -> Result<()> {
        let tail_length = length.min(66_000);
        let mut tail = vec![0; tail_length as usize];
        file.seek(SeekFrom::Start(length - tail_length))?;
        file.read_exact(&mut tail)?;
        let end = tail.windows(4).rposition(|window| window == END).context("it has no directory")?;
        let field = |at: usize| tail.get(end + at..).context("its directory is cut off");
        let mut count = u64::from(u16_at(field(10)?)?);
        let mut size = u64::from(u32_at(field(12)?)?);
        let mut offset = u64::from(u32_at(field(16)?)?);
        if let Some(locator) = end.checked_sub(20).filter(|&at| tail[at..].starts_with(END_64_LOCATOR)) {
            let mut end_64 = [0; 56];
            file.seek(SeekFrom::Start(u64_at(&tail[locator + 8..])?))?;
            file.read_exact(&mut end_64)?;
            if !end_64.starts_with(END_64) {
                bail!("its directory is broken");
            }
            (count, size, offset) = (u64_at(&end_64[32..])?, u64_at(&end_64[40..])?, u64_at(&end_64[48..])?);
        }
        if count > MOST_ENTRIES || size > LARGEST_DIRECTORY.min(length) || offset > length {
            bail!("its directory is broken");
        }
        let mut directory = vec![0; size as usize];
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(&mut directory)?;
        let mut rest = &directory[..];
        for _ in 0..count {
            rest = self.entry(rest)?;
        }
        Ok(())
    }

    /// Reads one entry of the directory; what follows it.
    fn entry<'d>(&mut self, bytes: &'d [u8]) -> Result<&'d [u8]> {
        if bytes.len() < 46 || !bytes.starts_with(ENTRY) {
            bail!("its directory is broken");
        }
        let short = |at: usize| u16_at(&bytes[at..]).map(usize::from);
        let (name, extra, comment) = (short(28)?, short(30)?, short(32)?);
        let variable = bytes.get(46..46 + name + extra + comment).context("its directory is cut off")?;
        let mut entry = Entry {
            name: String::new(),
            is_locked: u16_at(&bytes[8..])? & 1 != 0,
            method: u16_at(&bytes[10..])?,
            checksum: u32_at(&bytes[16..])?,
            packed: u32_at(&bytes[20..])?.into(),
            unpacked: u32_at(&bytes[24..])?.into(),
            offset: u32_at(&bytes[42..])?.into(),
        };
        entry.large(&variable[name..name + extra])?;
        entry.name = match std::str::from_utf8(&variable[..name]) {
            Ok(name) => name.to_owned(),
            Err(_) => {
                self.has_old_names = true;
                IBM866.decode_without_bom_handling(&variable[..name]).0.into_owned()
            }
        };
        self.entries.push(entry);
        Ok(&bytes[46 + variable.len()..])
    }

    fn check(&self, length: u64, limits: &Limits) -> Result<()> {
        let sum = |of: fn(&Entry) -> u64| self.entries.iter().map(of).fold(0, u64::saturating_add);
        let (packed, unpacked) = (sum(|entry| entry.packed), sum(|entry| entry.unpacked));
        if unpacked > limits.unpacked {
            bail!("unpacked the archive would be {unpacked} bytes; up to {} are read", limits.unpacked);
        }
        if packed > length {
            bail!("files of the archive overlap: it is made to fill the disk");
        }
        if unpacked > SMALL && unpacked / packed.max(1) > RATIO {
            bail!(
                "the archive would grow {} times when unpacked: it is made to fill the disk",
                unpacked / packed.max(1)
            );
        }
        Ok(())
    }

    /// Names of files (not of folders, nor of what a Mac adds).
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let names = self.entries.iter().map(|entry| entry.name.as_str());
        names.filter(|name| !name.ends_with('/') && !name.starts_with("__MACOSX/"))
    }

    /// The first bytes of a file of the archive.
    pub fn beginning(&self, path: &Path, name: &str, most: u64) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.entry_named(name)?.unpacked(path)?.take(most).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Writes a file of the archive, as long as the directory says and no longer.
    pub fn unpack(&self, path: &Path, name: &str, into: &mut impl Write) -> Result<()> {
        let entry = self.entry_named(name)?;
        let mut from = entry.unpacked(path)?.take(entry.unpacked.saturating_add(1));
        let (mut crc, mut chunk, mut length) = (Crc::new(), vec![0; 1 << 16], 0);
        loop {
            let count = match from.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error).context("the archive is broken; make it anew"),
            };
            length += count as u64;
            crc.update(&chunk[..count]);
            into.write_all(&chunk[..count]).context("cannot unpack it into the folder for temporary files (TMPDIR)")?;
        }
        if length != entry.unpacked || crc.sum() != entry.checksum {
            bail!("what is in the archive is not what its directory says; make it anew");
        }
        Ok(())
    }

    fn entry_named(&self, name: &str) -> Result<&Entry> {
        self.entries.iter().find(|entry| entry.name == name).context("there is no such file")
    }
}

impl Entry {
    /// What it holds, as it is read.
    fn unpacked(&self, path: &Path) -> Result<Box<dyn Read>> {
        if self.is_locked {
            bail!("{} is protected by a password; pack it again without one", self.name);
        }
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(self.offset))?;
        let mut header = [0; 30];
        file.read_exact(&mut header)?;
        let skip = u64::from(u16_at(&header[26..])?) + u64::from(u16_at(&header[28..])?);
        file.seek(SeekFrom::Current(skip as i64))?;
        let packed = file.take(self.packed);
        Ok(match self.method {
            0 => Box::new(packed),
            8 => Box::new(DeflateDecoder::new(packed)),
            method => bail!("{} is packed by method {method}; pack it again as an ordinary zip", self.name),
        })
    }

    /// Sizes and offset of more than 32 bits stand in the extra field.
    fn large(&mut self, mut extra: &[u8]) -> Result<()> {
        while extra.len() >= 4 {
            let (id, length) = (u16_at(extra)?, usize::from(u16_at(&extra[2..])?));
            let mut body = extra.get(4..4 + length).context("an entry is cut off")?;
            if id == 1 {
                for value in [&mut self.unpacked, &mut self.packed, &mut self.offset] {
                    if *value == u64::from(u32::MAX) {
                        *value = u64_at(body)?;
                        body = &body[8..];
                    }
                }
            }
            extra = &extra[4 + length..];
        }
        Ok(())
    }
}

fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N]> {
    let bytes = bytes.get(..N).context("it is cut off")?;
    Ok(bytes.try_into()?)
}

fn u16_at(bytes: &[u8]) -> Result<u16> {
    Ok(u16::from_le_bytes(array(bytes)?))
}

fn u32_at(bytes: &[u8]) -> Result<u32> {
    Ok(u32::from_le_bytes(array(bytes)?))
}

fn u64_at(bytes: &[u8]) -> Result<u64> {
    Ok(u64::from_le_bytes(array(bytes)?))
}
