//! PMTiles 3, written: the order of tiles, the directories and the header (docs/decisions/0008).
//!
//! Only what stands around the tiles: the tiles themselves are written by whoever has a file to put them in.

use std::collections::HashMap;
use std::io;

use super::gzip::Gzip;
use super::varint;
use crate::geom::grid::{Envelope, LAST_ZOOM, TileId};

/// The header's length.
pub const HEADER: usize = 127;
/// Header and root directory lie within this many bytes, so that a reader has both with its first request.
pub const FIRST_READ: usize = 16_384;
/// Entries in the smallest leaf directory.
const LEAF: usize = 4096;

/// A tile's place in the archive: zoom by zoom, and within a zoom along the Hilbert curve, so that neighbours lie together.
pub fn number(id: TileId) -> u64 {
    let (mut x, mut y) = (id.x(), id.y());
    let mut along = 0;
    for bit in (0..id.z()).rev() {
        let (right, down) = (x >> bit & 1, y >> bit & 1);
        along = along << 2 | u64::from((3 * right) ^ down);
        if down == 0 {
            if right == 1 {
                (x, y) = (!x, !y);
            }
            (x, y) = (y, x);
        }
    }
    before(id.z()) + along
}

/// How many tiles all zooms below `zoom` have.
fn before(zoom: u8) -> u64 {
    ((1 << (2 * u32::from(zoom))) - 1) / 3
}

fn zoom(number: u64) -> u8 {
    (1..=LAST_ZOOM).take_while(|zoom| before(*zoom) <= number).last().unwrap_or(0)
}

/// Where a tile's bytes are, counted from the first tile's; `run` tiles in a row share them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    number: u64,
    run: u32,
    offset: u64,
    length: u32,
}

/// What an archive holds, tile by tile; equal tiles share their bytes.
#[derive(Debug, Default)]
pub struct Contents {
    entries: Vec<Entry>,
    /// Hash of the bytes → where they are.
    known: HashMap<u128, (u64, u32)>,
    bytes: u64,
    tiles: u64,
}

impl Contents {
    /// Whether a tile with this hash is there already.
    pub fn knows(&self, hash: u128) -> bool {
        self.known.contains_key(&hash)
    }

    /// Adds a tile, whose number must be above all before it, and says whether its bytes are new and must be appended
    /// to the archive's. `length` is not 0: a tile without bytes is one that the archive does not have.
    pub fn add(&mut self, number: u64, hash: u128, length: u32) -> bool {
        self.tiles += 1;
        let known = self.known.get(&hash).copied();
        let (offset, length) = known.unwrap_or((self.bytes, length));
        match self.entries.last_mut() {
            Some(last) if last.number + u64::from(last.run) == number && last.offset == offset => last.run += 1,
            _ => self.entries.push(Entry { number, run: 1, offset, length }),
        }
        if known.is_none() {
            self.known.insert(hash, (offset, length));
            self.bytes += u64::from(length);
        }
        known.is_none()
    }

    /// The number of the tile added last.
    pub fn last(&self) -> Option<u64> {
        self.entries.last().map(|entry| entry.number + u64::from(entry.run) - 1)
    }

    /// The lowest and the highest zoom that has tiles.
    pub fn zooms(&self) -> Option<(u8, u8)> {
        Some((zoom(self.entries.first()?.number), zoom(self.last()?)))
    }

    /// How many bytes all tiles have together.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many tiles there are.
    pub fn tiles(&self) -> u64 {
        self.tiles
    }

    /// How many different tiles there are.
    pub fn different(&self) -> u64 {
        self.known.len() as u64
    }

    /// What stands around the tiles, once all are there.
    pub fn finish(&self, about: &About) -> io::Result<Frame> {
        let mut gzip = Gzip::new();
        let metadata = gzip.compress(about.metadata.as_bytes())?;
        let (root, leaves) = self.directories(&mut gzip)?;
        let mut head = self.header(about, root.len(), metadata.len(), leaves.len());
        head.extend(root);
        head.resize(FIRST_READ, 0);
        Ok(Frame { head, tail: [metadata, leaves].concat() })
    }

    /// The root directory and the leaf directories, compressed. Without leaves where all entries fit into the root.
    fn directories(&self, gzip: &mut Gzip) -> io::Result<(Vec<u8>, Vec<u8>)> {
        let whole = gzip.compress(&directory(&self.entries))?;
        if HEADER + whole.len() <= FIRST_READ {
            return Ok((whole, Vec::new()));
        }
        let mut size = LEAF;
        loop {
            let (mut pointers, mut leaves) = (Vec::new(), Vec::new());
            for part in self.entries.chunks(size) {
                let leaf = gzip.compress(&directory(part))?;
                let length = u32::try_from(leaf.len()).map_err(io::Error::other)?;
                // a run of 0 says that the entry points to a leaf
                pointers.push(Entry { number: part[0].number, run: 0, offset: leaves.len() as u64, length });
                leaves.extend(leaf);
            }
            let root = gzip.compress(&directory(&pointers))?;
            if HEADER + root.len() <= FIRST_READ {
                return Ok((root, leaves));
            }
            size *= 2;
        }
    }

