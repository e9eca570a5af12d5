//! Windows: which voxel values become black and white.

use crate::word_or_table::WordOrTable;
use serde::{Deserialize, Serialize};

/// How voxel values become 8-bit grey.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(try_from = "Spec", into = "Spec")]
pub enum Window {
    /// Each slice from its own minimum to its own maximum, as micro_sam does.
    #[default]
    MinMax,
    /// A fixed range of values, for CT in Hounsfield units: `level ± width / 2`.
    Level {
        /// Value in the middle.
        level: f64,
        /// Distance from black to white; greater than 0.
        width: f64,
    },
    /// Between two percentiles of the volume's voxels, without its background (the volume's
    /// minimum).
    Percentile {
        /// Lower percentile, 0..100.
        low: f64,
        /// Upper percentile, 0..100, above `low`.
        high: f64,
    },
}

/// Windows of CT by name: level and width in Hounsfield units.
///
/// The first four are those of MedSAMSlicer; `bone` is the usual window of bone in radiology.
pub const PRESETS: [(&str, f64, f64); 5] = [
    ("abdomen", 40.0, 400.0),
    ("lung", -600.0, 1500.0),
    ("brain", 40.0, 80.0),
    ("mediastinum", 50.0, 350.0),
    ("bone", 400.0, 1800.0),
];

/// A window as it stands in files: `"minmax"`, the name of a preset, `{ level, width }` or
/// `{ percentile = [a, b] }`.
type Spec = WordOrTable<Table>;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    percentile: Option<[f64; 2]>,
}

impl TryFrom<Spec> for Window {
    type Error = String;

    fn try_from(spec: Spec) -> Result<Self, Self::Error> {
        let table = match spec {
            Spec::Word(name) if name == "minmax" => return Ok(Window::MinMax),
            Spec::Word(name) => {
                let preset = PRESETS.iter().find(|(preset, ..)| *preset == name);
                return preset.map_or_else(
                    || Err(unknown(&name)),
                    |&(_, level, width)| Ok(Window::Level { level, width }),
                );
            }
            Spec::Table(table) => table,
        };
        match table {
            Table {
                level: Some(level),
                width: Some(width),
                percentile: None,
            } if width > 0.0 && width.is_finite() && level.is_finite() => {
                Ok(Window::Level { level, width })
            }
            Table {
                level: None,
                width: None,
                percentile: Some([low, high]),
            } if 0.0 <= low && low < high && high <= 100.0 => Ok(Window::Percentile { low, high }),
            _ => Err(
                "a window is \"minmax\", { level, width } with width > 0, or { percentile = [low, high] } with 0 ≤ low < high ≤ 100"
                    .to_owned(),
            ),
        }
    }
}

fn unknown(name: &str) -> String {
    let presets: Vec<String> = PRESETS.iter().map(|(n, ..)| format!("{n:?}")).collect();
    format!(
        "unknown window {name:?}; a window is \"minmax\", {}, {{ level, width }} or {{ percentile = [low, high] }}",
        presets.join(", ")
    )
}

impl From<Window> for Spec {
    fn from(window: Window) -> Self {
        let empty = Table {
            level: None,
            width: None,
            percentile: None,
        };
        match window {
            Window::MinMax => Spec::Word("minmax".to_owned()),
            Window::Level { level, width } => Spec::Table(Table {
                level: Some(level),
                width: Some(width),
                ..empty
            }),
            Window::Percentile { low, high } => Spec::Table(Table {
                percentile: Some([low, high]),
                ..empty
            }),
        }
    }
}

/// A window for a given volume: percentiles are turned into values.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Range {
    /// Each slice by its own minimum and maximum.
    Slice,
    /// From `low` (black) to `high` (white).
    Fixed {
        /// Value of black.
        low: f64,
        /// Value of white.
        high: f64,
    },
}

