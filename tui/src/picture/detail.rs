//! How finely a picture is made, and what to leave out where it must have fewer bytes.

use super::{GreyLevels, Indexed, Palette, Size};

/// How finely a picture is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Detail {
    /// Its greys.
    pub greys: GreyLevels,
    /// Two by two pixels have the same colour.
    pub coarse: bool,
}

impl Detail {
    /// All pixels, in so many greys.
    pub fn full(greys: GreyLevels) -> Self {
        Detail {
            greys,
            coarse: false,
        }
    }

    /// The next to try where a picture has too many bytes: fewer greys, and when there are none to
    /// spare, fewer pixels.
    pub fn less(self) -> Option<Self> {
        match self.greys.fewer() {
            Some(greys) => Some(Detail { greys, ..self }),
            None if !self.coarse => Some(Detail {
                coarse: true,
                ..self
            }),
            None => None,
        }
    }

    /// The one before it on the way from `most`.
    pub fn more(self, most: Detail) -> Self {
        let way = std::iter::successors(Some(most), |detail| detail.less());
        way.take_while(|detail| *detail != self)
            .last()
            .unwrap_or(most)
    }

    /// The picture in this detail, as `draw` makes it of a size and in a palette.
    pub fn compose(
        self,
        size: Size,
        draw: impl FnOnce(Size, Palette) -> Option<Indexed>,
    ) -> Option<Indexed> {
        let palette = Palette::new(self.greys);
        if !self.coarse {
            return draw(size, palette);
        }
        let half = Size {
            width: size.width.div_ceil(2),
            height: size.height.div_ceil(2),
        };
        Some(draw(half, palette)?.doubled(size))
    }
}

/// Makes a picture in as much detail as `most`, or in less if that makes more than `limit` bytes.
/// `make` is asked once per try for the bytes and whatever else it has made. Returns both, and the
/// detail that it came to.
///
/// Even the least detail may exceed the limit; then the answer is `None`.
pub fn within<T>(
    limit: usize,
    most: Detail,
    mut make: impl FnMut(Detail) -> Option<(Vec<u8>, T)>,
) -> Option<(Vec<u8>, T, Detail)> {
    let mut next = Some(most);
    while let Some(detail) = next {
        let (bytes, rest) = make(detail)?;
        if bytes.len() <= limit {
            return Some((bytes, rest, detail));
        }
        next = detail.less();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greys_go_first_then_pixels() {
        let most = Detail::full(GreyLevels::MOST);
        let way: Vec<_> = std::iter::successors(Some(most), |d| d.less())
            .map(|d| (d.greys.count(), d.coarse))
            .collect();
        assert_eq!(
            way,
            [
                (101, false),
                (64, false),
                (32, false),
                (16, false),
                (8, false),
                (8, true)
            ]
        );
        let usual = Detail::full(GreyLevels::USUAL);
        for detail in std::iter::successors(Some(usual), |d| d.less()).skip(1) {
            assert_eq!(detail.more(usual).less(), Some(detail));
        }
        assert_eq!(usual.more(usual), usual);
    }

    #[test]
    fn too_many_bytes_mean_less_detail() {
        let bytes = |detail: Detail| {
            let all = usize::from(detail.greys.count()) * 10;
            Some((vec![0; if detail.coarse { all / 4 } else { all }], ()))
        };
        let most = Detail::full(GreyLevels::MOST);
        let came_to = |limit| within(limit, most, bytes).map(|(_, (), detail)| detail);
        assert_eq!(came_to(1010), Some(most));
        assert_eq!(came_to(1009), most.less());
        assert_eq!(came_to(80), Some(Detail::full(GreyLevels::FEW)));
        assert!(came_to(79).is_some_and(|detail| detail.coarse));
        assert_eq!(came_to(19), None);
    }
}
