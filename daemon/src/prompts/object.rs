//! What is asked about one object: 3-D boxes as spans, everything else slice by slice.

use super::between::between;
use super::place::{VoxelBox, VoxelPoint};
use crate::segment::propagation::Span;
use medicosam_shared::geometry::Axis;
use medicosam_shared::place::Place;
use medicosam_shared::prompt::{Label, SliceBox, SlicePoint, SlicePrompt};
use std::collections::{BTreeMap, BTreeSet};

/// What is asked about one object of a scan.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectPrompts {
    /// The object.
    pub label: Label,
    /// Its name in the label table.
    pub name: String,
    /// Its 3-D boxes, of at least two slices each; no two of them share a slice.
    pub spans: Vec<Span>,
    /// The prompts on slices outside the spans.
    pub slices: BTreeMap<u32, SlicePrompt>,
    /// Those of these slices whose box was made of the boxes on other slices.
    pub between: BTreeSet<u32>,
}

impl ObjectPrompts {
    /// An object without prompts.
    pub fn new(label: Label, name: String) -> Self {
        ObjectPrompts {
            label,
            name,
            spans: Vec::new(),
            slices: BTreeMap::new(),
            between: BTreeSet::new(),
        }
    }

    /// Adds a box. `boxes` of an object share no slice across `axis`. A box of a single slice is a
    /// prompt on that slice.
    pub(super) fn add_box(&mut self, bbox: &VoxelBox, axis: Axis) {
        let (columns, rows) = axis.in_plane();
        let (columns, rows, along) = (columns.index(), rows.index(), axis.index());
        let rectangle = SliceBox {
            x0: bbox.min[columns],
            y0: bbox.min[rows],
            x1: bbox.max[columns],
            y1: bbox.max[rows],
        };
        self.add_span(Span {
            label: self.label,
            bbox: rectangle,
            slices: bbox.min[along]..bbox.max[along],
            points: BTreeMap::new(),
        });
    }

    /// Puts a box on each slice between those that have one, instead of spans.
    pub(super) fn fill_between(&mut self) {
        for span in std::mem::take(&mut self.spans) {
            self.slices.extend(span.prompts().map(|p| (p.index, p)));
        }
        let known = self.slices.iter();
        let known = known.filter_map(|(index, prompt)| Some((*index, prompt.bbox?)));
        for (index, rectangle) in between(&known.collect()) {
            self.on_slice(index).bbox = Some(rectangle);
            self.between.insert(index);
        }
    }

    /// Adds a point to its slice. Boxes come before points.
    pub(super) fn add_point(&mut self, point: &VoxelPoint, axis: Axis) {
        let (columns, rows) = axis.in_plane();
        let index = point.at[axis.index()];
        let on_slice = SlicePoint {
            x: point.at[columns.index()],
            y: point.at[rows.index()],
            positive: point.positive,
        };
        match self.spans.iter_mut().find(|s| s.slices.contains(&index)) {
            Some(span) => span.points.entry(index).or_default().push(on_slice),
            None => self.on_slice(index).points.push(on_slice),
        }
    }

    /// Puts a rectangle on a slice that has none yet.
    pub(super) fn add_rectangle(&mut self, index: u32, rectangle: Option<SliceBox>) {
        let prompt = self.on_slice(index);
        prompt.bbox = prompt.bbox.or(rectangle);
    }

    /// Whether it has any box.
    pub(super) fn has_boxes(&self) -> bool {
        !self.spans.is_empty() || self.slices.values().any(|prompt| prompt.bbox.is_some())
    }

    /// The prompt on each slice, those of the spans included, in slice order.
    pub fn by_slice(&self) -> impl Iterator<Item = SlicePrompt> + use<> {
        let mut slices = self.slices.clone();
        let of_spans = self.spans.iter().flat_map(Span::prompts);
        slices.extend(of_spans.map(|prompt| (prompt.index, prompt)));
        slices.into_values()
    }

    /// Number of slices that something is asked about.
    pub fn slice_count(&self) -> usize {
        let spans = self.spans.iter();
        self.slices.len() + spans.map(|span| span.slices.len()).sum::<usize>()
    }

    /// The slice with the most points, and how many.
    pub fn most_points(&self) -> Option<(u32, usize)> {
        let alone = self
            .slices
            .iter()
            .map(|(index, on)| (*index, on.points.len()));
        let spans = self.spans.iter().flat_map(|span| &span.points);
        let in_spans = spans.map(|(index, points)| (*index, points.len()));
        alone.chain(in_spans).max_by_key(|(_, count)| *count)
    }

    /// The same without what is asked at these places. A span that loses slices falls apart into
    /// the runs that are left.
    #[must_use]
    pub fn without(self, places: &BTreeSet<Place>) -> Self {
        let label = self.label;
        let stays = |index: u32| !places.contains(&Place::new(label, index));
        let mut left = ObjectPrompts {
            spans: Vec::new(),
            ..self
        };
        left.slices.retain(|&index, _| stays(index));
        left.between.retain(|&index| stays(index));
        for span in self.spans.iter().flat_map(|span| span.runs(stays)) {
            left.add_span(span);
        }
        left
    }

    /// A span of one slice is a prompt on that slice.
    fn add_span(&mut self, span: Span) {
        match span.slices.len() {
            0 => {}
            1 => self.slices.extend(span.prompts().map(|p| (p.index, p))),
            _ => self.spans.push(span),
        }
    }

