//! Files that cannot be read: each is refused with its own reason, quickly and without much
//! memory.

use super::sample::{Sample, file, gzip};
use crate::scan::{Class, Header, ScanError, Source, Volume};
use std::ffi::OsStr;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A right file of 6×5×4 voxels.
fn good() -> Sample {
    Sample::int16([6, 5, 4], |i, j, k| (i + 10 * j + 100 * k) as i16)
}

fn refused(path: &Path) -> ScanError {
    let began = Instant::now();
    let error = Volume::read(&Source::file(path)).unwrap_err();
    assert!(began.elapsed() < Duration::from_secs(2), "{error}");
    let text = error.to_string();
    let name = path.file_name().and_then(OsStr::to_str).unwrap();
    assert!(text.contains(name), "{text}");
    assert!(!error.hint().is_empty());
    error
}

/// Writes the bytes to a file, which must be refused with `code` as a bad input; the message.
fn refused_bytes(bytes: &[u8], code: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let error = refused(&file(folder.path(), "scan.nii.gz", bytes));
    assert_eq!(error.code(), code, "{error}");
    assert_eq!(error.class(), Class::BadInput, "{error}");
    error.to_string()
}

/// The same for a header that is wrong: reading it alone finds that too, plain and compressed.
fn refused_header(sample: &Sample, code: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    for bytes in [sample.gzip(), sample.bytes()] {
        let error =
            Header::read(&Source::file(file(folder.path(), "scan.nii", &bytes))).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
    }
    refused_bytes(&sample.gzip(), code);
    refused_bytes(&sample.bytes(), code)
}

#[test]
fn empty_and_cut_files() {
    refused_bytes(b"", "scan-empty");
    refused_bytes(&gzip(b""), "scan-header-truncated");
    refused_bytes(&good().bytes()[..347], "scan-header-truncated");
    refused_bytes(&gzip(&good().bytes()[..347]), "scan-header-truncated");
    refused_bytes(&good().bytes()[..1], "scan-header-truncated");
    refused_bytes(&good().bytes()[..348], "scan-truncated");
    let bytes = good().bytes();
    let text = refused_bytes(&bytes[..352 + 120], "scan-truncated");
    assert!(text.contains("asks for 240 bytes of voxels"), "{text}");
    assert!(text.contains("only room for 120"), "{text}");
    refused_bytes(&bytes[..bytes.len() - 1], "scan-truncated");
    refused_bytes(&gzip(&bytes[..bytes.len() - 1]), "scan-truncated");
}

#[test]
fn cut_gzip_streams() {
    let bytes = good().gzip();
    for missing in 1..=8 {
        // All voxels are there, the checksum is not.
        refused_bytes(&bytes[..bytes.len() - missing], "scan-truncated");
    }
    refused_bytes(&bytes[..bytes.len() - 20], "scan-truncated");
    refused_bytes(&bytes[..12], "scan-header-truncated");
    refused_bytes(&bytes[..2], "scan-header-truncated");
}

#[test]
fn wrong_checksum_wrong_length_and_broken_deflate_data() {
    let good = good().gzip();
    for from_end in [8, 5, 4, 1] {
        let mut bytes = good.clone();
        let at = bytes.len() - from_end;
        bytes[at] ^= 1;
        refused_bytes(&bytes, "scan-damaged-gzip");
    }
    let mut bytes = good;
    // The reserved kind of block.
    bytes[10] |= 0b110;
    refused_bytes(&bytes, "scan-damaged-gzip");
}

#[test]
fn a_damaged_member_among_others() {
    let bytes = good().bytes();
    let mut first = gzip(&bytes[..400]);
    let second = gzip(&bytes[400..]);
    let cut = [&first[..], &second[..second.len() - 3]].concat();
    refused_bytes(&cut, "scan-truncated");
    let at = first.len() - 7;
    first[at] ^= 0xff;
    refused_bytes(&[first, second].concat(), "scan-damaged-gzip");
}

#[test]
fn compressed_twice() {
    refused_bytes(&gzip(&good().gzip()), "scan-nested-gzip");
}

/// Ten gigabytes of zeros in ten megabytes: a thousand gzip members, one made only once.
fn ten_gigabytes_of_zeros() -> Vec<u8> {
    gzip(&vec![0; 10 << 20]).repeat(1000)
}

