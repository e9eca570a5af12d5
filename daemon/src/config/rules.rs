//! `[profile.match]`: the rules of a profile, which must all hold for its scans.

use super::bids;
use super::glob::{Glob, Globs};
use crate::scan::VoxelType;
use medicosam_shared::provenance::ScanInfo;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::{Debug, Display};
use std::path::Path;

/// The rules that a scan must meet.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Pattern of its path below the root.
    path: Option<Glob>,
    /// Patterns of the BIDS entities, `suffix` and `datatype` of its name.
    #[serde(default)]
    bids: BTreeMap<String, Globs>,
    /// Voxels along i, j, k.
    #[serde(default)]
    shape: Bounds,
    /// Size of a voxel along i, j, k, in mm.
    #[serde(default)]
    spacing: Bounds,
    /// Types of voxels.
    #[serde(default, rename = "type")]
    types: Vec<String>,
    /// Its smallest and largest value.
    #[serde(default)]
    values: ValueBounds,
}

/// The smallest and the largest value of a scan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Values {
    /// The smallest.
    pub lowest: f64,
    /// The largest.
    pub highest: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    min: Option<[f64; 3]>,
    max: Option<[f64; 3]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ValueBounds {
    lowest: Option<[f64; 2]>,
    highest: Option<[f64; 2]>,
}

impl Rules {
    /// Checks what can be checked without a scan.
    pub(super) fn check(&self) -> Result<(), String> {
        for (what, Bounds { min, max }) in [("shape", self.shape), ("spacing", self.spacing)] {
            let numbers = min.iter().chain(&max).flatten();
            check_numbers(what, numbers)?;
            if let (Some(min), Some(max)) = (min, max)
                && min.iter().zip(max).any(|(a, b)| *a > b)
            {
                return Err(format!("{what}: min {min:?} is above max {max:?}"));
            }
        }
        let ValueBounds { lowest, highest } = self.values;
        check_numbers("values", lowest.iter().chain(&highest).flatten())?;
        for (what, range) in [("lowest", lowest), ("highest", highest)] {
            if let Some([from, to]) = range
                && from > to
            {
                return Err(format!(
                    "values: {what} = [{from}, {to}] is the wrong way round"
                ));
            }
        }
        if let Some(unknown) = self.types.iter().find(|name| !VoxelType::is_name(name)) {
            let known = VoxelType::ALL.map(VoxelType::name).join(", ");
            return Err(format!("type: {unknown:?} is none of {known}"));
        }
        Ok(())
    }

    /// The first rule that a scan breaks, in words; `None` if all rules hold. `below` is its path
    /// below the root. `values` reads its voxels, and is called only where a rule needs them.
    ///
    /// A rule about an unknown header or unknown values holds.
    pub fn mismatch(
        &self,
        below: &Path,
        info: Option<&ScanInfo>,
        values: impl FnOnce() -> Option<Values>,
    ) -> Option<String> {
        let of_name = self.mismatch_of_name(below);
        if of_name.is_some() {
            return of_name;
        }
        let info = info?;
        outside("shape", self.shape, info.dims.0.map(f64::from))
            .or_else(|| outside("spacing", self.spacing, info.affine.spacing()))
            .or_else(|| {
                let fits = self.types.is_empty() || self.types.contains(&info.voxel_type);
                let wanted = self.types.join(", ");
                (!fits).then(|| format!("type is {}, not {wanted}", info.voxel_type))
            })
            .or_else(|| self.values.mismatch(values))
    }

    fn mismatch_of_name(&self, below: &Path) -> Option<String> {
        if let Some(glob) = &self.path
            && !glob.matches(below)
        {
            return Some(format!("path {} is not {glob:?}", below.display()));
        }
        self.bids
            .iter()
            .find_map(|(entity, globs)| match bids::value(below, entity) {
                None => Some(format!("there is no {entity}, which should be {globs}")),
                Some(found) if !globs.matches(found) => {
                    Some(format!("{entity} is {found}, not {globs}"))
                }
                Some(_) => None,
            })
    }
}

impl ValueBounds {
    fn mismatch(self, values: impl FnOnce() -> Option<Values>) -> Option<String> {
        let ValueBounds { lowest, highest } = self;
        if lowest.is_none() && highest.is_none() {
            return None;
        }
        let found = values()?;
        let check = |what, range: Option<[f64; 2]>, value: f64| {
            let [from, to] = range?;
            let fits = (from..=to).contains(&value);
            (!fits).then(|| format!("its {what} value is {value}, not {from} to {to}"))
        };
        check("lowest", lowest, found.lowest).or_else(|| check("highest", highest, found.highest))
    }
}

