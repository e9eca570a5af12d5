//! A scan in memory.

use super::header::{Header, Scale};
use super::note::Note;
use super::percentile::percentiles;
use super::problem::Problem;
use super::voxels::{Voxel, Voxels, with_voxels};
use medicosam_shared::geometry::{Axis, Dims};
use medicosam_shared::provenance::ScanInfo;
use medicosam_shared::window::{Range, Window};

/// A scan: its header, and its voxels as the file has them.
#[derive(Debug, Clone)]
pub struct Volume {
    pub(super) header: Header,
    /// As many as the header says.
    pub(super) voxels: Voxels,
    /// Red, green and blue of each pixel, for a picture that has colours; its voxels are their
    /// brightness.
    pub(super) colours: Option<Vec<[u8; 3]>>,
}

impl Volume {
    /// Size, affine and voxel type.
    pub fn info(&self) -> &ScanInfo {
        self.header.info()
    }

    /// The header, as outputs copy from it.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Bytes of its voxels in memory.
    pub fn bytes(&self) -> u64 {
        let colours = self
            .colours
            .as_ref()
            .map_or(0, |colours| 3 * colours.len() as u64);
        self.header.voxel_bytes() + colours
    }

    /// Red, green and blue of the slice at `index` across `axis`, each row by row, if it is a
    /// picture with colours.
    pub fn colours(&self, axis: Axis, index: u32) -> Option<[Vec<f32>; 3]> {
        let colours = self.colours.as_ref()?;
        (axis == Axis::K && index == 0).then(|| {
            std::array::from_fn(|channel| colours.iter().map(|c| f32::from(c[channel])).collect())
        })
    }

    /// Oddities of the scan.
    pub fn notes(&self) -> &[Note] {
        self.header.notes()
    }

    /// The values of the slice at `index` across `axis`, row by row, columns fastest
    /// (see [`Axis::in_plane`]); `None` if the volume has no such slice.
    ///
    /// Values are `scl_slope · voxel + scl_inter`, computed in f64.
    pub fn slice(&self, axis: Axis, index: u32) -> Option<Vec<f32>> {
        let dims = self.info().dims;
        if index >= dims.along(axis) {
            return None;
        }
        let scale = self.header.scale;
        Some(with_voxels!(&self.voxels, v => slice(v, dims, axis, index as usize, scale)))
    }

    /// The values that are black and white in `window`.
    ///
    /// Percentiles are taken over the finite values strictly above the volume's smallest one (the
    /// background), and are those of numpy's default method, linear interpolation. Where they
    /// coincide, black is the smallest value instead; where the volume has only one value, it is
    /// black.
    pub fn range(&self, window: Window) -> Range {
        match (window, Range::of(window)) {
            (_, Some(range)) => range,
            (Window::Percentile { low, high }, None) => {
                let scale = self.header.scale;
                let [low, high] =
                    with_voxels!(&self.voxels, v => percentiles(v, [low, high], scale));
                Range::Fixed { low, high }
            }
            (_, None) => Range::Slice,
        }
    }

    /// The smallest and the largest value that is a finite number; `None` if none is.
    pub fn extremes(&self) -> Option<(f64, f64)> {
        let scale = self.header.scale;
        let (low, high) = with_voxels!(&self.voxels, v => extremes(v))?;
        let (low, high) = (scale.apply(low), scale.apply(high));
        // A negative slope turns them round.
        Some((low.min(high), low.max(high)))
    }

    /// The values as numbers of objects, in file order.
    pub(super) fn to_labels(&self) -> Result<Vec<u16>, Problem> {
        let scale = self.header.scale;
        with_voxels!(&self.voxels, v => labels(v, self.info().dims, scale))
    }
}

fn slice<T: Voxel>(voxels: &[T], dims: Dims, axis: Axis, index: usize, scale: Scale) -> Vec<f32> {
    if scale.is_identity() {
        gather(voxels, dims, axis, index, |v| v.to_f64() as f32)
    } else {
        gather(voxels, dims, axis, index, |v| {
            scale.apply(v.to_f64()) as f32
        })
    }
}

fn gather<T: Voxel>(
    voxels: &[T],
    dims: Dims,
    axis: Axis,
    index: usize,
    value: impl Fn(T) -> f32,
) -> Vec<f32> {
    let [ni, nj, _] = dims.0.map(|n| n as usize);
    let mut out = Vec::with_capacity(dims.slice_shape(axis).pixels());
    let planes = voxels.chunks_exact(ni * nj);
    match axis {
        Axis::K => out.extend(planes.skip(index).take(1).flatten().map(|&v| value(v))),
        Axis::J => {
            for plane in planes {
                out.extend(plane[index * ni..][..ni].iter().map(|&v| value(v)));
            }
        }
        Axis::I => {
            for plane in planes {
                out.extend(plane.iter().skip(index).step_by(ni).map(|&v| value(v)));
            }
        }
    }
    out
}

fn extremes<T: Voxel>(voxels: &[T]) -> Option<(f64, f64)> {
    let keys = voxels.iter().filter_map(|v| v.to_key());
    let (low, high) = keys.fold((u64::MAX, u64::MIN), |(low, high), key| {
        (low.min(key), high.max(key))
    });
    (low <= high).then(|| (T::from_key(low), T::from_key(high)))
}

fn labels<T: Voxel>(voxels: &[T], dims: Dims, scale: Scale) -> Result<Vec<u16>, Problem> {
    let mut out = Vec::with_capacity(voxels.len());
    for &voxel in voxels {
        let value = scale.apply(voxel.to_f64());
        let label = value as u16;
        if f64::from(label) != value {
            let [ni, nj, _] = dims.0.map(|n| n as usize);
            let at = out.len();
            let voxel = [at % ni, at / ni % nj, at / (ni * nj)].map(|n| n as u32);
            return Err(Problem::NotALabelMap { voxel, value });
        }
        out.push(label);
    }
    Ok(out)
}
