//! The bytes of a scan: hashed as they lie on the disk, decompressed on the way.
//!
//! One pass does both: what [`Disk`] reads from the file it hashes, and hands on to the gzip
//! decoder or, uncompressed, to the caller. Whether a file is compressed is decided by its first
//! two bytes, never by its name.

use super::problem::Problem;
use flate2::bufread::GzDecoder;
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, BufRead, Read};

/// Bytes read from the disk at once.
const BUFFER: usize = 256 << 10;

pub(super) const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The file as it lies on the disk. Every byte read is hashed, once and in order.
pub(super) struct Disk<'a> {
    file: &'a File,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    /// Bytes of the file not read yet; a file that grows meanwhile is not followed.
    remaining: u64,
    hash: Option<Sha256>,
}

impl<'a> Disk<'a> {
    /// The first `size` bytes of `file`.
    pub(super) fn new(file: &'a File, size: u64, hashed: bool) -> Self {
        Disk {
            file,
            buffer: vec![0; BUFFER].into_boxed_slice(),
            start: 0,
            end: 0,
            remaining: size,
            hash: hashed.then(Sha256::new),
        }
    }

    /// Reads and hashes the rest. Returns the SHA-256 in hexadecimal, or nothing if no hash is wanted.
    pub(super) fn finish(mut self) -> io::Result<String> {
        loop {
            let length = self.fill_buf()?.len();
            if length == 0 {
                break;
            }
            self.consume(length);
        }
        let digest = self.hash.map(|hash| hash.finalize());
        Ok(digest
            .iter()
            .flatten()
            .map(|b| format!("{b:02x}"))
            .collect())
    }
}

impl BufRead for Disk<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end && self.remaining > 0 {
            let want = usize::try_from(self.remaining).map_or(BUFFER, |n| n.min(BUFFER));
            let got = loop {
                match self.file.read(&mut self.buffer[..want]) {
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                    other => break other?,
                }
            };
            if let Some(hash) = &mut self.hash {
                hash.update(&self.buffer[..got]);
            }
            (self.start, self.end) = (0, got);
            // An end before its time: the file was cut meanwhile, which its state will tell.
            self.remaining = if got == 0 {
                0
            } else {
                self.remaining - got as u64
            };
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn consume(&mut self, n: usize) {
        self.start = (self.start + n).min(self.end);
    }
}

impl Read for Disk<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let n = available.len().min(out.len());
        out[..n].copy_from_slice(&available[..n]);
        self.consume(n);
        Ok(n)
    }
}

/// The contents of the file: decompressed if it is gzip.
pub(super) enum Contents<'a> {
    /// As it lies on the disk.
    Plain(Disk<'a>),
    /// Within a gzip member. (A gzip file is a sequence of members; bgzip writes one per 64 KiB.)
    Member(Box<GzDecoder<Disk<'a>>>),
    /// After the last member.
    End(Disk<'a>),
    /// Finished, or on the way from one of the above to another.
    Spent,
}

impl<'a> Contents<'a> {
    /// Looks at the first two bytes of the file.
    pub(super) fn new(mut disk: Disk<'a>) -> Result<Self, Problem> {
        let gzip = disk
            .fill_buf()
            .map_err(Problem::from_io)?
            .starts_with(&GZIP_MAGIC);
        Ok(if gzip {
            Contents::Member(Box::new(GzDecoder::new(disk)))
        } else {
            Contents::Plain(disk)
        })
    }

    /// Whether the file is compressed.
    pub(super) fn is_gzip(&self) -> bool {
        !matches!(self, Contents::Plain(_))
    }

    /// Fills `out` as far as there is data; the number of bytes. A gzip stream that is cut off
    /// ends where it is cut.
    pub(super) fn fill(&mut self, out: &mut [u8]) -> Result<usize, Problem> {
        let mut filled = 0;
        while filled < out.len() {
            match self.read(&mut out[filled..]) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
                Err(error) => return Err(problem_of(error)),
            }
        }
        Ok(filled)
    }

    /// The next bytes, `count` or as many as there are.
    pub(super) fn begin(&mut self, count: usize) -> Result<Vec<u8>, Problem> {
        let mut start = vec![0; count];
        let length = self.fill(&mut start)?;
        start.truncate(length);
        Ok(start)
    }

    /// Leaves out `count` bytes, or as many as there are; the number of bytes left out.
    pub(super) fn skip(&mut self, count: u64) -> Result<u64, Problem> {
        let mut scratch = [0; 8 << 10];
        let mut skipped = 0;
        while skipped < count {
            let want =
                usize::try_from(count - skipped).map_or(scratch.len(), |n| n.min(scratch.len()));
            match self.fill(&mut scratch[..want])? {
                0 => break,
                n => skipped += n as u64,
            }
        }
        Ok(skipped)
    }

    /// Decodes the rest of the gzip member that the last byte came from, so that its checksum is
    /// checked: the bytes that followed, at most `limit` + 1. Nothing to do if not compressed.
    pub(super) fn end_member(&mut self, limit: u64) -> Result<u64, Problem> {
        let Contents::Member(decoder) = self else {
            return Ok(0);
        };
        io::copy(&mut decoder.take(limit + 1), &mut io::sink()).map_err(problem_of)
    }

    /// Hashes the rest of the file without decoding it. Returns the SHA-256 of the whole file.
    pub(super) fn finish(&mut self) -> Result<String, Problem> {
        match std::mem::replace(self, Contents::Spent).into_disk() {
            Some(disk) => disk.finish().map_err(Problem::from_io),
            None => Ok(String::new()),
        }
    }

    /// The file, at the position that the decoder has reached.
    fn into_disk(self) -> Option<Disk<'a>> {
        match self {
            Contents::Plain(disk) | Contents::End(disk) => Some(disk),
            Contents::Member(decoder) => Some(decoder.into_inner()),
            Contents::Spent => None,
        }
    }
}

impl Read for Contents<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            match self {
                Contents::Plain(disk) => return disk.read(out),
                Contents::End(_) | Contents::Spent => return Ok(0),
                Contents::Member(decoder) => match decoder.read(out)? {
                    0 if !out.is_empty() => {}
                    n => return Ok(n),
                },
            }
            // The member has ended and its checksum was right. What follows it is another
            // member, or something that has nothing to do with the scan.
            if let Some(mut disk) = std::mem::replace(self, Contents::Spent).into_disk() {
                let next = disk.fill_buf().map(|b| b.starts_with(&GZIP_MAGIC));
                *self = match next {
                    Ok(true) => Contents::Member(Box::new(GzDecoder::new(disk))),
                    _ => Contents::End(disk),
                };
                next?;
            }
        }
    }
}

/// Sorts what the system and the gzip decoder say.
fn problem_of(error: io::Error) -> Problem {
    if error.raw_os_error().is_some() {
        Problem::from_io(error)
    } else if error.kind() == io::ErrorKind::UnexpectedEof {
        Problem::GzipUnfinished
    } else {
        Problem::DamagedGzip {
            what: error.to_string(),
        }
    }
}
