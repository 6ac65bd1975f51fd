//! An archive while it is written: `FILE.part` with the tiles and `FILE.journal` with what they are, so that a process
//! that was killed loses next to nothing. The finished file appears by renaming alone.

use std::fs::{self, File, TryLockError};
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use twox_hash::XxHash3_128;

use crate::formats::pmtiles::{About, Contents, FIRST_READ};

/// How often what is written is handed to the system.
const RHYTHM: Duration = Duration::from_millis(250);
/// The journal's first bytes: what the archive is to hold.
const IDENTITY: usize = 16;

/// A tile's bytes as the archive will hold them, with their hash.
pub struct Stored {
    bytes: Vec<u8>,
    hash: u128,
}

impl Stored {
    pub fn new(bytes: Vec<u8>) -> Self {
        Self { hash: XxHash3_128::oneshot(&bytes), bytes }
    }
}

/// An archive being written. Tiles come in ascending order of their numbers.
pub struct Draft {
    path: PathBuf,
    contents: Contents,
    tiles: BufWriter<File>,
    journal: BufWriter<File>,
    flushed: Instant,
    /// Whether there was a draft of other contents, which is lost now.
    pub replaced: bool,
}

impl Draft {
    /// Goes on with the draft of `path` where its `identity` is the same, that is, where it was to hold the same tiles.
    pub fn open(path: &Path, identity: u128) -> io::Result<Self> {
        let tiles = open(&beside(path, "part"))?;
        match tiles.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::new(io::ErrorKind::ResourceBusy, "another process is writing this archive"));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let mut journal = open(&beside(path, "journal"))?;
        let mut contents = Contents::default();
        let mut known = [0; IDENTITY];
        let same = filled(&mut journal, &mut known)? && u128::from_le_bytes(known) == identity;
        let records = if same { replay(&tiles, &journal, &mut contents)? } else { 0 };
        let replaced = !same && journal.metadata()?.len() > IDENTITY as u64;
        if records == 0 {
            journal.set_len(0)?;
            journal.rewind()?;
            journal.write_all(&identity.to_le_bytes())?;
        }
        let tiles = cut(tiles, FIRST_READ as u64 + contents.bytes())?;
        let journal = cut(journal, (IDENTITY + records * Record::LENGTH) as u64)?;
        Ok(Self { path: path.to_owned(), contents, tiles, journal, flushed: Instant::now(), replaced })
    }

    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    pub fn add(&mut self, number: u64, tile: &Stored) -> io::Result<()> {
        let length = u32::try_from(tile.bytes.len()).map_err(io::Error::other)?;
        if self.contents.add(number, tile.hash, length) {
            self.tiles.write_all(&tile.bytes)?;
        }
        Record { number, hash: tile.hash, length }.write(&mut self.journal)?;
        if self.flushed.elapsed() > RHYTHM { self.flush() } else { Ok(()) }
    }

    /// Hands what is written to the system; after that it outlives this process.
    pub fn flush(&mut self) -> io::Result<()> {
        self.tiles.flush()?;
        self.journal.flush()?;
        self.flushed = Instant::now();
        Ok(())
    }

    /// Leaves nothing behind.
    pub fn discard(self) -> io::Result<()> {
        ["part", "journal"].iter().try_for_each(|ending| fs::remove_file(beside(&self.path, ending)))
    }

    /// Completes the archive and puts it into its place. Gives its length.
    pub fn finish(mut self, about: &About) -> io::Result<u64> {
        let frame = self.contents.finish(about)?;
        self.tiles.write_all(&frame.tail)?;
        self.tiles.rewind()?;
        self.tiles.write_all(&frame.head)?;
        self.tiles.flush()?;
        self.tiles.get_ref().sync_all()?;
        fs::rename(beside(&self.path, "part"), &self.path)?;
        fs::remove_file(beside(&self.path, "journal"))?;
        Ok(FIRST_READ as u64 + self.contents.bytes() + frame.tail.len() as u64)
    }
}

/// A tile in the journal.
struct Record {
    number: u64,
    hash: u128,
    length: u32,
}

impl Record {
    const LENGTH: usize = 8 + 16 + 4;

    fn write(&self, to: &mut impl Write) -> io::Result<()> {
        to.write_all(&self.number.to_le_bytes())?;
        to.write_all(&self.hash.to_le_bytes())?;
        to.write_all(&self.length.to_le_bytes())
    }

    /// The next whole record.
    fn read(from: &mut impl Read) -> io::Result<Option<Self>> {
        let (mut number, mut hash, mut length) = ([0; 8], [0; 16], [0; 4]);
        for part in [&mut number[..], &mut hash, &mut length] {
            if !filled(from, part)? {
                return Ok(None);
            }
        }
        let (number, hash, length) =
            (u64::from_le_bytes(number), u128::from_le_bytes(hash), u32::from_le_bytes(length));
        Ok(Some(Self { number, hash, length }))
    }
}

/// `city.pmtiles` → `city.pmtiles.part`.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

fn open(path: &Path) -> io::Result<File> {
    File::options().read(true).write(true).create(true).truncate(false).open(path)
}

/// The file, ending at `length` and written on from there.
fn cut(mut file: File, length: u64) -> io::Result<BufWriter<File>> {
    file.set_len(length)?;
    file.seek(SeekFrom::Start(length))?;
    Ok(BufWriter::with_capacity(1 << 20, file))
}

