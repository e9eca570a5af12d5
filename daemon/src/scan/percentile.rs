//! Percentiles of all voxels, exact, without a copy of them.
//!
//! Each voxel has a key, a whole number that sorts as the values do ([`Voxel::to_key`]). The keys
//! are counted by their highest 16 bits; within the one bin that holds the wanted rank they are
//! counted by the next 16 bits, and so on (a radix selection). Voxels of 8 and 16 bits take one
//! pass, those of 32 and 64 bits a few more; the memory is a table of 65536 counts for each.

use super::header::Scale;
use super::voxels::Voxel;

/// Bits counted in one pass.
const DIGIT: u32 = 16;

/// The values at the two percentiles (0..100) of the finite values strictly above the smallest
/// one, by linear interpolation as numpy's default; see [`super::Volume::range`] for the rest.
pub(super) fn percentiles<T: Voxel>(voxels: &[T], [low, high]: [f64; 2], scale: Scale) -> [f64; 2] {
    // Slices are f32, so values beyond its range need no shades of their own; and scaling must not
    // make an infinity of what was finite.
    let value = |key: u64| {
        let max = f64::from(f32::MAX);
        scale.apply(T::from_key(key)).clamp(-max, max)
    };
    let Some(extremes) = Extremes::of(voxels) else {
        // Nothing that could be shown.
        return [0.0, 1.0];
    };
    // With a negative slope the smallest value is the largest voxel.
    let ascending = scale.slope > 0.0;
    let (background, left_out) = if ascending {
        extremes.smallest
    } else {
        extremes.largest
    };
    let smallest = value(background);
    let count = extremes.count - left_out;
    if count == 0 {
        return [smallest, smallest + 1.0];
    }
    let first = if ascending { left_out } else { 0 };
    let mut counts = Counts::new(voxels);
    let mut at = |percent: f64| {
        let percent = if ascending { percent } else { 100.0 - percent };
        // Place among the sorted values, between two of them.
        let place = percent / 100.0 * (count - 1) as f64;
        let below = (place.floor() as u64).min(count - 1);
        let above = (below + 1).min(count - 1);
        let [a, b] = [below, above].map(|rank| value(counts.key(first + rank)));
        let t = place - below as f64;
        // numpy goes from the nearer end, which rounds differently.
        if t < 0.5 {
            a + (b - a) * t
        } else {
            b - (b - a) * (1.0 - t)
        }
    };
    let [low, high] = [at(low), at(high)];
    if high > low {
        [low, high]
    } else {
        [smallest, high]
    }
}

/// The ends of the finite values.
struct Extremes {
    /// Number of finite values.
    count: u64,
    /// Key of the smallest one, and how often it occurs.
    smallest: (u64, u64),
    /// The same of the largest one.
    largest: (u64, u64),
}

impl Extremes {
    /// `None` if no value is finite.
    fn of<T: Voxel>(voxels: &[T]) -> Option<Self> {
        let keys = || voxels.iter().filter_map(|v| v.to_key());
        let (count, min, max) = keys().fold((0, u64::MAX, 0), |(count, min, max), key| {
            (count + 1, key.min(min), key.max(max))
        });
        if count == 0 {
            return None;
        }
        let (mut at_min, mut at_max) = (0, 0);
        for key in keys() {
            at_min += u64::from(key == min);
            at_max += u64::from(key == max);
        }
        Some(Extremes {
            count,
            smallest: (min, at_min),
            largest: (max, at_max),
        })
    }
}

/// Counts of keys by their first bits, remembered from one question to the next.
struct Counts<'a, T> {
    voxels: &'a [T],
    /// Bits of the key, prefix (the bits before), counts by the next digit.
    tables: Vec<(u32, u64, Vec<u64>)>,
}

impl<'a, T: Voxel> Counts<'a, T> {
    fn new(voxels: &'a [T]) -> Self {
        Counts {
            voxels,
            tables: Vec::new(),
        }
    }

    /// The key of the value with `rank` finite values before it in sorted order.
    fn key(&mut self, mut rank: u64) -> u64 {
        let mut prefix = 0;
        let mut left = T::BYTES as u32 * 8;
        while left > 0 {
            let digit = left.min(DIGIT);
            left -= digit;
            let table = self.table(left, digit, prefix);
            let mut bin = 0;
            for (at, &count) in table.iter().enumerate() {
                bin = at as u64;
                if rank < count {
                    break;
                }
                rank -= count;
            }
            prefix = prefix << digit | bin;
        }
        prefix
    }

    /// How many keys that start with `prefix` go on with each value of the next `digit` bits,
    /// after which `left` bits remain.
    fn table(&mut self, left: u32, digit: u32, prefix: u64) -> &[u64] {
        let known = self
            .tables
            .iter()
            .position(|&(l, p, _)| (l, p) == (left, prefix));
        let at = known.unwrap_or_else(|| {
            let mut table = vec![0u64; 1 << digit];
            let mask = (1u64 << digit) - 1;
            for key in self.voxels.iter().filter_map(|v| v.to_key()) {
                let bits = key >> left;
                // A prefix of no bits is 0, and so is the key once all its bits are shifted out.
                if bits >> digit == prefix {
                    table[(bits & mask) as usize] += 1;
                }
            }
            self.tables.push((left, prefix, table));
            self.tables.len() - 1
        });
        &self.tables[at].2
    }
}
