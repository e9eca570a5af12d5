//! Slices at hand: the visible ones, and those that may be next.

use medicosam_shared::api::SliceValues;
use medicosam_shared::geometry::{Axis, SliceShape};
use medicosam_shared::packed;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Most bytes of voxel values kept.
const BYTES: usize = 48 << 20;

/// While this many slices are on their way, none is requested ahead of need: with a key held down,
/// the next slices are soon behind.
const BUSY: usize = 6;

/// A slice of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SliceId {
    /// Across this axis.
    pub axis: Axis,
    /// This one.
    pub index: u32,
}

/// Slices that are here, on their way, or could not be read.
#[derive(Debug, Clone, Default)]
pub struct Slices {
    here: BTreeMap<SliceId, Kept>,
    on_their_way: BTreeSet<SliceId>,
    failed: BTreeMap<SliceId, String>,
    bytes: usize,
    /// Grows with every look.
    time: u64,
    /// They come over a line that may be slow, reduced at first.
    pub far: bool,
}

#[derive(Debug, Clone)]
struct Kept {
    values: Arc<SliceValues>,
    used: u64,
    /// It was reduced on its way, and enlarged here.
    reduced: bool,
}

/// How a slice is requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// So that it can be seen soon.
    Soon(SliceId),
    /// All of it, after a reduced one has been seen.
    Whole(SliceId),
}

impl Wanted {
    /// The slice.
    pub fn slice(self) -> SliceId {
        match self {
            Wanted::Soon(slice) | Wanted::Whole(slice) => slice,
        }
    }
}

impl Slices {
    /// How many slices of `shape` can be kept at once.
    pub fn room(shape: SliceShape) -> usize {
        BYTES / (shape.pixels() * size_of::<f32>()).max(1)
    }

    /// Whether only a reduced form of the slice is here.
    pub fn is_reduced(&self, slice: SliceId) -> bool {
        self.here.get(&slice).is_some_and(|kept| kept.reduced)
    }

    /// The slice as it is in the file, if that is here.
    pub fn whole(&self, slice: SliceId) -> Option<&Arc<SliceValues>> {
        let kept = self.here.get(&slice).filter(|kept| !kept.reduced);
        kept.map(|kept| &kept.values)
    }

    /// The slice, whole or reduced, if it is here.
    pub fn get(&self, slice: SliceId) -> Option<&Arc<SliceValues>> {
        self.here.get(&slice).map(|kept| &kept.values)
    }

    /// Why the slice could not be read.
    pub fn failure(&self, slice: SliceId) -> Option<&str> {
        self.failed.get(&slice).map(String::as_str)
    }

    /// The slices `now` are visible, and those in `soon` may be next. Returns the slices to
    /// request, most urgent first. Over a line that may be slow all of a visible slice is requested when
    /// nothing else is on its way, so that it holds up nothing that is looked at next.
    pub fn look(&mut self, now: &[SliceId], soon: &[SliceId]) -> Vec<Wanted> {
        self.time += 1;
        for slice in now.iter().chain(soon) {
            if let Some(kept) = self.here.get_mut(slice) {
                kept.used = self.time;
            }
        }
        // A retry costs little, and the reviewer has come back to it.
        self.failed.retain(|slice, _| now.contains(slice));
        let mut wanted = Vec::new();
        for (slice, most) in now
            .iter()
            .map(|slice| (slice, usize::MAX))
            .chain(soon.iter().map(|slice| (slice, BUSY)))
        {
            let known = self.here.contains_key(slice) || self.failed.contains_key(slice);
            if !known && self.on_their_way.len() < most && self.on_their_way.insert(*slice) {
                wanted.push(Wanted::Soon(*slice));
            }
        }
        if self.on_their_way.is_empty() {
            let is_open =
                |slice: &&SliceId| self.is_reduced(**slice) && !self.failed.contains_key(*slice);
            let reduced = now.iter().find(is_open).copied();
            self.on_their_way.extend(reduced);
            wanted.extend(reduced.map(Wanted::Whole));
        }
        wanted
    }

