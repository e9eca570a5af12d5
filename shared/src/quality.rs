//! How far a result is to be trusted.

use crate::cohort::Cohort;
use crate::prompt::Label;
use crate::provenance::ObjectResult;
use serde::{Deserialize, Serialize};

/// The score below which a result is doubtful, unless its profile says otherwise.
pub const DOUBTFUL: f32 = 0.5;

/// The trust in a result, judged without knowing the truth.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// From 0, surely wrong, to 1; the lowest of all objects.
    pub score: f32,
    /// Reasons for doubt, in words, the worst first.
    pub reasons: Vec<String>,
    /// The objects without a comparison with other cases; none in results of earlier versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alone: Vec<Alone>,
}

/// An object, before it was compared with other cases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alone {
    /// The object.
    pub label: Label,
    /// Its score then.
    pub score: f32,
    /// The reason for doubt that the comparison gave, which is among those of the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compared: Option<String>,
}

impl Quality {
    /// The same result, compared with what other cases are now: `others` are the sizes of an object in them,
    /// in the unit of [`ObjectResult::size`].
    pub fn compared(
        &self,
        objects: &[ObjectResult],
        others: impl Fn(Label) -> Vec<f64>,
    ) -> Quality {
        let earlier: Vec<&String> = self.alone.iter().flat_map(|o| &o.compared).collect();
        let kept = self.reasons.iter().filter(|text| !earlier.contains(text));
        let mut reasons = Vec::new();
        let mut lowest: Option<f32> = None;
        let mut alone = Vec::new();
        for before in &self.alone {
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
            score: lowest.unwrap_or(self.score),
            reasons,
            alone,
        }
    }

    /// The same with all scores lower by this factor.
    pub fn times(self, factor: f32) -> Quality {
        let lower = |object: Alone| Alone {
            score: object.score * factor,
            ..object
        };
        Quality {
            score: self.score * factor,
            alone: self.alone.into_iter().map(lower).collect(),
            ..self
        }
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
        let far = first.compared(&objects, small);
        assert!(far.score < 0.5 && far.alone[0].score == 0.8, "{far:?}");
        assert_eq!(far.reasons[0], "volume 8.18 times the median of 8 cases");
        assert_eq!(far.reasons.len(), 2);
        // Later most are as large.
        let large = |_| vec![88.0; 20];
        assert_eq!(far.compared(&objects, large), first);
        assert_eq!(far.times(0.5).alone[0].score, 0.4);
    }

    #[test]
    fn a_result_of_an_earlier_version_stays_as_it_was_judged() {
        let text = r#"{"score":0.5,"reasons":["volume 3.1 times the median of 42 cases"]}"#;
        let old: Quality = serde_json::from_str(text).unwrap();
        assert_eq!(old.compared(&[object(90.0)], |_| vec![1.0; 20]), old);
        assert_eq!(serde_json::to_string(&old).unwrap(), text);
    }
}
