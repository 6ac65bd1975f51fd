//! Texts in the encodings that Ukrainian files come in, turned into UTF-8 as they are read.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use anyhow::{Context, Result, bail};
use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1251};

const CHUNK: usize = 64 << 10;

/// A file that is read as UTF-8, whatever it is in.
pub struct Text<R = File> {
    inner: R,
    decoder: Decoder,
    input: Vec<u8>,
    /// What is read and not decoded yet: a range of `input`.
    start: usize,
    end: usize,
    /// Decoded, and how much of it is given out.
    output: Vec<u8>,
    given: usize,
    is_last: bool,
    is_done: bool,
    /// Bytes of the file read so far.
    pub read: u64,
}

impl Text {
    /// Opens a file in the encoding that a person named, or else in the one that it shows.
    pub fn open(path: &Path, named: Option<&str>) -> Result<(Self, &'static Encoding)> {
        let cannot = || format!("cannot read {}", path.display());
        let mut file = File::open(path).with_context(cannot)?;
        let encoding = match named {
            Some(name) => find(name)?,
            None => detect(&mut file).with_context(cannot)?,
        };
        file.seek(SeekFrom::Start(0)).with_context(cannot)?;
        Ok((Self::new(file, encoding), encoding))
    }
}

impl<R: Read> Text<R> {
    pub fn new(inner: R, encoding: &'static Encoding) -> Self {
        let decoder = encoding.new_decoder_with_bom_removal();
        Self {
            inner,
            decoder,
            input: vec![0; CHUNK],
            start: 0,
            end: 0,
            output: Vec::new(),
            given: 0,
            is_last: false,
            is_done: false,
            read: 0,
        }
    }
}

impl<R: Read> Read for Text<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.given == self.output.len() && !self.is_done {
            self.decode()?;
        }
        let ready = self.output.get(self.given..).unwrap_or_default();
        let count = ready.len().min(out.len());
        out[..count].copy_from_slice(&ready[..count]);
        self.given += count;
        Ok(count)
    }
}

impl<R: Read> Text<R> {
    /// Decodes some more.
    fn decode(&mut self) -> io::Result<()> {
        if self.start == self.end && !self.is_last {
            self.start = 0;
            self.end = self.inner.read(&mut self.input)?;
            self.read += self.end as u64;
            self.is_last = self.end == 0;
        }
        let pending = self.input.get(self.start..self.end).unwrap_or_default();
        self.output.resize(CHUNK, 0);
        let (result, taken, written, _) = self.decoder.decode_to_utf8(pending, &mut self.output, self.is_last);
        self.output.truncate(written);
        self.given = 0;
        self.start += taken;
        self.is_done = self.is_last && result == CoderResult::InputEmpty;
        Ok(())
    }
}

/// The encoding that a person named: `windows-1251`, `cp1251`, `UTF-8`, `cp866`.
pub fn find(name: &str) -> Result<&'static Encoding> {
    let plain = name.trim().to_lowercase().replace('_', "-");
    let label = match plain.as_str() {
        "1251" | "win1251" | "win-1251" | "ansi" => "windows-1251",
        "866" | "cp866" | "oem" => "ibm866",
        "utf8" => "utf-8",
        other => other,
    };
    Encoding::for_label(label.as_bytes())
        .with_context(|| format!("there is no encoding `{name}`; for example utf-8, windows-1251, utf-16le, ibm866"))
}

/// The encoding that the bytes show: a byte order mark, zeros of UTF-16, UTF-8 throughout, or else windows-1251.
fn detect(file: &mut File) -> Result<&'static Encoding> {
    let mut chunk = vec![0; CHUNK];
    let mut tally = Utf8::default();
    let mut is_first = true;
    loop {
        let count = file.read(&mut chunk)?;
        let bytes = &chunk[..count];
        if std::mem::take(&mut is_first)
            && let Some(encoding) = by_beginning(bytes)
        {
            return Ok(encoding);
        }
        if count == 0 {
            return tally.verdict();
        }
        tally.take(bytes);
    }
}

/// What a file's first bytes say for certain.
pub fn by_beginning(bytes: &[u8]) -> Option<&'static Encoding> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return Some(encoding);
    }
    // in UTF-16 every second byte of what is Latin, and of spaces and separators, is zero
    let zeros = |odd: usize| bytes.iter().skip(odd).step_by(2).filter(|&&byte| byte == 0).count();
    let half = bytes.len() / 2;
    let encoding = match (zeros(0), zeros(1)) {
        (0, odd) if odd * 10 > half && half > 0 => UTF_16LE,
        (even, 0) if even * 10 > half && half > 0 => UTF_16BE,
        _ => return None,
    };
    // other binary files have zeros too, and what then comes out is no text
    let (text, is_broken) = encoding.decode_without_bom_handling(bytes.get(..half * 2).unwrap_or_default());
    let is_text = !is_broken && !text.chars().any(|c| c.is_control() && !c.is_whitespace());
    (is_text && text.chars().any(|c| c.is_ascii())).then_some(encoding)
}