/// A bound that is not a number would let everything through, or nothing. Infinity is a bound.
fn check_numbers<'a>(what: &str, mut numbers: impl Iterator<Item = &'a f64>) -> Result<(), String> {
    if numbers.any(|number| number.is_nan()) {
        return Err(format!("{what}: a bound is not a number"));
    }
    Ok(())
}

fn outside(what: &str, bounds: Bounds, found: [f64; 3]) -> Option<String> {
    let shown = |v: [f64; 3]| v.map(|v| (v * 1000.0).round() / 1000.0);
    let below = |min: &[f64; 3]| found.iter().zip(min).any(|(v, min)| v < min);
    let above = |max: &[f64; 3]| found.iter().zip(max).any(|(v, max)| v > max);
    let say = |side: &dyn Display, limit: &dyn Debug| {
        Some(format!("{what} is {:?}, {side} {limit:?}", shown(found)))
    };
    match bounds {
        Bounds { min: Some(min), .. } if below(&min) => say(&"below", &min),
        Bounds { max: Some(max), .. } if above(&max) => say(&"above", &max),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use medicosam_shared::geometry::{Affine, Dims};

    fn rules(text: &str) -> Rules {
        let rules: Rules = toml::from_str(text).unwrap();
        rules.check().unwrap();
        rules
    }

    fn ct() -> ScanInfo {
        ScanInfo {
            dims: Dims([512, 512, 60]),
            affine: Affine::from_spacing([0.7, 0.7, 3.0]),
            voxel_type: "int16".into(),
            picture: false,
            notes: vec![],
        }
    }

    fn mismatch(text: &str, path: &str) -> Option<String> {
        let info = ct();
        let values = || {
            Some(Values {
                lowest: -1024.0,
                highest: 3071.0,
            })
        };
        rules(text).mismatch(Path::new(path), Some(&info), values)
    }

    #[test]
    fn every_rule_says_why_it_does_not_hold() {
        let path = "sub-01/anat/sub-01_acq-fast_T1w.nii.gz";
        for (text, why) in [
            ("", None),
            (r#"path = "**/*_T1w.nii.gz""#, None),
            (r#"path = "*.nii.gz""#, Some("path sub-01/anat")),
            (r#"bids = { suffix = "T1w", datatype = "anat" }"#, None),
            (r#"bids = { acq = ["slow", "f*"] }"#, None),
            (
                r#"bids = { suffix = ["T2w", "FLAIR"] }"#,
                Some("suffix is T1w, not T2w or FLAIR"),
            ),
            (
                r#"bids = { task = "rest" }"#,
                Some("no task, which should be rest"),
            ),
            ("shape = { min = [256, 256, 2] }", None),
            (
                "shape = { max = [1024, 1024, 1] }",
                Some("shape is [512.0, 512.0, 60.0], above"),
            ),
            ("spacing = { min = [0.5, 0.5, 2], max = [1, 1, 5] }", None),
            (
                "spacing = { min = [1, 1, 1] }",
                Some("spacing is [0.7, 0.7, 3.0]"),
            ),
            (r#"type = ["int16", "float32"]"#, None),
            (r#"type = ["uint8"]"#, Some("type is int16, not uint8")),
            ("values = { lowest = [-3100, -900] }", None),
            (
                "values = { lowest = [0, 0], highest = [1, 9999] }",
                Some("its lowest value is -1024, not 0 to 0"),
            ),
        ] {
            let found = mismatch(text, path);
            match why {
                None => assert_eq!(found, None, "{text}"),
                Some(why) => assert!(found.as_ref().unwrap().contains(why), "{text}: {found:?}"),
            }
        }
    }

    #[test]
    fn values_are_asked_for_only_where_a_rule_needs_them() {
        let values = || panic!("reads all voxels");
        let rules = rules("type = [\"int16\"]");
        assert_eq!(
            rules.mismatch(Path::new("a.nii"), Some(&ct()), values),
            None
        );
    }

    #[test]
    fn rules_that_cannot_hold_are_refused() {
        for (text, expected) in [
            ("shape = { min = [2, 2, 2], max = [1, 9, 9] }", "above max"),
            ("values = { lowest = [5, 1] }", "wrong way round"),
            ("values = { highest = [nan, 1] }", "values: a bound is not"),
            ("spacing = { max = [1, nan, 1] }", "spacing: a bound is not"),
            ("type = [\"short\"]", "int16"),
        ] {
            let rules: Rules = toml::from_str(text).unwrap();
            let error = rules.check().unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        for text in [
            "path = \"a[\"",
            "bids = { acq = \"a[\" }",
            "bids = { acq = [\"b\", \"a[\"] }",
        ] {
            let error = toml::from_str::<Rules>(text).unwrap_err();
            let expected = "the pattern \"a[\" is wrong";
            assert!(error.to_string().contains(expected), "{text}: {error}");
        }
    }
}
