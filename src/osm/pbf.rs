//! The file: its blocks checked, and its objects handed out one after another, as often as asked.
//!
//! The format has no checksum and no end mark, and the `osmpbf` crate takes a file that ends within a block's frame for one
//! that ends properly. So the frames are walked first, and every block is checked once before anything of it is used.

use std::fs::File;
use std::io::{BufReader, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use osmpbf::{BlobDecode, BlobReader, BlobType, ByteOffset, HeaderBlock, PrimitiveBlock, RelMemberType};

use super::fixed::Fixed;
use super::report::{ObjectKind, Phase, Progress};
use super::tags::Tags;

/// The largest block a file may hold, packed; the format's own limit.
const MOST_BLOCK_BYTES: i32 = 32 * 1024 * 1024;
/// Bounds what a file may unpack to: real extracts hold 0.3 objects, references and members per byte.
const MOST_ITEMS_PER_BYTE: u64 = 4;
const ITEMS_FREE: u64 = 1_000_000;

/// Why an extract cannot be read. Messages name the place in the file as a count of bytes from its beginning.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot open {path}: {source}")]
    Open { path: PathBuf, source: std::io::Error },
    #[error("this is not an OpenStreetMap extract in PBF format: {0}")]
    NotPbf(String),
    #[error("the file is cut short: a block begins at byte {at}, and the file ends within it")]
    Truncated { at: u64 },
    #[error("the file is damaged in the block at byte {at}: {what}")]
    Damaged { at: u64, what: String },
    #[error("the file needs the feature {0:?} to be read rightly, which Misto does not know")]
    Unsupported(String),
    #[error(
        "the file of {bytes} bytes claims to hold more than {items} objects and references: that is no real extract"
    )]
    TooMuch { bytes: u64, items: u64 },
}

/// One object of the file, for the time of a call.
#[derive(Debug)]
pub enum Object<'a> {
    /// `at` is absent if the coordinates are not on Earth.
    Node {
        id: i64,
        at: Option<Fixed>,
        tags: Tags<'a>,
    },
    Way {
        id: i64,
        nodes: &'a [i64],
        tags: Tags<'a>,
    },
    Relation {
        id: i64,
        members: &'a [Member<'a>],
        tags: Tags<'a>,
    },
}

/// A relation's member.
#[derive(Debug, Clone, Copy)]
pub struct Member<'a> {
    pub kind: ObjectKind,
    pub id: i64,
    pub role: &'a str,
}

/// What a block holds.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    pub nodes: u64,
    pub ways: u64,
    pub relations: u64,
    /// References of ways and members of relations.
    links: u64,
}

impl Counts {
    fn add(&mut self, other: Counts) {
        self.nodes = self.nodes.saturating_add(other.nodes);
        self.ways = self.ways.saturating_add(other.ways);
        self.relations = self.relations.saturating_add(other.relations);
        self.links = self.links.saturating_add(other.links);
    }

    fn items(&self) -> u64 {
        [self.nodes, self.ways, self.relations, self.links].iter().fold(0, |sum, n| sum.saturating_add(*n))
    }

    fn has(&self, kind: ObjectKind) -> bool {
        match kind {
            ObjectKind::Node => self.nodes > 0,
            ObjectKind::Way => self.ways > 0,
            ObjectKind::Relation => self.relations > 0,
        }
    }
}

struct Block {
    start: u64,
    end: u64,
    /// Known once the block is checked.
    counts: Option<Counts>,
}

/// An extract, open for as many passes as needed.
pub struct PbfFile {
    reader: BlobReader<BufReader<File>>,
    blocks: Vec<Block>,
    size: u64,
    counts: Counts,
}