/// Counts what of a text is UTF-8 and what is not.
#[derive(Default)]
pub struct Utf8 {
    /// Beginning of a character whose end is in the next chunk.
    rest: Vec<u8>,
    characters: u64,
    wrong: u64,
    line: u64,
    first_wrong: u64,
}

impl Utf8 {
    pub fn take(&mut self, bytes: &[u8]) {
        let joined;
        let mut bytes = bytes;
        if !self.rest.is_empty() {
            joined = [&self.rest, bytes].concat();
            self.rest = Vec::new();
            bytes = &joined;
        }
        loop {
            match std::str::from_utf8(bytes) {
                Ok(text) => return self.count(text),
                Err(error) => {
                    let (good, bad) = bytes.split_at(error.valid_up_to());
                    self.count(std::str::from_utf8(good).unwrap_or_default());
                    let Some(length) = error.error_len() else {
                        self.rest = bad.to_vec();
                        return;
                    };
                    if self.wrong == 0 {
                        self.first_wrong = self.line + 1;
                    }
                    self.wrong += 1;
                    bytes = &bad[length..];
                }
            }
        }
    }

    fn count(&mut self, text: &str) {
        self.characters += text.chars().filter(|c| !c.is_ascii()).count() as u64;
        self.line += text.bytes().filter(|&byte| byte == b'\n').count() as u64;
    }

    /// The encoding; a text that is UTF-8 but for a few places is in none, and must not be misread.
    pub fn verdict(mut self) -> Result<&'static Encoding> {
        self.wrong += u64::from(!self.rest.is_empty());
        if self.wrong == 0 {
            return Ok(UTF_8);
        }
        // letters of windows-1251 seldom look like UTF-8: about never when most of them do
        if self.characters > self.wrong {
            bail!(
                "it is UTF-8 but for {} places, the first in line {}; mend it, or say what it is: --encoding windows-1251",
                self.wrong,
                self.first_wrong.max(1)
            );
        }
        Ok(WINDOWS_1251)
    }
}

/// The separator that the header has most of, outside of quotations.
pub fn delimiter(head: &str) -> u8 {
    let mut counts = [(b';', 0), (b'\t', 0), (b',', 0), (b'|', 0)];
    let mut is_quoted = false;
    for byte in head.bytes() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' if !is_quoted => break,
            _ if is_quoted => {}
            _ => counts.iter_mut().filter(|(delimiter, _)| *delimiter == byte).for_each(|(_, count)| *count += 1),
        }
    }
    // the first of equals; a single column has none
    let most = counts.iter().rev().max_by_key(|(_, count)| *count).filter(|(_, count)| *count > 0);
    most.map_or(b',', |(delimiter, _)| *delimiter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(bytes: &[u8]) -> Result<&'static Encoding> {
        let mut tally = Utf8::default();
        // a chunk's border may be within a character
        bytes.chunks(3).for_each(|chunk| tally.take(chunk));
        tally.verdict()
    }

    #[test]
    fn encodings_are_told_from_bytes() {
        let text = "вулиця Соборна; їжак, ґанок";
        assert_eq!(verdict(text.as_bytes()).unwrap(), UTF_8);
        let (old, _, _) = WINDOWS_1251.encode(text);
        assert_eq!(verdict(&old).unwrap(), WINDOWS_1251);
        let mixed = [text.as_bytes(), b"\n\xff\n", text.as_bytes()].concat();
        assert!(verdict(&mixed).unwrap_err().to_string().contains("line 2"));
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(by_beginning(&wide), Some(UTF_16LE));
        assert_eq!(by_beginning(b"\xef\xbb\xbfa"), Some(UTF_8));
        assert_eq!(by_beginning("plain".as_bytes()), None);
        assert_eq!(by_beginning(&[0, 159, 146, 150, 0, 1, 2, 3]), None);
    }

    #[test]
    fn a_text_is_decoded_across_the_borders_of_chunks() {
        let text = "Ґ;їжак\n".repeat(30_000);
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let mut out = String::new();
        Text::new(&wide[..], UTF_16BE).read_to_string(&mut out).unwrap();
        assert_eq!(out, text);
        let (old, _, _) = WINDOWS_1251.encode(&text);
        out.clear();
        Text::new(&old[..], WINDOWS_1251).read_to_string(&mut out).unwrap();
        assert_eq!(out, text);
    }

    #[test]
    fn encodings_have_the_names_that_people_use() {
        assert_eq!(find("cp1251").unwrap(), WINDOWS_1251);
        assert_eq!(find("UTF8").unwrap(), UTF_8);
        assert!(find("кириллица").is_err());
    }

    #[test]
    fn the_header_shows_its_delimiter() {
        assert_eq!(delimiter("a;b,c;d\n1,2,3,4,5,6"), b';');
        assert_eq!(delimiter("\"a;b;c\",d"), b',');
        assert_eq!(delimiter("a\tb\tc\n"), b'\t');
        assert_eq!(delimiter("one"), b',');
    }
}
