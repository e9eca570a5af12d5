//! Slices at hand: those around the one that is looked at.

use medicosam_shared::api::SliceValues;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Slices asked for ahead, on either side.
const AHEAD: u32 = 3;

/// Most slices kept on either side.
const KEPT: u32 = 16;

/// Most bytes of voxel values kept, roughly.
const BYTES: usize = 48 << 20;

/// Slices that are here, on their way, or could not be read.
#[derive(Debug, Clone, Default)]
pub struct Slices {
    here: BTreeMap<u32, Arc<SliceValues>>,
    on_their_way: BTreeSet<u32>,
    failed: BTreeMap<u32, String>,
}

impl Slices {
    /// The slice, if it is here.
    pub fn get(&self, index: u32) -> Option<&Arc<SliceValues>> {
        self.here.get(&index)
    }

    /// Why the slice could not be read.
    pub fn failure(&self, index: u32) -> Option<&str> {
        self.failed.get(&index).map(String::as_str)
    }

    /// Looks at slice `index` of `count`: forgets what is far away, and returns what to ask for,
    /// the slice itself first, then its neighbours.
    pub fn look(&mut self, index: u32, count: u32) -> Vec<u32> {
        let bytes = self
            .here
            .values()
            .next()
            .map_or(1, |s| s.values.len() * size_of::<f32>());
        let fit = u32::try_from(BYTES / bytes.max(1) / 2).unwrap_or(u32::MAX);
        let kept = fit.clamp(AHEAD.min(1), KEPT);
        self.here.retain(|n, _| n.abs_diff(index) <= kept);
        // Trying again costs little, and the reviewer has come back to it.
        self.failed.retain(|n, _| *n == index);

        let around = (1..=AHEAD.min(kept)).flat_map(|step| {
            [index.checked_add(step), index.checked_sub(step)]
                .into_iter()
                .flatten()
        });
        let missing: Vec<u32> = std::iter::once(index)
            .chain(around)
            .filter(|n| *n < count && !self.here.contains_key(n) && !self.on_their_way.contains(n))
            .filter(|n| !self.failed.contains_key(n))
            .collect();
        self.on_their_way.extend(&missing);
        missing
    }

    /// Takes in what was asked for.
    pub fn arrived(&mut self, index: u32, result: Result<Arc<SliceValues>, String>) {
        self.on_their_way.remove(&index);
        match result {
            Ok(values) => {
                self.failed.remove(&index);
                self.here.insert(index, values);
            }
            Err(message) => {
                self.failed.insert(index, message);
            }
        }
    }

    /// Forgets failures, so that the slices are asked for again.
    pub fn try_again(&mut self) {
        self.failed.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use medicosam_shared::geometry::SliceShape;

    fn values(side: u32) -> Arc<SliceValues> {
        let shape = SliceShape {
            width: side,
            height: side,
        };
        Arc::new(SliceValues {
            shape,
            values: vec![0.0; shape.pixels()],
        })
    }

    #[test]
    fn the_slice_comes_first_then_its_neighbours_each_once() {
        let mut slices = Slices::default();
        assert_eq!(slices.look(1, 6), [1, 2, 0, 3, 4]);
        assert_eq!(slices.look(2, 6), [5]);
        slices.arrived(2, Ok(values(2)));
        assert_eq!(slices.look(2, 6), [0; 0]);
        assert!(slices.get(2).is_some() && slices.get(3).is_none());
    }

    #[test]
    fn what_failed_is_asked_again_when_it_is_come_back_to() {
        let mut slices = Slices::default();
        slices.look(0, 2);
        slices.arrived(0, Err("disk".into()));
        assert_eq!(slices.failure(0), Some("disk"));
        assert_eq!(slices.look(0, 2), [0; 0]);
        assert_eq!(slices.look(1, 2), [0]);
        slices.arrived(1, Err("disk".into()));
        slices.try_again();
        assert_eq!(slices.look(1, 2), [1]);
    }

    #[test]
    fn only_so_much_is_kept() {
        let mut slices = Slices::default();
        for index in 0..100 {
            for asked in slices.look(index, 100) {
                slices.arrived(asked, Ok(values(4)));
            }
        }
        assert_eq!(slices.here.len() as u32, KEPT + 1);
        let mut large = Slices::default();
        for index in 0..20 {
            for asked in large.look(index, 20) {
                large.arrived(asked, Ok(values(2048)));
            }
        }
        assert!(
            large.here.len() <= 5,
            "{} slices of 16 MiB",
            large.here.len()
        );
    }
}