impl PbfFile {
    /// Opens a file and walks the frames of its blocks, unpacking none but the header.
    ///
    /// # Errors
    /// [`Error::Open`], [`Error::NotPbf`], [`Error::Truncated`], [`Error::Damaged`], [`Error::Unsupported`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        let opening = |source| Error::Open { path: path.to_owned(), source };
        let file = File::open(path).map_err(opening)?;
        let size = file.metadata().map_err(opening)?.len();
        let reader = BlobReader::new_seekable(BufReader::new(file)).map_err(|e| Error::NotPbf(e.to_string()))?;
        let mut this = Self { reader, blocks: Vec::new(), size, counts: Counts::default() };
        this.walk_frames()?;
        Ok(this)
    }

    fn walk_frames(&mut self) -> Result<(), Error> {
        let mut at = 0;
        while at < self.size {
            let frame = match self.reader.next_header_skip_blob() {
                None => Err(Error::Truncated { at }),
                Some(Err(e)) => Err(Error::Damaged { at, what: e.to_string() }),
                Some(Ok((frame, _))) if !(0..=MOST_BLOCK_BYTES).contains(&frame.get_blob_size()) => {
                    Err(Error::Damaged { at, what: format!("a block of {} bytes", frame.get_blob_size()) })
                }
                Some(Ok((frame, _))) => Ok(frame),
            };
            // Of a file that begins wrongly, not the damage is news but that it is something else.
            let frame = frame.map_err(|e| if at == 0 { Error::NotPbf(e.to_string()) } else { e })?;
            let end =
                self.reader.seek_raw(SeekFrom::Current(0)).map_err(|e| Error::Damaged { at, what: e.to_string() })?;
            if at == 0 && frame.blob_type() != BlobType::OsmHeader {
                return Err(Error::NotPbf("it does not begin with a header".to_owned()));
            }
            if end > self.size || end <= at {
                return Err(Error::Truncated { at });
            }
            match frame.blob_type() {
                BlobType::OsmHeader => self.read_header(at)?,
                BlobType::OsmData => self.blocks.push(Block { start: at, end, counts: None }),
                // The format asks readers to pass over what they do not know.
                BlobType::Unknown(_) => {}
            }
            self.reader.seek_raw(SeekFrom::Start(end)).map_err(|e| Error::Damaged { at, what: e.to_string() })?;
            at = end;
        }
        if self.size == 0 { Err(Error::NotPbf("it is empty".to_owned())) } else { Ok(()) }
    }

    fn read_header(&mut self, at: u64) -> Result<(), Error> {
        let blob =
            self.reader.blob_from_offset(ByteOffset(at)).map_err(|e| Error::Damaged { at, what: e.to_string() })?;
        let header: HeaderBlock = blob.to_headerblock().map_err(|e| Error::Damaged { at, what: e.to_string() })?;
        match header
            .required_features()
            .iter()
            .find(|feature| !matches!(feature.as_str(), "OsmSchema-V0.6" | "DenseNodes"))
        {
            Some(feature) => Err(Error::Unsupported(feature.clone())),
            None => Ok(()),
        }
    }

    /// How many objects the file holds; complete after the first pass.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Hands out all objects of the given kinds in the file's order. A pass over one kind unpacks only blocks that hold it,
    /// once a first pass has seen them all.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::TooMuch`], and whatever `visit` gives.
    pub fn pass<E: From<Error>>(
        &mut self,
        phase: Phase,
        kinds: &[ObjectKind],
        progress: &mut dyn FnMut(Progress),
        visit: &mut dyn FnMut(Object<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        for at in 0..self.blocks.len() {
            let Block { start, end, counts } = self.blocks[at];
            if counts.is_none_or(|counts| kinds.iter().any(|&kind| counts.has(kind))) {
                let block = self.unpack(start)?;
                if counts.is_none() {
                    let counts = check(&block).map_err(|what| Error::Damaged { at: start, what })?;
                    self.admit(at, counts)?;
                }
                hand_out(&block, kinds, visit)?;
            }
            progress(Progress { phase, done: end, total: self.size });
        }
        Ok(())
    }

    fn unpack(&mut self, at: u64) -> Result<PrimitiveBlock, Error> {
        let damaged = |e: osmpbf::Error| Error::Damaged { at, what: e.to_string() };
        let blob = self.reader.blob_from_offset(ByteOffset(at)).map_err(damaged)?;
        match blob.decode().map_err(damaged)? {
            BlobDecode::OsmData(block) => Ok(block),
            _ => Err(Error::Damaged { at, what: "the file changed while it was read".to_owned() }),
        }
    }

    fn admit(&mut self, at: usize, counts: Counts) -> Result<(), Error> {
        self.counts.add(counts);
        let items = self.size.saturating_mul(MOST_ITEMS_PER_BYTE).saturating_add(ITEMS_FREE);
        if self.counts.items() > items {
            return Err(Error::TooMuch { bytes: self.size, items });
        }
        self.blocks[at].counts = Some(counts);
        Ok(())
    }
}

