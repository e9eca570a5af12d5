//! What can be wrong with a scan: its message, its code, whose fault it is, and what to do about it.

use medicosam_shared::geometry::Dims;
use std::io;

/// Whose fault a failure is, and so what should happen to the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The file itself: trying again reads the same bytes and fails the same way.
    BadInput,
    /// The machine around it (disk, permissions, memory, network share): wait, then try again; it
    /// counts for nothing against the scan.
    Environment,
    /// The file was changed or replaced in the meantime: look again.
    Changed,
    /// There is no such file: it was moved or deleted, or its share is away.
    Missing,
}

/// The reason of a [`ScanError`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// There is no such file (any more).
    #[error("there is no such file")]
    NotFound,
    /// A symbolic link; links are not followed.
    #[error("it is a symbolic link, and links are not followed")]
    Symlink,
    /// A folder, a pipe, a socket, a device.
    #[error("it is {kind}, not a file")]
    NotAFile {
        /// What it is, with its article.
        kind: &'static str,
    },
    /// The system refused, or failed.
    #[error("{0}")]
    Io(io::Error),
    /// The file became another one between the first and the last look at it.
    #[error("it was changed while it was being read")]
    Changed,
    /// No memory for the voxels.
    #[error("there is no memory for its voxels ({bytes} more bytes were asked for)")]
    OutOfMemory {
        /// Size of the request that failed.
        bytes: u64,
    },

    /// Nothing in it.
    #[error("it is empty (0 bytes)")]
    Empty,
    /// Another kind of file than its name says.
    #[error("it is not {expected}; by its first bytes it looks like {looks_like}")]
    OtherFormat {
        /// What it was taken for, with its article.
        expected: &'static str,
        /// What it looks like, with its article.
        looks_like: &'static str,
    },
    /// A header of a pair under the name of a whole file.
    #[error("by its header it is half of a NIfTI pair: its voxels are in another file (.img)")]
    Pair,
    /// A whole file under the name of a half of a pair.
    #[error("by its header it is no half of a pair: its voxels are in the same file")]
    NotAPair,
    /// A scan of several files, one of which is missing.
    #[error("it is one of several files of a scan, of which one is missing: {missing}")]
    Incomplete {
        /// Which one.
        missing: String,
    },
    /// Its successor, with a header of 540 bytes.
    #[error("it is a NIfTI-2 file, which is not supported")]
    Nifti2,
    /// It ends before its header does.
    #[error("it ends after {found} bytes, inside its header of 348 bytes")]
    HeaderTruncated {
        /// Bytes there are, after decompression.
        found: u64,
    },
    /// A header that contradicts its format or itself.
    #[error("its header is damaged: {what}")]
    DamagedHeader {
        /// A stable name of the damage.
        code: &'static str,
        /// The field and its value.
        what: String,
    },
    /// A time series, or several volumes of another kind.
    #[error(
        "it holds {volumes} volumes (its dimensions are {dims}), and its profile does not say \
         which of them are scans"
    )]
    ManyVolumes {
        /// How many.
        volumes: u64,
        /// All dimensions, for example `64×64×30×200`.
        dims: String,
    },
    /// A volume that the file does not have.
    #[error("it holds {volumes} volumes, counted from 0, so there is no volume {frame}")]
    NoSuchFrame {
        /// What was asked for.
        frame: u64,
        /// What there is.
        volumes: u64,
    },
    /// A TIFF file with several pictures.
    #[error("it holds {pages} pictures; only files with one can be read")]
    ManyPages {
        /// How many.
        pages: usize,
    },
    /// A picture that cannot be decoded.
    #[error("it cannot be read as a picture: {what}")]
    DamagedPicture {
        /// What the decoder says.
        what: String,
    },
    /// A picture that is too large a file.
    #[error("it is a picture of {bytes} bytes; the limit is {limit} bytes")]
    LargePicture {
        /// Size of the file.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// More voxels than the limit allows.
    #[error(
        "its header asks for {dims} voxels of {voxel_type}, {bytes} bytes; the limit is \
         {limit} bytes"
    )]
    TooLarge {
        /// The dimensions.
        dims: Dims,
        /// The voxel type.
        voxel_type: &'static str,
        /// Size of the voxels.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// A kind of voxel that is not one number.
    #[error(
        "its voxels are {what} (datatype {code}); only whole and floating point numbers of 8 to 64 bits can be read"
    )]
    UnsupportedType {
        /// The code in the header.
        code: i16,
        /// What it stands for.
        what: &'static str,
    },
    /// The file is too short for its voxels.
    #[error(
        "it is cut off: its header asks for {expected} bytes of voxels, but there is only room \
         for {found}"
    )]
    Truncated {
        /// Bytes that the header asks for.
        expected: u64,
        /// Bytes that are there, or at most can be.
        found: u64,
    },
    /// The voxels are there, the end of the gzip stream is not.
    #[error("it is cut off: its gzip data ends before its checksum")]
    GzipUnfinished,
    /// The gzip stream breaks, or its checksum is wrong.
    #[error("its gzip data is damaged: {what}")]
    DamagedGzip {
        /// What the decoder says.
        what: String,
    },
    /// Compressed twice.
    #[error("it is compressed twice: inside the gzip stream there is another one")]
    NestedGzip,
    /// Far more data than the header speaks of.
    #[error(
        "its header speaks of {expected} bytes of voxels, but more than {limit} bytes follow them"
    )]
    Surplus {
        /// Bytes that the header asks for.
        expected: u64,
        /// Bytes that may follow.
        limit: u64,
    },
    /// Not whole numbers from 0 to 65535.
    #[error("it is no label map: voxel {voxel:?} is {value}, not a whole number from 0 to 65535")]
    NotALabelMap {
        /// Index of the first such voxel.
        voxel: [u32; 3],
        /// Its value.
        value: f64,
    },
}

