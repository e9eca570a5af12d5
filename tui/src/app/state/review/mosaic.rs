//! Which slices a mosaic shows.

use super::Review;
use super::slices::Slices;

/// Most slices in a mosaic.
const TILES: usize = 24;

impl Review {
    /// The slices of a mosaic: evenly spaced from just before the masks to just behind them, or
    /// through the whole scan without any.
    pub fn tiles(&self) -> Vec<u32> {
        let Some(stack) = self.stack() else {
            return Vec::new();
        };
        let masked = self.mask_slices();
        let hull = masked.first().zip(masked.last());
        let range = hull.map_or(0..stack.count(), |(first, last)| {
            first.saturating_sub(1)..(last + 2).min(stack.count())
        });
        let most = Slices::room(stack.shape()).clamp(1, TILES);
        let step = range.len().div_ceil(most).max(1);
        range.step_by(step).collect()
    }

    /// The tile of a mosaic that is selected: the one nearest to the current slice.
    pub fn tile(&self) -> Option<u32> {
        let index = self.index();
        let tiles = self.tiles().into_iter();
        tiles.min_by_key(|tile| tile.abs_diff(index))
    }
}
