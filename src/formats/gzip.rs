//! Gzip of whole bodies (RFC 1952).

use std::io;

use libdeflater::{CompressionLvl, Compressor};

/// The default, 6, takes half as long again for tiles that are a hundredth smaller.
const LEVEL: i32 = 5;

/// A compressor that keeps its tables between bodies; the same bytes always come out the same.
pub struct Gzip(Compressor);

impl Gzip {
    pub fn new() -> Self {
        Self(Compressor::new(CompressionLvl::new(LEVEL).unwrap_or_default()))
    }

    pub fn compress(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut out = vec![0; self.0.gzip_compress_bound(bytes.len())];
        let length = self.0.gzip_compress(bytes, &mut out).map_err(io::Error::other)?;
        out.truncate(length);
        Ok(out)
    }
}

impl Default for Gzip {
    fn default() -> Self {
        Self::new()
    }
}
