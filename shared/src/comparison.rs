//! A result beside those of other cases.

use crate::cohort::Cohort;
use crate::prompt::Label;
use crate::provenance::ObjectResult;
use crate::quality::{Alone, Quality};

/// A result compared with what other cases are now: `others` are the sizes of an object in them,
/// in the unit of [`ObjectResult::size`].
pub fn compared(
    quality: &Quality,
    objects: &[ObjectResult],
    others: impl Fn(Label) -> Vec<f64>,
) -> Quality {
    let earlier: Vec<&String> = quality.alone.iter().flat_map(|o| &o.compared).collect();
    let kept = quality
        .reasons
        .iter()
        .filter(|text| !earlier.contains(text));
    let mut reasons = Vec::new();
    let mut lowest: Option<f32> = None;
    let mut alone = Vec::new();
    for before in &quality.alone {
        let object = objects.iter().find(|object| object.label == before.label);
        let far = object.and_then(|object| {
            let far = Cohort::of(others(before.label).into_iter())?.outlier(object.size())?;
            let text = match objects {
                [_] => far.to_string(),
                _ => format!("{}: {far}", object.name),
            };
            Some((far.likeness as f32, text))
        });
        let (likeness, compared) = far.map_or((1.0, None), |(by, text)| (by, Some(text)));
        let score = before.score * likeness;
        lowest = Some(lowest.map_or(score, |lowest| lowest.min(score)));
        reasons.extend(compared.clone());
        alone.push(Alone {
            compared,
            ..before.clone()
        });
    }
    reasons.extend(kept.cloned());
    Quality {
        score: lowest.unwrap_or(quality.score),
        reasons,
        alone,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(volume_ml: f64) -> ObjectResult {
        ObjectResult {
            label: Label::MIN,
            name: "lesion".to_owned(),
            voxels: 10,
            volume_ml: Some(volume_ml),
            slices: Vec::new(),
        }
    }

    #[test]
    fn the_comparison_is_renewed_and_all_else_stays() {
        let first = Quality {
            score: 0.8,
            reasons: vec!["the edge is uncertain on slice 1".to_owned()],
            alone: vec![Alone {
                label: Label::MIN,
                score: 0.8,
                compared: None,
            }],
        };
        let objects = [object(90.0)];
        let small = |_| vec![10.0, 11.0, 12.0, 10.0, 11.0, 12.0, 10.0, 11.0];
        let far = compared(&first, &objects, small);
        assert!(far.score < 0.5 && far.alone[0].score == 0.8, "{far:?}");
        assert_eq!(far.reasons[0], "volume 8.18 times the median of 8 cases");
        assert_eq!(far.reasons.len(), 2);
        // Later most are as large.
        let large = |_| vec![88.0; 20];
        assert_eq!(compared(&far, &objects, large), first);
        assert_eq!(far.times(0.5).alone[0].score, 0.4);
    }

    #[test]
    fn a_result_of_an_earlier_version_stays_as_it_was_judged() {
        let text = r#"{"score":0.5,"reasons":["volume 3.1 times the median of 42 cases"]}"#;
        let old: Quality = serde_json::from_str(text).unwrap();
        assert_eq!(compared(&old, &[object(90.0)], |_| vec![1.0; 20]), old);
        assert_eq!(serde_json::to_string(&old).unwrap(), text);
    }
}
