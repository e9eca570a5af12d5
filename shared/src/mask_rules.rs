//! Rules that the masks of a model go through before they become a result.

use serde::{Deserialize, Serialize};

/// Rules for the masks of a profile's objects; by default none. They apply in this order: smoothing,
/// holes, smallest area, smallest volume, largest part, overlap.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MaskRules {
    /// Between the first and the last slice of an object, a pixel belongs to it if it does on at
    /// least two of the slice before, the slice itself and the slice after.
    pub smooth: bool,
    /// Holes within a slice belong to the object: background that is enclosed by it (4 neighbours).
    pub fill_holes: bool,
    /// Parts on a slice (8 neighbours) smaller than this go; mm².
    #[serde(skip_serializing_if = "is_zero")]
    pub min_area: f64,
    /// Parts of the volume (26 neighbours) smaller than this go; mL.
    #[serde(skip_serializing_if = "is_zero")]
    pub min_volume: f64,
    /// Of the parts of the volume (26 neighbours) only the largest stays.
    pub largest: bool,
    /// Which object gets voxels that two objects claim; without it the one that the model is surer of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlap: Option<Overlap>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

/// Which object gets voxels that two objects claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Overlap {
    /// The object takes them whose mask on the slice the model is surer of; what a person made there
    /// wins.
    #[default]
    Surest,
    /// The object with the higher label takes them.
    HigherLabel,
    /// The object that was there first keeps them; of a profile's objects, the one that is written
    /// first.
    Keep,
    /// The object that comes later takes them.
    Overwrite,
    /// There is no result.
    Refuse,
}

impl Overlap {
    /// The rule for what a person has just made: that is wanted there, however sure the model was of the
    /// others.
    pub fn by_a_person(self) -> Overlap {
        match self {
            Overlap::Surest => Overlap::Overwrite,
            Overlap::HigherLabel | Overlap::Keep | Overlap::Overwrite | Overlap::Refuse => self,
        }
    }
}

impl MaskRules {
    /// Whether there are no rules.
    pub fn is_nothing(&self) -> bool {
        *self == MaskRules::default()
    }

    /// Whether a rule changes the mask of a single object.
    pub fn changes_masks(&self) -> bool {
        let overlap = None;
        !MaskRules { overlap, ..*self }.is_nothing()
    }

    /// Checks the numbers.
    pub fn check(&self) -> Result<(), String> {
        for (name, value) in [("min_area", self.min_area), ("min_volume", self.min_volume)] {
            if !(0.0..f64::INFINITY).contains(&value) {
                return Err(format!("{name} is {value}; it must be 0 or more"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_and_read_back() {
        let rules = MaskRules {
            largest: true,
            min_volume: 0.05,
            overlap: Some(Overlap::Keep),
            ..MaskRules::default()
        };
        let text = serde_json::to_string(&rules).unwrap();
        assert_eq!(serde_json::from_str::<MaskRules>(&text).unwrap(), rules);
        assert!(rules.changes_masks() && MaskRules::default().is_nothing());
        let only = MaskRules {
            overlap: Some(Overlap::Refuse),
            ..MaskRules::default()
        };
        assert!(!only.changes_masks() && !only.is_nothing());
    }

    #[test]
    fn sizes_below_nothing_are_refused() {
        for min_area in [-1.0, f64::NAN, f64::INFINITY] {
            let rules = MaskRules {
                min_area,
                ..MaskRules::default()
            };
            assert!(rules.check().is_err());
        }
        assert!(serde_json::from_str::<MaskRules>(r#"{"overlap": "ask"}"#).is_err());
    }
}
