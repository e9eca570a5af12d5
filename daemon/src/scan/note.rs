//! Oddities of a scan that do not prevent reading it.

use std::fmt;

/// Something that a reviewer may want to know; `Display` says it in a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// The sform is not finite, singular, or of impossible size.
    SformUnusable,
    /// The qform is not finite, or of impossible size.
    QformUnusable,
    /// The quaternion was shortened to length 1.
    QuaternionTooLong,
    /// Only voxel sizes are known.
    NoOrientation,
    /// An Analyze 7.5 file, which never says left from right for certain.
    Analyze,
    /// A voxel size of 0, infinite, or not a number.
    SpacingUnusable,
    /// `scl_inter` is not a number.
    InterceptUnusable,
    /// More data follows the voxels.
    Surplus,
    /// A picture with colours.
    Colours,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Note::SformUnusable => {
                "its sform cannot be used (not finite, singular, or of impossible size) and was passed over"
            }
            Note::QformUnusable => {
                "its qform cannot be used (not finite, or of impossible size) and was passed over"
            }
            Note::QuaternionTooLong => {
                "its quaternion is longer than 1 and was shortened; the orientation may be wrong"
            }
            Note::NoOrientation => {
                "it has no usable orientation: left and right, front and back are not known"
            }
            Note::Analyze => {
                "it is an Analyze 7.5 file, which has no orientation: left and right, front and back are not known"
            }
            Note::SpacingUnusable => {
                "a voxel size in its header is no length and was taken for 1; volumes in mL may be wrong"
            }
            Note::InterceptUnusable => "its scl_inter is not a finite number and was taken for 0",
            Note::Colours => {
                "it has colours: the model sees them, and the screen shows them"
            }
            Note::Surplus => {
                "more data follows its voxels and was left out; check its dimensions"
            }
        })
    }
}
