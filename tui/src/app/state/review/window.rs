//! Which voxel values are black and white.

use medicosam_shared::case::CaseDetail;
use medicosam_shared::window::{Range, Window};

/// Values left black and white at either end of an automatic window, in percent.
const CUT: f64 = 1.0;

/// Which values are black and white.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum WindowChoice {
    /// Those that the model saw.
    #[default]
    Case,
    /// A preset: its name, width and level.
    Preset(&'static str, u16, i16),
    /// Fitted to the slice that was current when it was requested.
    Auto(Limits),
    /// Changed by hand.
    Adjusted(Limits),
}

/// The values of black and white.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Value of black.
    pub low: f64,
    /// Value of white, above `low`.
    pub high: f64,
}

impl Limits {
    fn range(self) -> Range {
        Range::Fixed {
            low: self.low,
            high: self.high,
        }
    }

    /// Moved by steps of a twentieth of its width, and made wider by steps of a tenth.
    pub fn adjusted(self, level: i32, width: i32) -> WindowChoice {
        self.changed(f64::from(level) / 20.0, 1.1f64.powi(width))
    }

    /// The window after the mouse was dragged, by shares of the slice's width and height: to the
    /// right it becomes wider, four times for the whole width; upwards its level is raised, by what
    /// was its width for the whole height.
    pub fn dragged(self, right: f64, up: f64) -> WindowChoice {
        self.changed(up, 4f64.powf(right))
    }

    /// Moved by a share of its width, then widened by a factor.
    fn changed(self, share: f64, times: f64) -> WindowChoice {
        let before = self.high - self.low;
        let middle = self.low + before / 2.0 + before * share;
        let half = before * times / 2.0;
        WindowChoice::Adjusted(Limits {
            low: middle - half,
            high: middle + half,
        })
    }
}

impl WindowChoice {
    /// The values for a case.
    pub fn range(self, detail: &CaseDetail) -> Range {
        match self {
            WindowChoice::Case => {
                let current = detail.current().map(|r| r.provenance.range);
                current.unwrap_or(Range::Slice)
            }
            WindowChoice::Preset(_, width, level) => Range::of(Window::Level {
                level: level.into(),
                width: width.into(),
            })
            .unwrap_or(Range::Slice),
            WindowChoice::Auto(limits) | WindowChoice::Adjusted(limits) => limits.range(),
        }
    }

    /// A window around nearly all values of a slice. The lowest value counts as background. `None`
    /// if all values are the same.
    pub fn auto(values: &[f32]) -> Option<Self> {
        let finite = || values.iter().copied().filter(|v| v.is_finite());
        let lowest = finite().reduce(f32::min)?;
        let mut body: Vec<f32> = finite().filter(|v| *v > lowest).collect();
        if body.is_empty() {
            return None;
        }
        let last = body.len() - 1;
        let mut percentile = |percent: f64| {
            let at = (last as f64 * percent / 100.0).round() as usize;
            *body.select_nth_unstable_by(at, f32::total_cmp).1
        };
        let (low, high) = (percentile(CUT), percentile(100.0 - CUT));
        let low = if low < high { low } else { lowest };
        Some(WindowChoice::Auto(Limits {
            low: low.into(),
            high: high.into(),
        }))
    }

    /// Whether the presets make sense for a case: they are in HU, and of other scans a profile takes
    /// percentiles or extremes. While nothing is known of it they do.
    pub fn suits_presets(self, detail: Option<&CaseDetail>) -> bool {
        let revision = detail.and_then(CaseDetail::current);
        match revision.map(|revision| revision.provenance.window) {
            None | Some(Window::Level { .. }) => true,
            Some(Window::MinMax | Window::Percentile { .. }) => false,
        }
    }

    /// The values of black and white; `values` are those of the current slice, for a
    /// window that follows the slice. `None` if there are none, or only one.
    pub fn limits(self, detail: &CaseDetail, values: &[f32]) -> Option<Limits> {
        let (low, high) = match self.range(detail) {
            Range::Fixed { low, high } => (low, high),
            Range::Slice => {
                let finite = values.iter().copied().filter(|v| v.is_finite());
                let (low, high) = finite.fold((f32::INFINITY, f32::NEG_INFINITY), |(a, b), v| {
                    (a.min(v), b.max(v))
                });
                (f64::from(low), f64::from(high))
            }
        };
        let width = high - low;
        (width.is_finite() && width > 0.0).then_some(Limits { low, high })
    }

    /// Its name, with width and level where they are the same on all slices.
    pub fn text(self, detail: Option<&CaseDetail>) -> String {
        let name = match self {
            WindowChoice::Case => "window",
            WindowChoice::Preset(name, width, level) => {
                return format!("{name} W {width} L {level}");
            }
            WindowChoice::Auto(_) => "auto",
            WindowChoice::Adjusted(_) => "adjusted",
        };
        match detail.map(|d| self.range(d)) {
            Some(Range::Fixed { low, high }) => {
                let (width, level) = (high - low, (low + high) / 2.0);
                // MR values may be small fractions.
                let digits = if width < 10.0 { 3 } else { 0 };
                format!("{name} W {width:.digits$} L {level:.digits$}")
            }
            _ => format!("{name} of the slice"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::detail;
    use medicosam_shared::case::CaseState;

    fn limits(choice: WindowChoice) -> (f64, f64) {
        match choice.range(&detail("one", CaseState::Review, 1)) {
            Range::Fixed { low, high } => (low, high),
            Range::Slice => panic!("of the slice"),
        }
    }

    #[test]
    fn an_automatic_window_leaves_out_background_and_outliers() {
        let mut values = vec![-1024.0; 5000];
        values.extend((0..=1000).map(|n| n as f32));
        values.extend([30_000.0, f32::NAN]);
        let (low, high) = limits(WindowChoice::auto(&values).unwrap());
        assert!(
            (low - 10.0).abs() <= 1.0 && (high - 991.0).abs() <= 1.0,
            "{low} {high}"
        );
        assert_eq!(WindowChoice::auto(&[5.0; 9]), None);
        assert_eq!(WindowChoice::auto(&[f32::NAN]), None);
        assert_eq!(limits(WindowChoice::auto(&[0.0, 7.0]).unwrap()), (0.0, 7.0));
    }

    #[test]
    fn a_window_is_moved_and_widened_around_its_level() {
        let detail = detail("one", CaseState::Review, 1);
        let lung = WindowChoice::Preset("lung", 1500, -600);
        let lung = lung.limits(&detail, &[]).unwrap();
        let moved = lung.adjusted(2, 0);
        assert_eq!(limits(moved), (-1200.0, 300.0));
        let wider = lung.adjusted(0, 1);
        let (low, high) = limits(wider);
        assert!((low + 1425.0).abs() < 1e-9 && (high - 225.0).abs() < 1e-9);
        assert_eq!(wider.text(Some(&detail)), "adjusted W 1650 L -600");
    }

    #[test]
    fn a_window_is_dragged_by_shares_of_the_slice() {
        let abdomen = Limits {
            low: -160.0,
            high: 240.0,
        };
        assert_eq!(limits(abdomen.dragged(0.0, 0.0)), (-160.0, 240.0));
        assert_eq!(limits(abdomen.dragged(0.5, 0.0)), (-360.0, 440.0), "wider");
        assert_eq!(limits(abdomen.dragged(-0.5, 0.0)), (-60.0, 140.0));
        assert_eq!(limits(abdomen.dragged(0.0, 0.25)), (-60.0, 340.0), "up");
    }
}
