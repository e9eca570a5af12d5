//! What can be wrong with a scan, whose fault it is, and what to do about it.

use medicosam_shared::geometry::Dims;
use medicosam_shared::text::printable;
use std::io;
use std::path::{Path, PathBuf};

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

/// A scan could not be read: what was being done, to which file, and what was found.
#[derive(Debug, thiserror::Error)]
#[error("{doing} {}: {problem}", printable(&path.to_string_lossy()))]
pub struct ScanError {
    /// What was being done, for example "reading the header of".
    pub doing: &'static str,
    /// The file.
    pub path: PathBuf,
    /// What was found.
    pub problem: Problem,
}

impl ScanError {
    pub(crate) fn new(doing: &'static str, path: &Path, problem: Problem) -> Self {
        ScanError {
            doing,
            path: path.to_owned(),
            problem,
        }
    }

    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        self.problem.code()
    }

    /// Whose fault it is.
    pub fn class(&self) -> Class {
        self.problem.class()
    }

    /// What to do next, in plain words.
    pub fn hint(&self) -> &'static str {
        self.problem.hint()
    }
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
    /// A file of several that make one scan, of which one is missing.
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

    fn code(&self) -> &'static str {
        match self {
            Problem::NotFound => "scan-not-found",
            Problem::Symlink => "scan-symlink",
            Problem::NotAFile { .. } => "scan-not-a-file",
            Problem::Io(error) if is_denied(error) => "scan-permission",
            Problem::Io(_) => "scan-io",
            Problem::Changed => "scan-changed",
            Problem::OutOfMemory { .. } => "scan-out-of-memory",
            Problem::Empty => "scan-empty",
            Problem::OtherFormat { .. } => "scan-not-nifti",
            Problem::Pair => "scan-nifti-pair",
            Problem::NotAPair => "scan-not-a-pair",
            Problem::Incomplete { .. } => "scan-incomplete",
            Problem::DamagedHeader { code, .. } => code,
            Problem::Nifti2 => "scan-nifti-2",
            Problem::HeaderTruncated { .. } => "scan-header-truncated",
            Problem::ManyVolumes { .. } => "scan-many-volumes",
            Problem::NoSuchFrame { .. } => "scan-no-such-volume",
            Problem::ManyPages { .. } => "scan-many-pages",
            Problem::DamagedPicture { .. } => "scan-damaged-picture",
            Problem::TooLarge { .. } | Problem::LargePicture { .. } => "scan-too-large",
            Problem::UnsupportedType { .. } => "scan-unsupported-type",
            Problem::Truncated { .. } | Problem::GzipUnfinished => "scan-truncated",
            Problem::DamagedGzip { .. } => "scan-damaged-gzip",
            Problem::NestedGzip => "scan-nested-gzip",
            Problem::Surplus { .. } => "scan-surplus",
            Problem::NotALabelMap { .. } => "scan-not-a-label-map",
        }
    }

    fn class(&self) -> Class {
        match self {
            Problem::NotFound => Class::Missing,
            Problem::Changed => Class::Changed,
            Problem::Io(_) | Problem::OutOfMemory { .. } => Class::Environment,
            Problem::Symlink
            | Problem::NotAFile { .. }
            | Problem::Empty
            | Problem::OtherFormat { .. }
            | Problem::Pair
            | Problem::NotAPair
            | Problem::Incomplete { .. }
            | Problem::Nifti2
            | Problem::HeaderTruncated { .. }
            | Problem::DamagedHeader { .. }
            | Problem::ManyVolumes { .. }
            | Problem::NoSuchFrame { .. }
            | Problem::ManyPages { .. }
            | Problem::DamagedPicture { .. }
            | Problem::LargePicture { .. }
            | Problem::TooLarge { .. }
            | Problem::UnsupportedType { .. }
            | Problem::Truncated { .. }
            | Problem::GzipUnfinished
            | Problem::DamagedGzip { .. }
            | Problem::NestedGzip
            | Problem::Surplus { .. }
            | Problem::NotALabelMap { .. } => Class::BadInput,
        }
    }

    fn hint(&self) -> &'static str {
        match self {
            Problem::NotFound => "It was moved or deleted; if that was not meant, put it back.",
            Problem::Symlink => {
                "Put the file itself, or a hard link to it, into the watched folder."
            }
            Problem::NotAFile { .. } => "Take it out of the watched folder, or rename it.",
            Problem::Io(error) if is_denied(error) => {
                "Let the user that runs medicosamd read the file and enter its folders; it is tried again by itself."
            }
            Problem::Io(_) => {
                "Check the disk or network share (dmesg, df, ulimit -n); it is tried again by itself."
            }
            Problem::Changed => {
                "Nothing to do: it is read again once it stays the same. If this repeats, let the exporter write under another name and rename at the end."
            }
            Problem::OutOfMemory { .. } => {
                "Run fewer workers or give the machine more memory; it is tried again by itself."
            }
            Problem::Empty
            | Problem::HeaderTruncated { .. }
            | Problem::Truncated { .. }
            | Problem::GzipUnfinished => {
                "The copy or export did not finish; write it again. It is looked at again as soon as it changes."
            }
            Problem::OtherFormat { .. } => {
                "Convert it to NIfTI-1 (.nii or .nii.gz), for example with dcm2niix for DICOM."
            }
            Problem::Pair => "Rename it to .hdr, beside its .img.",
            Problem::NotAPair => "Rename it to .nii.",
            Problem::Incomplete { .. } => {
                "Put the missing file into the same folder; it is looked at again as soon as it is there."
            }
            Problem::Nifti2 => {
                "Convert it to NIfTI-1 (.nii.gz), for example with mrconvert or nibabel."
            }
            Problem::DamagedHeader { .. } => {
                "Export it again; if the header is the same then, report it to the makers of the program that wrote it."
            }
            Problem::ManyVolumes { .. } => {
                "Say it in the profile: frames = \"each\", or the number of one of them."
            }
            Problem::NoSuchFrame { .. } => "Correct `frames` in the profile.",
            Problem::ManyPages { .. } => "Split it into one file for each picture.",
            Problem::DamagedPicture { .. } => {
                "Export it again as PNG, JPEG or TIFF with 8 or 16 bits, grey or RGB."
            }
            Problem::LargePicture { .. } => "Cut it into smaller pictures.",
            Problem::TooLarge { .. } => {
                "If it really is that large, raise the limit for voxel data; otherwise its header is damaged: export it again."
            }
            Problem::UnsupportedType { .. } => {
                "Convert it to int16 or float32, one value per voxel."
            }
            Problem::DamagedGzip { .. } => {
                "It was damaged on its way; copy or export it again, and check it with gzip -t."
            }
            Problem::NestedGzip => "Decompress it once with gunzip.",
            Problem::Surplus { .. } => {
                "Its header does not fit its data: export it again, and check its dimensions."
            }
            Problem::NotALabelMap { .. } => "Choose the file with the labels, not the image.",
        }
    }
}

fn is_denied(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied
}