    fn header(&self, about: &About, root: usize, metadata: usize, leaves: usize) -> Vec<u8> {
        let Envelope { west, south, east, north } = about.bounds;
        let tiles_at = FIRST_READ as u64;
        let metadata_at = tiles_at + self.bytes;
        let leaves_at = metadata_at + metadata as u64;
        let mut out = Vec::with_capacity(HEADER);
        out.extend(b"PMTiles\x03");
        let sections = [
            (HEADER as u64, root as u64),
            (metadata_at, metadata as u64),
            (leaves_at, leaves as u64),
            (tiles_at, self.bytes),
        ];
        for number in sections.into_iter().flat_map(|(at, length)| [at, length]) {
            out.extend(number.to_le_bytes());
        }
        for count in [self.tiles, self.entries.len() as u64, self.different()] {
            out.extend(count.to_le_bytes());
        }
        const CLUSTERED: u8 = 1;
        const GZIP: u8 = 2;
        const MVT: u8 = 1;
        out.extend([CLUSTERED, GZIP, GZIP, MVT, about.zooms.0, about.zooms.1]);
        for degrees in [west, south, east, north] {
            out.extend(fixed(degrees));
        }
        out.push(about.centre_zoom());
        for degrees in [(west + east) / 2.0, (south + north) / 2.0] {
            out.extend(fixed(degrees));
        }
        out
    }
}

/// What a header and the metadata say of all tiles together.
#[derive(Debug)]
pub struct About {
    pub zooms: (u8, u8),
    pub bounds: Envelope,
    /// JSON with `vector_layers`.
    pub metadata: String,
}

impl About {
    /// The zoom at which a viewer opens the archive: the bounds are about a tile wide.
    fn centre_zoom(&self) -> u8 {
        let width = (self.bounds.east - self.bounds.west).max(1e-6);
        ((360.0 / width).log2().ceil() as u8).clamp(self.zooms.0, self.zooms.1)
    }
}

/// The bytes before the tiles, [`FIRST_READ`] of them, and those after them.
#[derive(Debug)]
pub struct Frame {
    pub head: Vec<u8>,
    pub tail: Vec<u8>,
}

/// Entries column by column (§4.2 of the specification).
fn directory(entries: &[Entry]) -> Vec<u8> {
    let mut out = Vec::with_capacity(entries.len() * 8);
    varint::put(&mut out, entries.len() as u64);
    let mut before = 0;
    for entry in entries {
        varint::put(&mut out, entry.number - before);
        before = entry.number;
    }
    entries.iter().for_each(|entry| varint::put(&mut out, entry.run.into()));
    entries.iter().for_each(|entry| varint::put(&mut out, entry.length.into()));
    let mut end = None;
    for entry in entries {
        // 0 says that the bytes follow on the entry before
        varint::put(&mut out, if end == Some(entry.offset) { 0 } else { entry.offset + 1 });
        end = Some(entry.offset + u64::from(entry.length));
    }
    out
}

/// Degrees as ten-millionths.
fn fixed(degrees: f64) -> [u8; 4] {
    ((degrees * 1e7).round() as i32).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pmtiles::TileCoord;

    #[test]
    fn tiles_are_numbered_as_another_implementation_numbers_them() {
        let agree = |z, x, y| {
            let theirs = pmtiles::TileId::from(TileCoord::new(z, x, y).unwrap());
            assert_eq!(number(TileId::new(z, x, y).unwrap()), theirs.value(), "{z}/{x}/{y}");
            assert_eq!(zoom(theirs.value()), z);
        };
        for z in 0..6 {
            for x in 0..1 << z {
                (0..1 << z).for_each(|y| agree(z, x, y));
            }
        }
        for (z, x, y) in [(14, 9581, 5524), (16, 38327, 22099), (22, 0, 0), (22, (1 << 22) - 1, (1 << 22) - 1)] {
            agree(z, x, y);
        }
    }

    #[test]
    fn equal_tiles_share_their_bytes_and_neighbours_their_entry() {
        let mut contents = Contents::default();
        let added: Vec<_> =
            [(5, 1), (6, 1), (7, 2), (9, 1), (10, 1)].map(|(number, hash)| contents.add(number, hash, 100)).into();
        assert_eq!(added, [true, false, true, false, false]);
        let entry = |number, run, offset| Entry { number, run, offset, length: 100 };
        assert_eq!(contents.entries, [entry(5, 2, 0), entry(7, 1, 100), entry(9, 2, 0)]);
        assert_eq!((contents.tiles(), contents.different(), contents.bytes()), (5, 2, 200));
        assert_eq!((contents.last(), contents.zooms()), (Some(10), Some((2, 2))));
    }

    #[test]
    fn a_world_opens_at_the_zoom_that_shows_it() {
        let centre_zoom = |west: f64, east: f64| {
            let bounds = Envelope { west, south: 49.0, east, north: 50.0 };
            About { zooms: (6, 16), bounds, metadata: String::new() }.centre_zoom()
        };
        assert_eq!([centre_zoom(-180.0, 180.0), centre_zoom(31.45, 31.55), centre_zoom(31.0, 31.0)], [6, 12, 16]);
    }
}