impl Problem {
    /// Sorts what the system said while a file was being opened or read.
    pub(crate) fn from_io(error: io::Error) -> Self {
        use rustix::io::Errno;
        match Errno::from_io_error(&error) {
            Some(Errno::NOENT | Errno::NOTDIR) => Problem::NotFound,
            // A network share that lost the file: the same as a file that is gone.
            Some(Errno::STALE) => Problem::Changed,
            Some(Errno::LOOP) => Problem::Symlink,
            // What open says to sockets, and to devices without a driver.
            Some(Errno::NXIO | Errno::NODEV) => Problem::NotAFile {
                kind: "a socket or a device",
            },
            _ => Problem::Io(error),
        }
    }

    /// A header that contradicts its format or itself.
    pub(super) fn damaged_header(code: &'static str, what: String) -> Self {
        Problem::DamagedHeader { code, what }
    }

    /// Its code, whose fault it is, and what to do next.
    pub(super) fn facts(&self) -> Facts {
        use Class::{Changed, Environment, Missing};
        match self {
            Problem::NotFound => Facts::new("scan-not-found", Missing, MOVED),
            Problem::Symlink => bad("scan-symlink", NO_LINK),
            Problem::NotAFile { .. } => bad("scan-not-a-file", NO_FILE),
            Problem::Io(e) if is_denied(e) => Facts::new("scan-permission", Environment, LET_READ),
            Problem::Io(_) => Facts::new("scan-io", Environment, CHECK_DISK),
            Problem::Changed => Facts::new("scan-changed", Changed, STILL_WRITTEN),
            Problem::OutOfMemory { .. } => {
                Facts::new("scan-out-of-memory", Environment, MORE_MEMORY)
            }
            Problem::Empty => bad("scan-empty", UNFINISHED),
            Problem::OtherFormat { .. } => bad("scan-not-nifti", CONVERT),
            Problem::Pair => bad("scan-nifti-pair", "Rename it to .hdr, beside its .img."),
            Problem::NotAPair => bad("scan-not-a-pair", "Rename it to .nii."),
            Problem::Incomplete { .. } => bad("scan-incomplete", ADD_FILE),
            Problem::Nifti2 => bad("scan-nifti-2", CONVERT_NIFTI_2),
            Problem::HeaderTruncated { .. } => bad("scan-header-truncated", UNFINISHED),
            Problem::DamagedHeader { code, .. } => bad(code, EXPORT_AGAIN),
            Problem::ManyVolumes { .. } => bad("scan-many-volumes", CHOOSE_FRAMES),
            Problem::NoSuchFrame { .. } => {
                bad("scan-no-such-volume", "Correct `frames` in the profile.")
            }
            Problem::ManyPages { .. } => bad(
                "scan-many-pages",
                "Split it into one file for each picture.",
            ),
            Problem::DamagedPicture { .. } => bad("scan-damaged-picture", EXPORT_PICTURE),
            Problem::LargePicture { .. } => bad("scan-too-large", "Cut it into smaller pictures."),
            Problem::TooLarge { .. } => bad("scan-too-large", RAISE_LIMIT),
            Problem::UnsupportedType { .. } => bad("scan-unsupported-type", CONVERT_VOXELS),
            Problem::Truncated { .. } | Problem::GzipUnfinished => {
                bad("scan-truncated", UNFINISHED)
            }
            Problem::DamagedGzip { .. } => bad("scan-damaged-gzip", CHECK_GZIP),
            Problem::NestedGzip => bad("scan-nested-gzip", "Decompress it once with gunzip."),
            Problem::Surplus { .. } => bad("scan-surplus", CHECK_DIMENSIONS),
            Problem::NotALabelMap { .. } => bad(
                "scan-not-a-label-map",
                "Choose the file with the labels, not the image.",
            ),
        }
    }
}

