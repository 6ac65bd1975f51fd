//! How much a file may ask of the machine before it is refused.

use std::time::Duration;

/// Limits of one import. The defaults leave room for the largest registers of a city and none for a bomb.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of the file, or of all files of a folder.
    pub input: u64,
    /// Bytes of everything in an archive, unpacked.
    pub unpacked: u64,
    /// Bytes of a JSON file that is read into memory.
    pub text: u64,
    /// Bytes of one record as text.
    pub record: usize,
    /// Vertices of one geometry.
    pub vertices: usize,
    pub records: usize,
    /// Of GDAL's process: its whole time,
    pub time: Duration,
    /// its address space, bytes,
    pub memory: u64,
    /// and what it writes, bytes.
    pub output: u64,
}

const GIB: u64 = 1 << 30;

impl Default for Limits {
    fn default() -> Self {
        Self {
            input: 8 * GIB,
            unpacked: 8 * GIB,
            text: GIB / 2,
            record: 64 << 20,
            vertices: 1_000_000,
            records: 10_000_000,
            time: Duration::from_secs(30 * 60),
            memory: 4 * GIB,
            output: 32 * GIB,
        }
    }
}
