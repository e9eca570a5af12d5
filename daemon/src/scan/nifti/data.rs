//! The voxels that a header speaks of: whether a file can hold them, and reading them.

use super::header::Parsed;
use crate::scan::bytes::Contents;
use crate::scan::note::Note;
use crate::scan::problem::Problem;
use crate::scan::volume::Volume;
use crate::scan::voxels::Voxels;

/// Bytes that may follow the voxels.
const MAX_SURPLUS: u64 = 16 << 20;
/// How many times more the contents of a gzip file can be at most: a match of 258 bytes takes at
/// least 2 bits.
const DEFLATE_RATIO: u64 = 1032;

/// Checks that a file of `size` bytes can hold the voxels, and not far more than them.
pub(super) fn check_size(parsed: &Parsed, size: u64, gzip: bool) -> Result<(), Problem> {
    let expected = all_voxel_bytes(parsed);
    let end = parsed.offset.saturating_add(expected);
    let (room, surplus) = if gzip {
        // Even data that cannot be compressed does not double.
        (
            size.saturating_mul(DEFLATE_RATIO),
            size.saturating_sub(end.saturating_mul(2)),
        )
    } else {
        (size, size.saturating_sub(end))
    };
    if room < end {
        return Err(Problem::Truncated {
            expected,
            found: room.saturating_sub(parsed.offset),
        });
    }
    if surplus > MAX_SURPLUS {
        return Err(Problem::Surplus {
            expected,
            limit: MAX_SURPLUS,
        });
    }
    Ok(())
}

/// Reads the voxels from a file of `size` bytes after the first `passed`, and makes sure
/// that it ends as it should.
pub(super) fn read(
    contents: &mut Contents<'_>,
    parsed: Parsed,
    passed: u64,
    size: u64,
) -> Result<Volume, Problem> {
    let (one, expected) = (parsed.header.voxel_bytes(), all_voxel_bytes(&parsed));
    let Parsed {
        mut header,
        order,
        offset,
        frame,
    } = parsed;
    let before = frame * one;
    let skipped = offset - passed + before;
    let found = contents.skip(skipped)?;
    if found < skipped {
        let found = found.saturating_sub(offset - passed);
        return Err(Problem::Truncated { expected, found });
    }
    let count = header.info().dims.voxels();
    let voxels = Voxels::read(contents, count, header.voxel_type, order)?;
    let after = expected - before - one;
    let found = contents.skip(after)?;
    if found < after {
        let found = before + one + found;
        return Err(Problem::Truncated { expected, found });
    }
    let surplus = contents.end_member(MAX_SURPLUS)?;
    if surplus > MAX_SURPLUS {
        return Err(Problem::Surplus {
            expected,
            limit: MAX_SURPLUS,
        });
    }
    if surplus > 0 || (!contents.is_gzip() && size > offset + expected) {
        header.note(Note::Surplus);
    }
    Ok(Volume {
        header,
        voxels,
        colours: None,
    })
}

/// Bytes of the voxels of all volumes.
fn all_voxel_bytes(parsed: &Parsed) -> u64 {
    let header = &parsed.header;
    header.voxel_bytes().saturating_mul(header.volumes())
}