#[test]
fn bombs() {
    let zeros = ten_gigabytes_of_zeros();
    // Nothing but zeros.
    refused_bytes(&zeros, "scan-not-nifti");
    // A right file, and then zeros without end in the same member.
    let endless = [good().bytes(), vec![0; 20 << 20]].concat();
    refused_bytes(&gzip(&endless), "scan-surplus");
    refused_bytes(&endless, "scan-surplus");
    // Zeros without end in members of their own.
    let after = [good().gzip(), zeros.clone(), zeros].concat();
    refused_bytes(&after, "scan-surplus");
    // A header that asks for them.
    let mut sample = Sample::of([1024, 1024, 5120], 4, 16, Vec::new());
    let honest = [gzip(&sample.bytes()), ten_gigabytes_of_zeros()].concat();
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "scan.nii.gz", &honest);
    let error = Volume::read_within(&Source::file(&path), 1 << 30).unwrap_err();
    assert_eq!(error.code(), "scan-too-large");
    // A small file with a header that asks for much: no gzip stream can hold that.
    sample.dim[3] = 600;
    refused_header(&sample, "scan-truncated");
}

#[test]
fn wrong_numbers_of_dimensions() {
    for rank in [0, 8, -1, 200, 32767, i16::MIN] {
        let mut sample = good();
        sample.dim[0] = rank;
        let text = refused_header(&sample, "scan-bad-rank");
        assert!(text.contains(&format!("is {rank}, not 1 to 7")), "{text}");
        sample.big_endian = true;
        refused_header(&sample, "scan-bad-rank");
    }
}

#[test]
fn wrong_dimensions() {
    for (dims, at) in [
        ([-1, 5, 4], 1),
        ([6, 0, 4], 2),
        ([6, 5, i16::MIN], 3),
        // 65535 three times, in a program that forgot that the numbers are signed.
        ([-1, -1, -1], 1),
    ] {
        let mut sample = good();
        sample.dim[1..4].copy_from_slice(&dims);
        let text = refused_header(&sample, "scan-bad-dimension");
        assert!(text.contains(&format!("dim[{at}]")), "{text}");
    }
    let mut sample = good();
    sample.dim = [5, 6, 5, 4, 0, 1, 1, 1];
    refused_header(&sample, "scan-bad-dimension");
}

#[test]
fn more_voxels_than_can_be() {
    let mut sample = good();
    sample.dim = [3, 32767, 32767, 32767, 1, 1, 1, 1];
    let text = refused_header(&sample, "scan-too-large");
    assert!(text.contains("32767×32767×32767"), "{text}");
    // A product beyond 64 bits.
    sample.dim = [7, 32767, 32767, 32767, 32767, 32767, 32767, 32767];
    refused_header(&sample, "scan-many-volumes");
    // Within the limit, but not within the file.
    sample.dim = [3, 2048, 2048, 1000, 1, 1, 1, 1];
    refused_header(&sample, "scan-truncated");
}

#[test]
fn series() {
    let mut sample = good();
    sample.dim = [4, 6, 5, 4, 500, 1, 1, 1];
    let text = refused_header(&sample, "scan-many-volumes");
    assert!(text.contains("500 volumes"), "{text}");
    assert!(text.contains("6×5×4×500"), "{text}");
    assert!(text.contains("profile does not say"), "{text}");
}

#[test]
fn wrong_offsets() {
    for offset in [f32::NAN, f32::INFINITY, -1.0, 352.5, 3.5, 1e30, 10.0, 0.0] {
        let mut sample = good();
        sample.vox_offset = offset;
        refused_header(&sample, "scan-bad-offset");
    }
    let mut sample = good();
    sample.vox_offset = 100_000.0;
    refused_bytes(&sample.bytes(), "scan-truncated");
    refused_bytes(&sample.gzip(), "scan-truncated");
}

#[test]
fn types_that_are_not_one_number() {
    for (code, bits, what) in [
        (1, 1, "bits"),
        (32, 64, "complex"),
        (128, 24, "RGB"),
        (1536, 128, "128 bits"),
        (1792, 128, "complex"),
        (2048, 256, "complex"),
        (2304, 32, "RGBA"),
    ] {
        let sample = Sample::of([2, 2, 2], code, bits, vec![0; 256]);
        let text = refused_header(&sample, "scan-unsupported-type");
        assert!(text.contains(what), "{text}");
    }
    for code in [0, 9999, -4, 3] {
        let sample = Sample::of([2, 2, 2], code, 16, vec![0; 256]);
        refused_header(&sample, "scan-unknown-type");
    }
}

#[test]
fn sizes_that_contradict_the_type() {
    for bitpix in [0, 8, 32, -16] {
        let mut sample = good();
        sample.bitpix = bitpix;
        let text = refused_header(&sample, "scan-bad-bitpix");
        assert!(text.contains("int16 have 16 bits"), "{text}");
    }
}

