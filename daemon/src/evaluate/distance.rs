//! Exact Euclidean distances on a grid of three axes.

/// Values at the nodes of a grid; its axes are slice, row and column, the last one fastest in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid<T> {
    sides: [usize; 3],
    values: Vec<T>,
}

impl<T: Copy> Grid<T> {
    /// A grid of these sides whose value at a node is `value(node)`.
    pub fn from_fn(sides: [usize; 3], value: impl FnMut([usize; 3]) -> T) -> Self {
        let [slices, rows, columns] = sides;
        let nodes = (0..slices)
            .flat_map(|z| (0..rows).flat_map(move |y| (0..columns).map(move |x| [z, y, x])));
        Grid {
            sides,
            values: nodes.map(value).collect(),
        }
    }

    /// Its nodes along slices, rows and columns.
    pub fn sides(&self) -> [usize; 3] {
        self.sides
    }

    /// The values, the last axis fastest.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// The value at a node.
    pub fn at(&self, node: [usize; 3]) -> T {
        self.values[index(self.sides, node)]
    }

    /// The node of the value with this index.
    pub fn node(&self, index: usize) -> [usize; 3] {
        let [_, rows, columns] = self.sides;
        [
            index / (rows * columns),
            index / columns % rows,
            index % columns,
        ]
    }
}

fn index([_, rows, columns]: [usize; 3], [z, y, x]: [usize; 3]) -> usize {
    (z * rows + y) * columns + x
}

/// Distance of each node from the nearest one that is set; infinite if none is. `spacing` lies between
/// neighbours along each axis.
///
/// The lower envelope of parabolas, one axis after the other (Felzenszwalb and Huttenlocher, "Distance
/// transforms of sampled functions", 2012). It carries the nearest node along, and the distance is
/// computed from that at the end, so that it has no error but that of one square root.
pub fn to_nearest(set: &Grid<bool>, spacing: [f64; 3]) -> Grid<f64> {
    let sides = set.sides;
    let mut nearest: Vec<Option<usize>> = Vec::with_capacity(set.values.len());
    nearest.extend(
        set.values
            .iter()
            .enumerate()
            .map(|(at, &is)| is.then_some(at)),
    );
    let squared = |a: [usize; 3], b: [usize; 3]| -> f64 {
        let along = |axis: usize| (a[axis].abs_diff(b[axis]) as f64 * spacing[axis]).powi(2);
        along(0) + along(1) + along(2)
    };
    for axis in [2, 1, 0] {
        let [stride, length] = [[sides[1] * sides[2], sides[2], 1][axis], sides[axis]];
        let starts = (0..set.values.len()).filter(|at| at / stride % length == 0);
        for start in starts {
            let line: Vec<Option<usize>> =
                (0..length).map(|at| nearest[start + at * stride]).collect();
            let offset = |at: usize| {
                // The distance to the nearest node in the axes that were done before.
                let from = line[at]?;
                Some(squared(set.node(start + at * stride), set.node(from)))
            };
            let offsets: Vec<Option<f64>> = (0..length).map(offset).collect();
            for (at, owner) in envelope(&offsets, spacing[axis]).into_iter().enumerate() {
                nearest[start + at * stride] = line[owner];
            }
        }
    }
    let distance = |(at, from): (usize, &Option<usize>)| {
        from.map_or(f64::INFINITY, |from| {
            squared(set.node(at), set.node(from)).sqrt()
        })
    };
    Grid {
        sides,
        values: nearest.iter().enumerate().map(distance).collect(),
    }
}

/// For each place on a line the place whose parabola is lowest there; itself where no place has one.
fn envelope(offsets: &[Option<f64>], step: f64) -> Vec<usize> {
    let square = |at: usize| (at as f64 * step).powi(2);
    // Places of the lowest parabolas, and from where on each is the lowest.
    let mut lowest: Vec<(usize, f64, f64)> = Vec::new();
    for (at, offset) in offsets.iter().enumerate() {
        let Some(offset) = *offset else { continue };
        let from = loop {
            let Some(&(before, its_offset, since)) = lowest.last() else {
                break f64::NEG_INFINITY;
            };
            let rise = offset + square(at) - its_offset - square(before);
            let meets = rise / (2.0 * step * step * (at - before) as f64);
            if meets > since {
                break meets;
            }
            lowest.pop();
        };
        lowest.push((at, offset, from));
    }
    let mut owner = 0;
    let of_place = |at: usize| {
        while lowest.get(owner + 1).is_some_and(|next| next.2 < at as f64) {
            owner += 1;
        }
        lowest.get(owner).map_or(at, |lowest| lowest.0)
    };
    (0..offsets.len()).map(of_place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn without_a_node_that_is_set_all_are_infinitely_far() {
        let none = Grid::from_fn([2, 3, 4], |_| false);
        let far = to_nearest(&none, [1.0; 3]);
        assert!(far.values().iter().all(|d| d.is_infinite()));
    }

    proptest! {
        #[test]
        fn distances_are_those_of_trying_every_node(
            set in prop::collection::vec(prop::bool::weighted(0.1), 4 * 5 * 6),
            spacing in prop::array::uniform3(0.3f64..7.0),
        ) {
            let sides = [4, 5, 6];
            let grid = Grid { sides, values: set };
            let found = to_nearest(&grid, spacing);
            for at in 0..grid.values.len() {
                let node = grid.node(at);
                prop_assert_eq!(index(sides, node), at);
                let set = (0..grid.values.len()).filter(|&other| grid.values[other]);
                let distances = set.map(|other| {
                    let other = grid.node(other);
                    let along = |axis: usize| (node[axis].abs_diff(other[axis]) as f64 * spacing[axis]).powi(2);
                    (along(0) + along(1) + along(2)).sqrt()
                });
                let least = distances.fold(f64::INFINITY, f64::min);
                let near = found.at(node);
                prop_assert!(near == least || (near - least).abs() < 1e-9, "{near} {least}");
            }
        }
    }
}
