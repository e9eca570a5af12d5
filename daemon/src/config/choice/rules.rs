//! The rules of a profile, `[profile.match]`: all of them must hold.

use super::Candidate;
use super::bids;
use crate::scan::VoxelType;
use glob::{MatchOptions, Pattern};
use serde::{Deserialize, Deserializer, de};
use std::collections::BTreeMap;
use std::fmt::{Debug, Display};
use std::path::Path;

/// What a scan must be like.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Its path below the root.
    path: Option<Glob>,
    /// Entities, `suffix` and `datatype` of its name by BIDS: any of the patterns.
    #[serde(default)]
    bids: BTreeMap<String, Globs>,
    /// Voxels along i, j, k.
    #[serde(default)]
    shape: Bounds,
    /// Size of a voxel along i, j, k, in mm.
    #[serde(default)]
    spacing: Bounds,
    /// Types that its voxels may have.
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

/// A pattern with `*`, `?`, `[…]`, and `**` for any number of folders.
#[derive(Debug, Clone, PartialEq)]
struct Glob(Pattern);

/// Patterns of which any may match: written as one, or as a list.
#[derive(Debug, Clone, PartialEq)]
struct Globs(Vec<Glob>);

impl<'de> Deserialize<'de> for Globs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a pattern, or a list of patterns")]
        enum Written {
            One(String),
            Any(Vec<String>),
        }
        let texts = match Written::deserialize(deserializer)? {
            Written::One(text) => vec![text],
            Written::Any(texts) => texts,
        };
        // Not within the untagged enum, which would not say what is wrong with a pattern.
        let globs = texts.iter().map(|text| Glob::new(text));
        globs
            .collect::<Result<_, _>>()
            .map(Globs)
            .map_err(de::Error::custom)
    }
}

impl Glob {
    fn new(text: &str) -> Result<Self, String> {
        let pattern = Pattern::new(text);
        pattern
            .map(Glob)
            .map_err(|error| format!("the pattern {text:?} is wrong: {error}"))
    }

    fn matches(&self, path: &Path) -> bool {
        let options = MatchOptions {
            require_literal_separator: true,
            ..MatchOptions::default()
        };
        self.0.matches_path_with(path, options)
    }
}

impl<'de> Deserialize<'de> for Glob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Glob::new(&text).map_err(de::Error::custom)
    }
}

impl Rules {
    /// Checks what can be checked without a scan.
    pub(in crate::config) fn check(&self) -> Result<(), String> {
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

    /// The first rule that does not hold for a scan, whose path below the root is `below`, in
    /// words; `None` if all hold.
    pub(super) fn mismatch(&self, below: &Path, scan: &mut Candidate<'_>) -> Option<String> {
        let of_name = self.mismatch_of_name(below);
        if of_name.is_some() {
            return of_name;
        }
        let info = scan.info?;
        outside("shape", self.shape, info.dims.0.map(f64::from))
            .or_else(|| outside("spacing", self.spacing, info.affine.spacing()))
            .or_else(|| {
                let fits = self.types.is_empty() || self.types.contains(&info.voxel_type);
                let wanted = self.types.join(", ");
                (!fits).then(|| format!("type is {}, not {wanted}", info.voxel_type))
            })
            .or_else(|| self.mismatch_of_values(scan))
    }

    fn mismatch_of_name(&self, below: &Path) -> Option<String> {
        if let Some(glob) = &self.path
            && !glob.matches(below)
        {
            return Some(format!(
                "path {} is not {:?}",
                below.display(),
                glob.0.as_str()
            ));
        }
        self.bids.iter().find_map(|(entity, globs)| {
            let wanted = || {
                let patterns = globs.0.iter().map(|glob| glob.0.as_str());
                patterns.collect::<Vec<_>>().join(" or ")
            };
            match bids::value(below, entity) {
                None => Some(format!(
                    "there is no {entity}, which should be {}",
                    wanted()
                )),
                Some(found) if !globs.0.iter().any(|glob| glob.matches(Path::new(found))) => {
                    Some(format!("{entity} is {found}, not {}", wanted()))
                }
                Some(_) => None,
            }
        })
    }

    fn mismatch_of_values(&self, scan: &mut Candidate<'_>) -> Option<String> {
        let ValueBounds { lowest, highest } = self.values;
        if lowest.is_none() && highest.is_none() {
            return None;
        }
        let found = match (scan.values)() {
            Ok(found) => found,
            // The scan fails by it, with all words.
            Err(_) => return None,
        };
        let check = |what, range: Option<[f64; 2]>, value: f64| {
            let [from, to] = range?;
            let fits = (from..=to).contains(&value);
            (!fits).then(|| format!("its {what} value is {value}, not {from} to {to}"))
        };
        check("lowest", lowest, found.lowest).or_else(|| check("highest", highest, found.highest))
    }
}

/// A bound that is no number would let everything through, or nothing. Infinity is a bound.
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
    use medicosam_shared::provenance::ScanInfo;

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
            notes: vec![],
        }
    }

    fn mismatch(text: &str, path: &str) -> Option<String> {
        let info = ct();
        let mut values = || {
            Ok(Values {
                lowest: -1024.0,
                highest: 3071.0,
            })
        };
        let path = Path::new(path);
        let mut scan = Candidate {
            path,
            info: Some(&info),
            values: &mut values,
        };
        rules(text).mismatch(path, &mut scan)
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
        let mut scan = Candidate {
            path: Path::new("a.nii"),
            info: Some(&ct()),
            values: &mut || panic!("reads all voxels"),
        };
        let rules = rules("type = [\"int16\"]");
        assert_eq!(rules.mismatch(Path::new("a.nii"), &mut scan), None);
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