#[test]
fn other_formats_are_named() {
    let mut nifti2 = vec![0; 600];
    nifti2[..4].copy_from_slice(&540i32.to_be_bytes());
    nifti2[4..12].copy_from_slice(b"n+2\0\r\n\x1a\n");
    refused_bytes(&nifti2, "scan-nifti-2");
    refused_bytes(&gzip(&nifti2), "scan-nifti-2");

    let mut pair = good();
    pair.magic = *b"ni1\0";
    refused_header(&pair, "scan-nifti-pair");
    refused_bytes(&pair.bytes()[..348], "scan-nifti-pair");

    let mut analyze = good();
    analyze.magic = [0; 4];
    let text = refused_header(&analyze, "scan-not-nifti");
    assert!(text.contains("Analyze"), "{text}");

    let mut dicom = vec![0; 400];
    dicom[128..132].copy_from_slice(b"DICM");
    for (bytes, name) in [
        (&dicom[..], "DICOM"),
        (b"NRRD0004\ntype: short\n", "NRRD"),
        (b"ObjectType = Image\nNDims = 3\n", "MetaImage"),
        (b"\x89PNG\r\n\x1a\n....", "PNG"),
        (b"<!DOCTYPE html>\n<html><title>Log in</title>", "web page"),
        (b"PK\x03\x04....", "zip"),
        (b"BZh91AY", "bzip2"),
        (b"\x00\x00\x00\x01\x00\x00\x01\x00", "FreeSurfer"),
        (b"a,b,c\n1,2,3\n", "plain text"),
        (&[0; 4096], "zeros"),
        (&[0xa5, 1, 2, 3, 4], "nothing known"),
    ] {
        for bytes in [bytes.to_vec(), gzip(bytes)] {
            let text = refused_bytes(&bytes, "scan-not-nifti");
            assert!(text.contains(name), "{text}");
        }
    }
}

#[test]
fn what_is_not_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);

    std::fs::create_dir(at("folder.nii.gz")).unwrap();
    let error = refused(&at("folder.nii.gz"));
    assert_eq!(error.code(), "scan-not-a-file");
    assert!(error.to_string().contains("a folder"), "{error}");

    rustix::fs::mknodat(
        rustix::fs::CWD,
        at("pipe.nii.gz"),
        rustix::fs::FileType::Fifo,
        0o600.into(),
        0,
    )
    .unwrap();
    let error = refused(&at("pipe.nii.gz"));
    assert_eq!(error.code(), "scan-not-a-file");
    assert!(error.to_string().contains("a pipe"), "{error}");

    let _listener = std::os::unix::net::UnixListener::bind(at("socket.nii.gz")).unwrap();
    let error = refused(&at("socket.nii.gz"));
    assert_eq!(error.code(), "scan-not-a-file");
    assert_eq!(error.class(), Class::BadInput);

    let error = refused(Path::new("/dev/zero"));
    assert_eq!(error.code(), "scan-not-a-file");
    assert!(error.to_string().contains("a device"), "{error}");
}

#[test]
fn links_are_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let outside = TempDir::new().unwrap();
    let real = file(outside.path(), "real.nii", &good().bytes());
    let at = |name: &str| folder.path().join(name);
    symlink(&real, at("out.nii")).unwrap();
    symlink(at("loop.nii"), at("loop.nii")).unwrap();
    symlink(at("nowhere"), at("dangling.nii")).unwrap();
    symlink("/proc/self/mem", at("mem.nii")).unwrap();
    for name in ["out.nii", "loop.nii", "dangling.nii", "mem.nii"] {
        let error = refused(&at(name));
        assert_eq!(error.code(), "scan-symlink");
        assert_eq!(error.class(), Class::BadInput);
    }
    // A hard link is the file itself.
    std::fs::hard_link(&real, at("hard.nii")).unwrap();
    Volume::read(&Source::file(at("hard.nii"))).unwrap();
}

#[test]
fn what_may_not_be_read_or_is_gone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let error = refused(&folder.path().join("gone.nii"));
    assert_eq!(error.code(), "scan-not-found");
    assert_eq!(error.class(), Class::Missing);

    let path = file(folder.path(), "secret.nii", &good().bytes());
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::read(&path).is_ok() {
        eprintln!("skipped: this user (root?) may read everything");
        return;
    }
    let error = refused(&path);
    assert_eq!(error.code(), "scan-permission");
    assert_eq!(error.class(), Class::Environment);
}

#[test]
fn names_cannot_take_over_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "a\x1b]52;c;x\x07\n.nii", b"");
    let text = Volume::read(&Source::file(&path)).unwrap_err().to_string();
    assert!(!text.contains(|c: char| c.is_control()), "{text:?}");
}
