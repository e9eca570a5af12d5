//! What a file is that is not NIfTI-1, told by its first bytes.

/// What a file looks like, with its article, by its first (decompressed) bytes; the more of them
/// the better, 352 are enough.
pub(super) fn looks_like(start: &[u8]) -> &'static str {
    /// Offset, bytes, meaning.
    const SIGNATURES: [(usize, &[u8], &str); 27] = [
        (128, b"DICM", "a DICOM file"),
        (0, b"NRRD000", "an NRRD file"),
        (0, b"ObjectType", "a MetaImage file (.mha, .mhd)"),
        (0, b"NDims", "a MetaImage file (.mha, .mhd)"),
        (0, b"\x89PNG\r\n\x1a\n", "a PNG picture"),
        (0, b"\xff\xd8\xff", "a JPEG picture"),
        (0, b"GIF8", "a GIF picture"),
        (0, b"BM", "a BMP picture"),
        (0, b"II*\0", "a TIFF picture"),
        (0, b"MM\0*", "a TIFF picture"),
        (0, b"II+\0", "a BigTIFF picture"),
        (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file (MINC 2 and others)"),
        (0, b"CDF\x01", "a netCDF file (MINC 1 and others)"),
        (0, b"\x93NUMPY", "a NumPy array"),
        (0, b"%PDF", "a PDF document"),
        (0, b"PK\x03\x04", "a zip archive"),
        (0, b"PK\x05\x06", "an empty zip archive"),
        (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
        (257, b"ustar", "a tar archive"),
        (0, b"BZh", "a bzip2 stream"),
        (0, b"\xfd7zXZ\0", "an xz stream"),
        (0, b"\x28\xb5\x2f\xfd", "a zstd stream"),
        (0, b"\x04\x22\x4d\x18", "an lz4 stream"),
        (0, b"\x7fELF", "a program"),
        (
            0,
            b"\x00\x00\x00\x01\x00\x00",
            "a FreeSurfer volume (.mgh, .mgz)",
        ),
        (0, b"SQLite format 3\0", "an SQLite database"),
        (0, b"\x1f\x8b", "a gzip stream"),
    ];
    if let Some((.., meaning)) = SIGNATURES.iter().find(|(offset, bytes, _)| {
        start
            .get(*offset..)
            .is_some_and(|rest| rest.starts_with(bytes))
    }) {
        return meaning;
    }
    if is_size(start, 348) {
        return "an Analyze 7.5 header (.hdr of a .hdr and .img pair)";
    }
    if start.iter().all(|&b| b == 0) {
        return "a run of zeros, as a reserved but never written file has";
    }
    let text = start.trim_ascii_start();
    let begins = |with: &str| {
        text.get(..with.len())
            .is_some_and(|t| t.eq_ignore_ascii_case(with.as_bytes()))
    };
    if begins("<!doctype html") || begins("<html") || begins("<head") {
        return "a web page, perhaps the login or error page of a download";
    }
    if begins("<?xml") {
        return "an XML document";
    }
    if begins("{") || begins("[") {
        return "a JSON document";
    }
    if is_text(start) {
        return "plain text";
    }
    "nothing known"
}

/// Whether the file starts with `size` as a 32-bit number in either byte order.
pub(super) fn is_size(start: &[u8], size: i32) -> bool {
    start.starts_with(&size.to_le_bytes()) || start.starts_with(&size.to_be_bytes())
}

fn is_text(start: &[u8]) -> bool {
    start
        .iter()
        .all(|&b| matches!(b, b'\t' | b'\n' | b'\r' | 0x20..=0x7e | 0x80..))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_files_are_named() {
        let mut dicom = vec![0; 128];
        dicom.extend(b"DICM\x02\0");
        assert_eq!(looks_like(&dicom), "a DICOM file");
        assert_eq!(looks_like(b"NRRD0005\n# x"), "an NRRD file");
        assert!(looks_like(b"\n <!DOCTYPE HTML><html>").contains("web page"));
        assert_eq!(looks_like(b"subject,age\n1,50\n"), "plain text");
        assert!(looks_like(&[0; 400]).contains("zeros"));
        assert_eq!(looks_like(&[7, 1, 2, 3]), "nothing known");
        assert!(looks_like(&348i32.to_be_bytes()).contains("Analyze"));
    }
}
