//! The header of a scan in any format: everything known without reading the voxels.

use super::geometry::Geometry;
use super::note::Note;
use super::voxels::VoxelType;
use medicosam_shared::geometry::Dims;
use medicosam_shared::provenance::ScanInfo;

/// Bytes of voxels that are read if the caller sets no other limit.
pub const DEFAULT_MAX_VOXEL_BYTES: u64 = 16 << 30;

/// A checked header.
#[derive(Debug, Clone)]
pub struct Header {
    info: ScanInfo,
    notes: Vec<Note>,
    geometry: Geometry,
    volumes: u64,
    pub(super) voxel_type: VoxelType,
    pub(super) scale: Scale,
}

/// Stored voxel to value: `slope · voxel + intercept`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    pub(super) slope: f64,
    pub(super) intercept: f64,
}

impl Scale {
    /// Voxels that are values.
    pub(super) const IDENTITY: Scale = Scale {
        slope: 1.0,
        intercept: 0.0,
    };

    pub(super) fn apply(self, voxel: f64) -> f64 {
        self.slope * voxel + self.intercept
    }

    pub(super) fn is_identity(self) -> bool {
        self == Self::IDENTITY
    }
}

impl Header {
    /// The header of a scan whose voxels are its values.
    pub(super) fn new(dims: Dims, voxel_type: VoxelType, geometry: Geometry) -> Header {
        Header {
            info: ScanInfo {
                dims,
                affine: geometry.affine(),
                voxel_type: voxel_type.name().to_owned(),
                picture: geometry == Geometry::Picture,
                notes: Vec::new(),
            },
            notes: Vec::new(),
            geometry,
            volumes: 1,
            voxel_type,
            scale: Scale::IDENTITY,
        }
    }

    /// The header of one of several volumes.
    pub(super) fn one_of(self, volumes: u64) -> Header {
        Header { volumes, ..self }
    }

    /// The header of a scan whose voxels are scaled.
    pub(super) fn scaled(self, scale: Scale) -> Header {
        Header { scale, ..self }
    }

    /// Adds an oddity.
    pub(super) fn note(&mut self, note: Note) {
        self.notes.push(note);
        self.info.notes.push(note.to_string());
    }

    /// Where its voxels lie, and so in what format its results are written.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// Number of volumes in its file.
    pub fn volumes(&self) -> u64 {
        self.volumes
    }

    /// Bytes of the voxels of one volume.
    pub fn voxel_bytes(&self) -> u64 {
        self.info.dims.voxels() * u64::from(self.voxel_type.size())
    }

    /// Size, affine, voxel type, and oddities in words.
    pub fn info(&self) -> &ScanInfo {
        &self.info
    }

    /// Oddities of the scan.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }
}