    fn on_slice(&mut self, index: u32) -> &mut SlicePrompt {
        let place = Place::new(self.label, index);
        let entry = self.slices.entry(index);
        entry.or_insert_with(|| SlicePrompt::nothing(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn object() -> ObjectPrompts {
        ObjectPrompts::new(Label::MIN, "nodule".to_owned())
    }

    fn point(at: [u32; 3]) -> VoxelPoint {
        VoxelPoint { at, positive: true }
    }

    #[test]
    fn a_volume_box_becomes_its_rectangle_on_each_of_its_slices() {
        let prompts = |axis| -> Vec<SlicePrompt> {
            let mut object = object();
            let bbox = VoxelBox {
                min: [10, 20, 5],
                max: [14, 28, 7],
            };
            object.add_box(&bbox, axis);
            object.add_point(&point([11, 22, 9]), axis);
            object.by_slice().collect()
        };
        let k = prompts(Axis::K);
        assert_eq!(k.iter().map(|s| s.index).collect::<Vec<_>>(), [5, 6, 9]);
        let rectangle = |x0, y0, x1, y1| Some(SliceBox { x0, y0, x1, y1 });
        assert_eq!(k[0].bbox, rectangle(10, 20, 14, 28));
        let at = (k[2].bbox, k[2].points[0].x, k[2].points[0].y);
        assert_eq!(at, (None, 11, 22));
        let i = prompts(Axis::I);
        assert_eq!(i.len(), 4);
        assert_eq!(i[0].bbox, rectangle(20, 5, 28, 7));
        assert_eq!((i[1].points[0].x, i[1].points[0].y), (22, 9));
    }

    #[test]
    fn only_a_box_of_several_slices_is_a_span_however_its_neighbours_look() {
        let bbox = |first, end| VoxelBox {
            min: [1, 2, first],
            max: [8, 9, end],
        };
        let mut object = object();
        for (first, end) in [(2, 3), (3, 4), (4, 7)] {
            object.add_box(&bbox(first, end), Axis::K);
        }
        for k in [5, 5, 12] {
            object.add_point(&point([3, 3, k]), Axis::K);
        }
        let spans: Vec<_> = object.spans.iter().map(|s| s.slices.clone()).collect();
        assert_eq!(
            spans,
            vec![4u32..7],
            "equal boxes side by side are not one box"
        );
        assert_eq!(object.spans[0].points(5).len(), 2);
        let single: Vec<u32> = object.slices.keys().copied().collect();
        assert_eq!(single, [2, 3, 12]);
        assert!(object.has_boxes());
    }

    #[test]
    fn between_boxes_on_a_few_slices_there_is_one_on_each() {
        let mut object = object();
        let bbox = |x, first, end| VoxelBox {
            min: [x, 2, first],
            max: [x + 4, 9, end],
        };
        for bbox in [bbox(0, 1, 3), bbox(6, 5, 6)] {
            object.add_box(&bbox, Axis::K);
        }
        object.fill_between();
        object.add_point(&point([3, 3, 4]), Axis::K);
        let asked: Vec<_> = object
            .by_slice()
            .map(|prompt| (prompt.index, prompt.bbox.unwrap().x0, prompt.points.len()))
            .collect();
        assert_eq!(
            asked,
            [(1, 0, 0), (2, 0, 0), (3, 2, 0), (4, 4, 1), (5, 6, 0)]
        );
        assert!(object.spans.is_empty());
        assert_eq!(object.between, [3, 4].into());
        let left = object.without(&[Place::new(Label::MIN, 3)].into());
        assert_eq!(left.between, [4].into());
    }

    #[test]
    fn a_span_falls_apart_around_the_slices_that_a_person_has_segmented() {
        let mut object = object();
        let bbox = VoxelBox {
            min: [1, 2, 0],
            max: [8, 9, 9],
        };
        object.add_box(&bbox, Axis::K);
        object.add_point(&point([3, 3, 4]), Axis::K);
        let edited = [3, 5, 8].map(|index| Place::new(Label::MIN, index)).into();
        let left = object.without(&edited);
        let spans: Vec<_> = left.spans.iter().map(|s| s.slices.clone()).collect();
        assert_eq!(spans, [0..3, 6..8]);
        assert!(left.spans[0].points.is_empty());
        assert_eq!(left.slices.keys().collect::<Vec<_>>(), [&4]);
        assert_eq!(left.slices[&4].points.len(), 1);
        assert!(left.slices[&4].bbox.is_some());
    }

    proptest! {
        #[test]
        fn what_is_left_is_what_was_asked_elsewhere(
            boxes in prop::collection::vec((0u32..6, 1u32..6), 0..5),
            points in prop::collection::vec(0u32..40, 0..8),
            edited in prop::collection::btree_set(0u32..40, 0..12),
        ) {
            let mut object = object();
            let mut end = 0;
            for (gap, length) in boxes {
                let first = end + gap;
                end = first + length;
                let bbox = VoxelBox { min: [1, 2, first], max: [8, 9, end] };
                object.add_box(&bbox, Axis::K);
            }
            for k in points {
                object.add_point(&point([3, 3, k]), Axis::K);
            }
            let expected: Vec<SlicePrompt> = object
                .by_slice()
                .filter(|prompt| !edited.contains(&prompt.index))
                .collect();
            let places = edited.iter().map(|&index| Place::new(Label::MIN, index)).collect();
            let left = object.without(&places);
            prop_assert_eq!(left.by_slice().collect::<Vec<_>>(), expected);
            prop_assert!(left.spans.iter().all(|span| span.slices.len() > 1));
            let in_spans = |index: &u32| left.spans.iter().any(|s| s.slices.contains(index));
            prop_assert!(!left.slices.keys().any(in_spans));
        }
    }
}