    /// Takes in a requested slice of `shape`, which is smaller if it was reduced, and forgets the ones
    /// seen longest ago.
    pub fn arrived(
        &mut self,
        slice: SliceId,
        shape: SliceShape,
        result: Result<Arc<SliceValues>, String>,
    ) {
        self.on_their_way.remove(&slice);
        match result.and_then(|values| in_full_size(values, shape)) {
            Ok((values, reduced)) => {
                self.failed.remove(&slice);
                self.bytes += bytes(&values);
                let kept = Kept {
                    values,
                    used: self.time,
                    reduced,
                };
                if let Some(old) = self.here.insert(slice, kept) {
                    self.bytes -= bytes(&old.values);
                }
                self.forget();
            }
            Err(message) => {
                self.failed.insert(slice, message);
            }
        }
    }

    /// Forgets the slices seen longest ago, but none of the last look.
    fn forget(&mut self) {
        while self.bytes > BYTES {
            let oldest = self.here.iter().min_by_key(|(_, kept)| kept.used);
            let Some((&slice, _)) = oldest.filter(|(_, kept)| kept.used < self.time) else {
                return;
            };
            if let Some(old) = self.here.remove(&slice) {
                self.bytes -= bytes(&old.values);
            }
        }
    }

    /// Forgets failures, so that the slices are asked for again.
    pub fn try_again(&mut self) {
        self.failed.clear();
    }
}

/// The values in the size of the slice, and whether they were reduced on their way.
fn in_full_size(
    values: Arc<SliceValues>,
    shape: SliceShape,
) -> Result<(Arc<SliceValues>, bool), String> {
    if values.shape == shape {
        return Ok((values, false));
    }
    let by = packed::reduction(shape);
    if values.shape != packed::reduced_shape(shape, by) {
        let SliceShape { width, height } = values.shape;
        return Err(format!(
            "the daemon sent {width}×{height} pixels of a slice of {}×{}",
            shape.width, shape.height
        ));
    }
    let whole = match &values.colours {
        Some(colours) => SliceValues::coloured(shape, packed::enlarge_colours(colours, by, shape)),
        None => SliceValues::grey(shape, packed::enlarge(&values.values, by, shape)),
    };
    Ok((Arc::new(whole), true))
}

