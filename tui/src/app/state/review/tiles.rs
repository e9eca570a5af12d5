//! A cache of drawn slices for pictures with several of them: when another tile of a mosaic is
//! selected, only two frames change.

use super::overlay::{ByName, Overlay};
use super::slices::SliceId;
use crate::picture::{Form, Indexed, Mark, Palette, Region, Resample, Size};
use medicosam_shared::case::CaseId;
use medicosam_shared::geometry::display::Orientation;
use medicosam_shared::mask::MaskSet;
use medicosam_shared::window::Range;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Most pixels kept, a byte each: several pictures, so that a draft does not evict the tiles of the
/// complete picture.
const ROOM: usize = 4 << 20;

/// Drawn slices, those used last at the end.
#[derive(Debug, Default)]
pub struct Tiles(Mutex<Vec<(Tile, Arc<Indexed>)>>);

/// Everything that determines the look of a slice. Its name determines its values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tile {
    pub case: CaseId,
    pub slice: SliceId,
    pub reduced: bool,
    pub region: Region,
    pub orientation: Orientation,
    pub marks: Vec<Mark>,
    pub range: Range,
    pub inverted: bool,
    pub overlay: Overlay,
    pub reference: Option<(String, ByName<MaskSet>)>,
    pub form: Form,
    pub size: Size,
    pub palette: Palette,
    pub resample: Resample,
}

impl Tiles {
    /// The pictures of `wanted`; `None` where one cannot be drawn. Missing ones are drawn by
    /// `draw`, which gets their places in `wanted`, on as many threads as help.
    pub(super) fn take(
        &self,
        wanted: Vec<Tile>,
        draw: impl Fn(usize) -> Option<Indexed> + Sync,
    ) -> Vec<Option<Arc<Indexed>>> {
        let mut found: Vec<_> = {
            let kept = self.lock();
            let find = |tile: &Tile| kept.iter().find(|(of, _)| of == tile);
            let find = |tile: &Tile| find(tile).map(|(_, picture)| picture.clone());
            wanted.iter().map(find).collect()
        };
        let mut missing: Vec<_> = (0..).zip(&mut found).filter(|(_, f)| f.is_none()).collect();
        let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let share = missing.len().div_ceil(threads).max(1);
        std::thread::scope(|scope| {
            let mut shares = missing.chunks_mut(share);
            let own = shares.next();
            let work = |share: &mut [(usize, &mut Option<Arc<Indexed>>)]| {
                for (at, found) in share {
                    **found = draw(*at).map(Arc::new);
                }
            };
            for share in shares {
                scope.spawn(move || work(share));
            }
            own.map(work);
        });
        self.keep(wanted, &found);
        found
    }

    /// Keeps the tiles taken now, and as many of the latest others as there is room for.
    fn keep(&self, taken: Vec<Tile>, found: &[Option<Arc<Indexed>>]) {
        let mut kept = self.lock();
        kept.retain(|(tile, _)| !taken.contains(tile));
        let taken = taken.into_iter().zip(found);
        kept.extend(taken.filter_map(|(tile, found)| Some((tile, found.clone()?))));
        let sizes = kept.iter().rev().scan(0, |sum, (tile, _)| {
            *sum += tile.size.pixels();
            Some(*sum)
        });
        let fit = sizes.take_while(|sum| *sum <= ROOM).count();
        let first = kept.len() - fit;
        kept.drain(..first);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Tile, Arc<Indexed>)>> {
        // Whole tiles are added and removed, so a panic elsewhere leaves none half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