/// Goes through everything in a block that will be used later, and counts it.
///
/// `osmpbf` panics on an unknown member type, and in builds with overflow checks on sums that overflow. It offers no way to
/// see the raw numbers before, so that panic is caught here, once: what passes this function does not panic later.
fn check(block: &PrimitiveBlock) -> Result<Counts, String> {
    catch_unwind(AssertUnwindSafe(|| count(block))).unwrap_or_else(|_| Err("a number out of range".to_owned()))
}

fn count(block: &PrimitiveBlock) -> Result<Counts, String> {
    let mut counts = Counts::default();
    for group in block.groups() {
        for node in group.nodes() {
            let _ = Fixed::from_nano(node.nano_lon(), node.nano_lat());
            all_readable(node.tags())?;
            counts.nodes += 1;
        }
        for node in group.dense_nodes() {
            let _ = Fixed::from_nano(node.nano_lon(), node.nano_lat());
            all_readable(node.tags())?;
            counts.nodes += 1;
        }
        for way in group.ways() {
            all_readable(way.tags())?;
            counts.links += way.refs().count() as u64;
            counts.ways += 1;
        }
        for relation in group.relations() {
            all_readable(relation.tags())?;
            for member in relation.members() {
                member.role().map_err(|e| e.to_string())?;
                counts.links += 1;
            }
            counts.relations += 1;
        }
    }
    Ok(counts)
}

/// The crate's iterators over tags end silently at the first that is not text.
fn all_readable<'a>(tags: impl ExactSizeIterator<Item = (&'a str, &'a str)>) -> Result<(), String> {
    let expected = tags.len();
    if tags.count() == expected {
        Ok(())
    } else {
        Err("a tag is not UTF-8 text, or not in the block’s list of texts".to_owned())
    }
}

fn hand_out<E>(
    block: &PrimitiveBlock,
    kinds: &[ObjectKind],
    visit: &mut dyn FnMut(Object<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut tags: Vec<(&str, &str)> = Vec::new();
    for group in block.groups() {
        if kinds.contains(&ObjectKind::Node) {
            for node in group.nodes() {
                refill(&mut tags, node.tags());
                let at = Fixed::from_nano(node.nano_lon(), node.nano_lat());
                visit(Object::Node { id: node.id(), at, tags: Tags(&tags) })?;
            }
            for node in group.dense_nodes() {
                refill(&mut tags, node.tags());
                let at = Fixed::from_nano(node.nano_lon(), node.nano_lat());
                visit(Object::Node { id: node.id(), at, tags: Tags(&tags) })?;
            }
        }
        if kinds.contains(&ObjectKind::Way) {
            let mut nodes = Vec::new();
            for way in group.ways() {
                refill(&mut tags, way.tags());
                refill(&mut nodes, way.refs());
                visit(Object::Way { id: way.id(), nodes: &nodes, tags: Tags(&tags) })?;
            }
        }
        if kinds.contains(&ObjectKind::Relation) {
            let mut members = Vec::new();
            for relation in group.relations() {
                refill(&mut tags, relation.tags());
                refill(&mut members, relation.members().filter_map(|member| self::member(&member)));
                visit(Object::Relation { id: relation.id(), members: &members, tags: Tags(&tags) })?;
            }
        }
    }
    Ok(())
}

fn member<'a>(member: &osmpbf::RelMember<'a>) -> Option<Member<'a>> {
    let kind = match member.member_type {
        RelMemberType::Node => ObjectKind::Node,
        RelMemberType::Way => ObjectKind::Way,
        RelMemberType::Relation => ObjectKind::Relation,
    };
    // Every role was readable when the block was checked.
    Some(Member { kind, id: member.member_id, role: member.role().ok()? })
}

fn refill<T>(list: &mut Vec<T>, with: impl Iterator<Item = T>) {
    list.clear();
    list.extend(with);
}
