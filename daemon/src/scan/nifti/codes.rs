//! The `datatype` codes of a NIfTI-1 header.

use crate::scan::problem::Problem;
use crate::scan::voxels::VoxelType;

/// The voxel type of a code.
pub(super) fn voxel_type(code: i16) -> Result<VoxelType, Problem> {
    let unsupported = |what| Err(Problem::UnsupportedType { code, what });
    Ok(match code {
        2 => VoxelType::Uint8,
        4 => VoxelType::Int16,
        8 => VoxelType::Int32,
        16 => VoxelType::Float32,
        64 => VoxelType::Float64,
        256 => VoxelType::Int8,
        512 => VoxelType::Uint16,
        768 => VoxelType::Uint32,
        1024 => VoxelType::Int64,
        1280 => VoxelType::Uint64,
        1 => return unsupported("single bits"),
        32 => return unsupported("complex numbers of 64 bits"),
        128 => return unsupported("RGB colours"),
        1536 => return unsupported("floating point numbers of 128 bits"),
        1792 => return unsupported("complex numbers of 128 bits"),
        2048 => return unsupported("complex numbers of 256 bits"),
        2304 => return unsupported("RGBA colours"),
        _ => {
            let what = format!("{code} is no datatype of NIfTI-1");
            return Err(Problem::damaged_header("scan-unknown-type", what));
        }
    })
}