/// Reads the journal as far as the tiles that it speaks of are there, byte for byte; gives how many records that are. A
/// power cut may keep the one file's end and lose the other's.
fn replay(tiles: &File, journal: &File, contents: &mut Contents) -> io::Result<usize> {
    let mut journal = BufReader::new(journal);
    let mut tiles = BufReader::with_capacity(1 << 20, tiles);
    tiles.seek(SeekFrom::Start(FIRST_READ as u64))?;
    let mut bytes = Vec::new();
    let mut records = 0;
    while let Some(Record { number, hash, length }) = Record::read(&mut journal)? {
        if contents.last().is_some_and(|last| last >= number) || length == 0 {
            break;
        }
        if !contents.knows(hash) {
            bytes.clear();
            (&mut tiles).take(length.into()).read_to_end(&mut bytes)?;
            if bytes.len() != length as usize || XxHash3_128::oneshot(&bytes) != hash {
                break;
            }
        }
        contents.add(number, hash, length);
        records += 1;
    }
    Ok(records)
}

/// Whether there was enough to fill the buffer.
fn filled(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match from.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::grid::Envelope;
    use pmtiles::{AsyncPmTilesReader, MmapBackend, TileId};
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    const ABOUT: About = About {
        zooms: (0, 8),
        bounds: Envelope { west: 30.0, south: 50.0, east: 31.0, north: 51.0 },
        metadata: String::new(),
    };

    /// An archive's path in a folder of its own, which goes with it.
    struct Scratch(PathBuf);

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(self.0.parent().unwrap());
        }
    }

    fn scratch(name: &str) -> Scratch {
        let folder = std::env::temp_dir().join(format!("misto-draft-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Scratch(folder.join("city.pmtiles"))
    }

    /// Every third is the same; some are missing.
    fn tile(number: u64) -> Option<Stored> {
        let body = if number.is_multiple_of(3) { b"sea".to_vec() } else { number.to_string().repeat(3).into_bytes() };
        (number % 7 != 6).then(|| Stored::new(body))
    }

    /// Adds what is missing up to `end`.
    fn go_on(draft: &mut Draft, end: u64) {
        for number in draft.contents().last().map_or(0, |last| last + 1)..end {
            tile(number).iter().for_each(|tile| draft.add(number, tile).unwrap());
        }
    }

    fn whole(path: &Path, tiles: u64) -> Vec<u8> {
        let mut draft = Draft::open(path, 1).unwrap();
        go_on(&mut draft, tiles);
        draft.finish(&ABOUT).unwrap();
        fs::read(path).unwrap()
    }

    #[tokio::test]
    async fn another_implementation_reads_every_tile_through_leaf_directories() {
        const TILES: u64 = 60_000;
        let scratch = scratch("read");
        let path = &scratch.0;
        let bytes = whole(path, TILES);
        let reader = AsyncPmTilesReader::try_from_source(MmapBackend::try_from(path).await.unwrap()).await.unwrap();
        let header = reader.get_header();
        assert!(header.clustered() && u64::from_le_bytes(bytes[48..56].try_into().unwrap()) > 0, "there are leaves");
        for number in (0..TILES).step_by(11).chain([TILES - 1]) {
            let found = reader.get_tile(TileId::new(number).unwrap()).await.unwrap();
            assert_eq!(found.map(|body| body.to_vec()), tile(number).map(|tile| tile.bytes), "{number}");
        }
        assert!(reader.get_tile(TileId::new(TILES).unwrap()).await.unwrap().is_none());
    }

    #[test]
    fn whatever_a_power_cut_leaves_of_a_draft_it_becomes_the_same_archive() {
        const TILES: u64 = 3000;
        let undisturbed = whole(&scratch("undisturbed").0, TILES);
        let scratch = scratch("cut");
        let path = &scratch.0;
        let mut random = ChaCha8Rng::seed_from_u64(1);
        for round in 0..30 {
            let mut draft = Draft::open(path, 1).unwrap();
            go_on(&mut draft, TILES / 2);
            drop(draft);
            for ending in ["part", "journal"] {
                let file = open(&beside(path, ending)).unwrap();
                let length = file.metadata().unwrap().len();
                match round % 3 {
                    0 => file.set_len(random.random_range(0..=length)).unwrap(),
                    // a file system may keep the length and lose what was in it
                    1 => {
                        file.set_len(random.random_range(0..=length)).unwrap();
                        file.set_len(length).unwrap();
                    }
                    _ => {}
                }
            }
            assert_eq!(whole(path, TILES), undisturbed, "round {round}");
            assert!(!beside(path, "journal").exists() && !beside(path, "part").exists());
        }
    }

    #[test]
    fn a_draft_goes_on_where_it_was_and_only_with_the_same_tiles() {
        let scratch = scratch("identity");
        let path = &scratch.0;
        let mut draft = Draft::open(path, 1).unwrap();
        go_on(&mut draft, 1000);
        let had = draft.contents().tiles();
        assert_eq!(Draft::open(path, 1).err().unwrap().kind(), io::ErrorKind::ResourceBusy);
        drop(draft);
        let again = Draft::open(path, 1).unwrap();
        assert_eq!((again.contents().tiles(), again.replaced), (had, false));
        drop(again);
        let other = Draft::open(path, 2).unwrap();
        assert_eq!((other.contents().tiles(), other.replaced), (0, true));
    }
}
