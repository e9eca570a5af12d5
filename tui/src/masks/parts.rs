//! Connected parts of a mask.

use super::bars::Bar;

/// Number of parts that do not touch one another by a face of a voxel. `bars` come slice by slice,
/// row by row, from left to right.
pub(super) fn parts(bars: impl Iterator<Item = Bar>) -> usize {
    let mut forest = Forest::default();
    // Rows of the slice before and of this one: row, number of its first bar, its bars.
    let (mut before, mut here): (Vec<Row>, Vec<Row>) = Default::default();
    let mut slice = None;
    for bar in bars {
        if slice != Some(bar.slice) {
            let follows = slice.is_some_and(|s| s + 1 == bar.slice);
            before = std::mem::take(&mut here);
            if !follows {
                before.clear();
            }
            slice = Some(bar.slice);
        }
        let number = forest.add();
        if here.last().is_none_or(|row| row.row != bar.row) {
            here.push(Row {
                row: bar.row,
                bars: Vec::new(),
            });
        }
        let above = here.len().checked_sub(2).map(|at| &here[at]);
        let above = above.filter(|row| row.row + 1 == bar.row);
        let behind = before.binary_search_by_key(&bar.row, |row| row.row);
        let behind = behind.ok().map(|at| &before[at]);
        for row in above.into_iter().chain(behind) {
            for other in row.touching(bar) {
                forest.join(number, other);
            }
        }
        if let Some(row) = here.last_mut() {
            // Runs with nothing between them are one.
            let left = row.bars.last().filter(|&&(_, end, _)| end == bar.start);
            if let Some(&(.., other)) = left {
                forest.join(number, other);
            }
            row.bars.push((bar.start, bar.end, number));
        }
    }
    forest.trees
}

struct Row {
    row: u32,
    /// Start, end and number of each bar.
    bars: Vec<(u32, u32, usize)>,
}

impl Row {
    /// The bars that share a column with `bar`.
    fn touching(&self, bar: Bar) -> impl Iterator<Item = usize> + '_ {
        let first = self.bars.partition_point(|&(_, end, _)| end <= bar.start);
        self.bars[first..]
            .iter()
            .take_while(move |&&(start, ..)| start < bar.end)
            .map(|&(.., number)| number)
    }
}

/// Disjoint sets: each member points towards the root of its tree.
#[derive(Default)]
struct Forest {
    towards: Vec<usize>,
    trees: usize,
}

impl Forest {
    fn add(&mut self) -> usize {
        self.towards.push(self.towards.len());
        self.trees += 1;
        self.towards.len() - 1
    }

    fn root(&mut self, mut at: usize) -> usize {
        while self.towards[at] != at {
            self.towards[at] = self.towards[self.towards[at]];
            at = self.towards[at];
        }
        at
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        if a != b {
            self.towards[a] = b;
            self.trees -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::bars::bars;
    use super::super::testing::random_set;
    use super::*;
    use medicosam_shared::mask::MaskSet;
    use proptest::prelude::*;

    /// Parts by flooding the label map.
    fn flooded(set: &MaskSet) -> usize {
        let mut map = set.label_map().unwrap();
        let dims = set.dims.0.map(i64::from);
        let at = |v: [i64; 3]| (v[0] + dims[0] * (v[1] + dims[1] * v[2])) as usize;
        let mut parts = 0;
        for start in 0..map.len() as i64 {
            let first = [
                start % dims[0],
                start / dims[0] % dims[1],
                start / dims[0] / dims[1],
            ];
            if map[at(first)] == 0 {
                continue;
            }
            parts += 1;
            let mut open = vec![first];
            while let Some(voxel) = open.pop() {
                map[at(voxel)] = 0;
                for axis in 0..3 {
                    for step in [-1, 1] {
                        let mut next = voxel;
                        next[axis] += step;
                        if (0..dims[axis]).contains(&next[axis]) && map[at(next)] != 0 {
                            open.push(next);
                        }
                    }
                }
            }
        }
        parts
    }

    proptest! {
        #[test]
        fn parts_are_those_that_flooding_finds(set in random_set()) {
            prop_assert_eq!(parts(bars(&set, &set.objects[0])), flooded(&set));
        }
    }
}