/// What follows from a problem.
pub(super) struct Facts {
    /// A stable name of the kind of error.
    pub code: &'static str,
    /// Whose fault it is.
    pub class: Class,
    /// What to do next, in plain words.
    pub hint: &'static str,
}

impl Facts {
    fn new(code: &'static str, class: Class, hint: &'static str) -> Self {
        Facts { code, class, hint }
    }
}

/// Facts of a fault of the file itself.
fn bad(code: &'static str, hint: &'static str) -> Facts {
    Facts::new(code, Class::BadInput, hint)
}

// What to do next, where that does not fit the line of its problem.
const MOVED: &str = "It was moved or deleted; if that was not meant, put it back.";
const NO_LINK: &str = "Put the file itself, or a hard link to it, into the watched folder.";
const NO_FILE: &str = "Take it out of the watched folder, or rename it.";
const LET_READ: &str = "Let the user that runs medicosamd read the file and enter its folders; it is tried again by itself.";
const CHECK_DISK: &str =
    "Check the disk or network share (dmesg, df, ulimit -n); it is tried again by itself.";
const STILL_WRITTEN: &str = "Nothing to do: it is read again once it stays the same. If this repeats, let the exporter write under another name and rename at the end.";
const MORE_MEMORY: &str =
    "Run fewer workers or give the machine more memory; it is tried again by itself.";
const UNFINISHED: &str = "The copy or export did not finish; write it again. It is looked at again as soon as it changes.";
const CONVERT: &str =
    "Convert it to NIfTI-1 (.nii or .nii.gz), for example with dcm2niix for DICOM.";
const ADD_FILE: &str =
    "Put the missing file into the same folder; it is looked at again as soon as it is there.";
const CONVERT_NIFTI_2: &str =
    "Convert it to NIfTI-1 (.nii.gz), for example with mrconvert or nibabel.";
const EXPORT_AGAIN: &str = "Export it again; if the header is the same then, report it to the makers of the program that wrote it.";
const CHOOSE_FRAMES: &str =
    "Say it in the profile: frames = \"each\", or the number of one of them.";
const EXPORT_PICTURE: &str = "Export it again as PNG, JPEG or TIFF with 8 or 16 bits, grey or RGB.";
const RAISE_LIMIT: &str = "If it really is that large, raise `scan` under [limits], to 16 GiB at most; otherwise its header is damaged: export it again.";
const CONVERT_VOXELS: &str = "Convert it to int16 or float32, one value per voxel.";
const CHECK_GZIP: &str =
    "It was damaged on its way; copy or export it again, and check it with gzip -t.";
const CHECK_DIMENSIONS: &str =
    "Its header does not fit its data: export it again, and check its dimensions.";

fn is_denied(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied
}