fn bytes(values: &SliceValues) -> usize {
    let colours = values.colours.as_ref().map_or(0, Vec::len);
    values.values.len() * size_of::<f32>() + colours * size_of::<[u8; 3]>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(side: u32) -> Arc<SliceValues> {
        let shape = SliceShape {
            width: side,
            height: side,
        };
        Arc::new(SliceValues::grey(shape, vec![0.0; shape.pixels()]))
    }

    fn slice(index: u32) -> SliceId {
        SliceId {
            axis: Axis::K,
            index,
        }
    }

    fn look(slices: &mut Slices, now: u32, soon: impl IntoIterator<Item = u32>) -> Vec<u32> {
        let soon: Vec<SliceId> = soon.into_iter().map(slice).collect();
        let wanted = slices.look(&[slice(now)], &soon);
        wanted.into_iter().map(|w| w.slice().index).collect()
    }

    const SIDE: SliceShape = SliceShape {
        width: 1024,
        height: 1024,
    };

    #[test]
    fn over_a_slow_line_a_reduced_slice_comes_first_and_all_of_it_when_nothing_else_is_wanted() {
        let mut slices = Slices {
            far: true,
            ..Slices::default()
        };
        let wanted = slices.look(&[slice(4)], &[slice(5)]);
        assert_eq!(wanted, [Wanted::Soon(slice(4)), Wanted::Soon(slice(5))]);
        slices.arrived(slice(4), SIDE, Ok(values(128)));
        assert!(slices.is_reduced(slice(4)) && slices.whole(slice(4)).is_none());
        assert_eq!(
            slices.get(slice(4)).unwrap().shape,
            SIDE,
            "as large as the slice"
        );
        assert_eq!(
            slices.look(&[slice(4)], &[slice(5)]),
            [],
            "the other is on its way"
        );
        slices.arrived(slice(5), SIDE, Ok(values(128)));
        let wanted = slices.look(&[slice(4)], &[slice(5)]);
        assert_eq!(wanted, [Wanted::Whole(slice(4))]);
        assert_eq!(slices.look(&[slice(5)], &[]), [], "one at a time");
        slices.arrived(slice(4), SIDE, Ok(values(1024)));
        assert!(!slices.is_reduced(slice(4)) && slices.whole(slice(4)).is_some());
        assert_eq!(slices.look(&[slice(5)], &[]), [Wanted::Whole(slice(5))]);
    }

    #[test]
    fn a_reduced_slice_is_known_as_one_whatever_its_sides() {
        let thin = SliceShape {
            width: 9,
            height: 512,
        };
        let by = packed::reduction(thin);
        let small = packed::reduced_shape(thin, by);
        assert_eq!((by, small.width, small.height), (4, 3, 128));
        let sent = SliceValues::grey(small, vec![0.0; small.pixels()]);
        let mut slices = Slices {
            far: true,
            ..Slices::default()
        };
        slices.arrived(slice(4), thin, Ok(Arc::new(sent)));
        assert_eq!(slices.get(slice(4)).map(|v| v.shape), Some(thin));
        assert!(slices.whole(slice(4)).is_none());
    }

    #[test]
    fn a_slice_of_another_size_is_a_failure() {
        let mut slices = Slices::default();
        slices.arrived(slice(4), SIDE, Ok(values(512)));
        assert!(slices.get(slice(4)).is_none());
        let said = slices.failure(slice(4)).unwrap();
        assert!(
            said.contains("512×512") && said.contains("1024×1024"),
            "{said}"
        );
    }

    #[test]
    fn each_slice_is_asked_for_once_the_one_that_is_looked_at_first() {
        let mut slices = Slices::default();
        assert_eq!(look(&mut slices, 1, [2, 0]), [1, 2, 0]);
        assert_eq!(look(&mut slices, 2, [3, 1]), [3]);
        slices.arrived(slice(2), values(2).shape, Ok(values(2)));
        assert_eq!(look(&mut slices, 2, [3, 1]), [0; 0]);
        assert!(slices.get(slice(2)).is_some() && slices.get(slice(3)).is_none());
        let coronal = SliceId {
            axis: Axis::J,
            index: 2,
        };
        assert_eq!(slices.look(&[coronal], &[]), [Wanted::Soon(coronal)]);
    }

    #[test]
    fn nothing_is_asked_for_ahead_while_much_is_on_its_way() {
        let mut slices = Slices::default();
        for index in 0..10 {
            look(&mut slices, index, []);
        }
        assert_eq!(look(&mut slices, 10, [11, 12]), [10]);
    }

    #[test]
    fn what_failed_is_asked_again_when_it_is_come_back_to() {
        let mut slices = Slices::default();
        look(&mut slices, 0, []);
        slices.arrived(slice(0), SIDE, Err("disk".into()));
        assert_eq!(slices.failure(slice(0)), Some("disk"));
        assert_eq!(look(&mut slices, 0, []), [0; 0]);
        assert_eq!(look(&mut slices, 1, [0]), [1, 0]);
        slices.arrived(slice(1), SIDE, Err("disk".into()));
        slices.try_again();
        assert_eq!(look(&mut slices, 1, []), [1]);
    }

    #[test]
    fn only_so_much_is_kept_but_always_what_is_looked_at() {
        let mut slices = Slices::default();
        for index in 0..100 {
            for asked in look(&mut slices, index, [index + 1]) {
                slices.arrived(slice(asked), SIDE, Ok(values(1024)));
            }
            assert!(slices.bytes <= BYTES && slices.get(slice(index)).is_some());
        }
        assert_eq!(slices.here.len(), 12);
        let all: Vec<SliceId> = (200..220).map(slice).collect();
        for asked in slices.look(&all, &[]) {
            slices.arrived(asked.slice(), SIDE, Ok(values(1024)));
        }
        assert!(all.iter().all(|s| slices.get(*s).is_some()));
    }
}
