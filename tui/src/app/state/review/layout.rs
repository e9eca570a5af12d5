//! How many slices are seen at once.

/// How many slices are seen at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Layout {
    /// One.
    #[default]
    One,
    /// One in each plane, through the same voxel.
    Three,
    /// Many of one plane.
    Mosaic,
}