impl Range {
    /// The range of `window` where no volume is needed to know it.
    pub fn of(window: Window) -> Option<Range> {
        match window {
            Window::MinMax => Some(Range::Slice),
            Window::Level { level, width } => Some(Range::Fixed {
                low: level - width / 2.0,
                high: level + width / 2.0,
            }),
            Window::Percentile { .. } => None,
        }
    }

    /// 8-bit grey values. Fractions are cut off, as upstream's casts do; NaN becomes black.
    ///
    /// `Slice` is micro_sam's `_to_image`: `(x − min) / (max − min + 1e-7) · 255` in f32.
    pub fn apply(self, values: &[f32]) -> Vec<u8> {
        match self {
            Range::Slice => {
                let finite = || values.iter().copied().filter(|v| v.is_finite());
                let min = finite().fold(f32::INFINITY, f32::min);
                let max = finite().fold(f32::NEG_INFINITY, f32::max) - min + 1e-7;
                // The cast saturates, and turns NaN into 0.
                values
                    .iter()
                    .map(|&v| ((v - min) / max * 255.0) as u8)
                    .collect()
            }
            // `clamp` would panic on a record from outside with the two the wrong way round.
            Range::Fixed { low, high } => values
                .iter()
                .map(|&v| ((f64::from(v).max(low).min(high) - low) / (high - low) * 255.0) as u8)
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_and_read_back() {
        for window in [
            Window::MinMax,
            Window::Level {
                level: -600.0,
                width: 1500.0,
            },
            Window::Percentile {
                low: 0.5,
                high: 99.5,
            },
        ] {
            let text = serde_json::to_string(&window).unwrap();
            assert_eq!(
                serde_json::from_str::<Window>(&text).unwrap(),
                window,
                "{text}"
            );
        }
    }

    #[test]
    fn a_preset_is_its_level_and_width_and_is_recorded_as_them() {
        for (name, low, high) in [
            ("abdomen", -160.0, 240.0),
            ("lung", -1350.0, 150.0),
            ("brain", 0.0, 80.0),
            ("mediastinum", -125.0, 225.0),
            ("bone", -500.0, 1300.0),
        ] {
            let window: Window = serde_json::from_str(&format!("{name:?}")).unwrap();
            assert_eq!(
                Range::of(window),
                Some(Range::Fixed { low, high }),
                "{name}"
            );
            let recorded = serde_json::to_value(window).unwrap();
            assert!(recorded["level"].is_number(), "{recorded}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            r#""lungs""#,
            r#"{"level": 1}"#,
            r#"{"level": 1, "width": 0}"#,
            r#"{"percentile": [99, 1]}"#,
            r#"{"level": 1, "width": 2, "percentile": [1, 2]}"#,
        ] {
            let error = serde_json::from_str::<Window>(text)
                .unwrap_err()
                .to_string();
            assert!(error.contains("minmax"), "{text}: {error}");
        }
    }

    #[test]
    fn a_fixed_range_clips_and_cuts_off() {
        let range = Range::of(Window::Level {
            level: -600.0,
            width: 1500.0,
        })
        .unwrap();
        assert_eq!(
            range.apply(&[-2000.0, -1350.0, -600.0, 149.0, 150.0, 3000.0, f32::NAN]),
            [0, 0, 127, 254, 255, 255, 0]
        );
        let backwards = Range::Fixed {
            low: 1.0,
            high: -1.0,
        };
        assert_eq!(backwards.apply(&[0.0]).len(), 1);
    }

    #[test]
    fn a_slice_range_stretches_and_survives_flat_slices() {
        assert_eq!(Range::Slice.apply(&[10.0, 20.0, 30.0]), [0, 127, 255]);
        assert_eq!(Range::Slice.apply(&[7.0, 7.0]), [0, 0]);
        assert_eq!(Range::Slice.apply(&[f32::NAN, 0.0, 2.0]), [0, 0, 255]);
        assert_eq!(Range::Slice.apply(&[]), [0u8; 0]);
    }
}
