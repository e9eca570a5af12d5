//! How an object is segmented over slices: the rules that a profile can choose from.

use crate::word_or_table::WordOrTable;
use serde::{Deserialize, Serialize};

/// How the prompt of an object becomes masks on all of its slices.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(try_from = "Spec", into = "Spec")]
pub enum Propagation {
    /// Many boxes inside the 3-D box on each slice; the masks taken are those with a high predicted
    /// IoU that also agree from slice to slice.
    #[default]
    Agreement,
    /// The 3-D box's rectangle on each slice, each for itself.
    EverySlice,
    /// From the middle slice outwards, each box that of the mask before (LiteMedSAM).
    MiddleOut,
    /// From the middle slice outwards, prompts made of the mask before, until it changes too much
    /// (micro_sam).
    MicroSam(MicroSam),
    /// The boxes of an object on a few slices, and between them boxes whose sides move evenly from one to
    /// the next; each slice for itself.
    Interpolate,
}

/// Settings of micro_sam's propagation. Its viewer's defaults for medical images are the defaults.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MicroSam {
    /// How the mask before becomes a prompt.
    pub projection: Projection,
    /// A mask whose IoU with the one before is lower than this marks the end of the object, and is
    /// dropped.
    pub stop_iou: f64,
    /// How much larger the box is than the mask on each side: a fraction of its side below 1,
    /// pixels from 1.
    pub box_extension: f64,
}

impl MicroSam {
    /// The defaults.
    pub const DEFAULT: MicroSam = MicroSam {
        projection: Projection::SinglePoint,
        stop_iou: 0.5,
        box_extension: 0.05,
    };

    fn check(self) -> Result<(), String> {
        if !(0.0..=1.0).contains(&self.stop_iou) {
            return Err(format!("stop_iou is {}, not 0 to 1", self.stop_iou));
        }
        if !(0.0..=1000.0).contains(&self.box_extension) {
            return Err(format!(
                "box_extension is {}, not 0 to 1000",
                self.box_extension
            ));
        }
        Ok(())
    }
}

impl Default for MicroSam {
    fn default() -> Self {
        MicroSam::DEFAULT
    }
}

/// The prompt that micro_sam makes of a mask, for the next slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Projection {
    /// Its box.
    Box,
    /// Its box and the mask itself.
    Mask,
    /// Points inside and around it.
    Points,
    /// Points and the mask itself.
    PointsAndMask,
    /// The point farthest inside it.
    SinglePoint,
}

impl Projection {
    /// All of them, as micro_sam lists them.
    pub const ALL: [Projection; 5] = [
        Projection::Box,
        Projection::Mask,
        Projection::Points,
        Projection::PointsAndMask,
        Projection::SinglePoint,
    ];

    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Projection::Box => "box",
            Projection::Mask => "mask",
            Projection::Points => "points",
            Projection::PointsAndMask => "points_and_mask",
            Projection::SinglePoint => "single_point",
        }
    }
}

impl Propagation {
    /// All of them, with the default settings.
    pub const ALL: [Propagation; 5] = [
        Propagation::Agreement,
        Propagation::EverySlice,
        Propagation::MiddleOut,
        Propagation::MicroSam(MicroSam::DEFAULT),
        Propagation::Interpolate,
    ];

    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Propagation::Agreement => "agreement",
            Propagation::EverySlice => "every-slice",
            Propagation::MiddleOut => "middle-out",
            Propagation::MicroSam(_) => "micro-sam",
            Propagation::Interpolate => "interpolate",
        }
    }
}

/// A rule as it stands in files: its name, or a table with settings.
type Spec = WordOrTable<Table>;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    projection: Option<Projection>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_iou: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    box_extension: Option<f64>,
}

impl TryFrom<Spec> for Propagation {
    type Error = String;

    fn try_from(spec: Spec) -> Result<Self, String> {
        let Table {
            by,
            projection,
            stop_iou,
            box_extension,
        } = match spec {
            Spec::Table(table) => table,
            Spec::Word(by) => Table {
                by,
                projection: None,
                stop_iou: None,
                box_extension: None,
            },
        };
        let named = Propagation::ALL.into_iter().find(|rule| rule.name() == by);
        match named {
            Some(Propagation::MicroSam(defaults)) => {
                let settings = MicroSam {
                    projection: projection.unwrap_or(defaults.projection),
                    stop_iou: stop_iou.unwrap_or(defaults.stop_iou),
                    box_extension: box_extension.unwrap_or(defaults.box_extension),
                };
                settings.check().map(|()| Propagation::MicroSam(settings))
            }
            Some(_) if projection.is_some() || stop_iou.is_some() || box_extension.is_some() => {
                Err(format!(
                    "projection, stop_iou and box_extension belong to \"micro-sam\", not to {by:?}"
                ))
            }
            Some(rule) => Ok(rule),
            None => {
                let names = Propagation::ALL.map(|rule| format!("{:?}", rule.name()));
                Err(format!(
                    "unknown propagation {by:?}; it is {}",
                    either(&names)
                ))
            }
        }
    }
}

/// `a, b or c`.
fn either(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

impl From<Propagation> for Spec {
    fn from(rule: Propagation) -> Self {
        match rule {
            Propagation::MicroSam(settings) => Spec::Table(Table {
                by: rule.name().to_owned(),
                projection: Some(settings.projection),
                stop_iou: Some(settings.stop_iou),
                box_extension: Some(settings.box_extension),
            }),
            other => Spec::Word(other.name().to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_written_as_a_name_or_a_table_and_read_back() {
        let read = |text: &str| serde_json::from_str::<Propagation>(text);
        assert_eq!(
            read("\"agreement\"").ok(),
            Some(Propagation::default()),
            "the default"
        );
        let text = r#"{"by":"micro-sam","projection":"mask","stop_iou":0.8}"#;
        let rule = read(text).unwrap();
        let expected = MicroSam {
            projection: Projection::Mask,
            stop_iou: 0.8,
            box_extension: 0.05,
        };
        assert_eq!(rule, Propagation::MicroSam(expected));
        for rule in [rule, Propagation::EverySlice, Propagation::MiddleOut] {
            let text = serde_json::to_string(&rule).unwrap();
            assert_eq!(read(&text).unwrap(), rule, "{text}");
        }
    }

    #[test]
    fn what_is_not_a_rule_is_refused_with_what_there_is() {
        for (text, expected) in [
            (r#""middle""#, "middle-out"),
            (r#"{"by":"micro-sam","stop_iou":1.5}"#, "0 to 1"),
            (r#"{"by":"agreement","stop_iou":0.5}"#, "micro-sam"),
            (r#"{"by":"micro-sam","projection":"line"}"#, "single_point"),
            (r#"{"by":"micro-sam","stop":0.5}"#, "`stop`"),
        ] {
            let error = serde_json::from_str::<Propagation>(text).unwrap_err();
            assert!(error.to_string().contains(expected), "{text}: {error}");
        }
    }
}
