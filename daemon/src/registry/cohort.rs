//! Scores of cases that wait for a person, compared with other cases again when there are more of them.
//!
//! A revision says how its case compared with the others when it was made, and stays so. The score by which the
//! list is sorted is that of now.

use super::{Registry, Result};
use crate::case::Case;
use crate::store::{CaseQuery, Rows};
use medicosam_shared::case::{CaseId, Revision};
use medicosam_shared::cohort::is_grown;
use medicosam_shared::comparison::compared;
use medicosam_shared::prompt::Label;
use medicosam_shared::provenance::Measure;
use medicosam_shared::quality::Quality;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Other cases that a volume is compared with.
pub const COHORT: u32 = 500;

/// A score that changes by less is left as it is.
const SAME: f64 = 0.005;

impl Registry {
    /// Compares the cases of a profile that wait for a person with one another again, if the cohort has grown
    /// enough since that was done; `cases` is how many a new one was compared with. Says whose score changed.
    pub fn renew_scores(&self, profile: &str, cases: usize) -> Result<Vec<CaseId>> {
        if !is_grown(cases) {
            return Ok(Vec::new());
        }
        self.write(|rows, _| {
            let mut sizes: BTreeMap<(Label, Measure), Vec<f64>> = BTreeMap::new();
            let mut changed = Vec::new();
            let waiting = rows.cases(&CaseQuery::InReview)?;
            for mut case in waiting.into_iter().filter(|case| case.profile == profile) {
                let Some(revision) = current(rows, &case)? else {
                    continue;
                };
                let Some(quality) = &revision.provenance.quality else {
                    continue;
                };
                for object in &revision.provenance.objects {
                    let kind = (object.label, object.measure());
                    if let Entry::Vacant(none) = sizes.entry(kind) {
                        let nobody = CaseId(String::new());
                        none.insert(rows.sizes(profile, kind, &nobody, COHORT + 1)?);
                    }
                }
                let objects = &revision.provenance.objects;
                let now = compared(quality, objects, |label| {
                    let own = objects.iter().find(|object| object.label == label);
                    let kind = own.map(|object| (label, object.measure()));
                    let all = kind.and_then(|kind| sizes.get(&kind));
                    let all = all.map_or(&[][..], Vec::as_slice);
                    without(all, own.map(|object| object.size()))
                });
                let score = f64::from(now.score);
                if case
                    .score
                    .is_none_or(|before| (before - score).abs() >= SAME)
                {
                    case.score = Some(score);
                    rows.put_case(&case)?;
                    changed.push(case.id);
                }
            }
            Ok(changed)
        })
    }
}

/// The quality of a case's current revision as it is now, if its score was renewed since.
pub(super) fn renewed(
    rows: &dyn Rows,
    case: &Case,
    revision: &Revision,
) -> Result<Option<Quality>> {
    let provenance = &revision.provenance;
    let Some(quality) = &provenance.quality else {
        return Ok(None);
    };
    let recorded = f64::from(quality.score);
    if case
        .score
        .is_none_or(|score| (score - recorded).abs() < SAME)
    {
        return Ok(None);
    }
    let mut sizes: BTreeMap<Label, Vec<f64>> = BTreeMap::new();
    for object in &provenance.objects {
        let kind = (object.label, object.measure());
        let others = rows.sizes(&case.profile, kind, &case.id, COHORT)?;
        sizes.insert(object.label, others);
    }
    let others = |label| sizes.get(&label).cloned().unwrap_or_default();
    Ok(Some(compared(quality, &provenance.objects, others)))
}

fn current(rows: &dyn Rows, case: &Case) -> Result<Option<Revision>> {
    match case.revision {
        Some(number) => Ok(rows.revision(&case.id, number)?),
        None => Ok(None),
    }
}

/// All sizes but one that is this: a case is not compared with itself.
fn without(all: &[f64], own: Option<f64>) -> Vec<f64> {
    let own = own.and_then(|own| all.iter().position(|size| *size == own));
    let others = all.iter().enumerate().filter(|(at, _)| Some(*at) != own);
    others.map(|(_, size)| *size).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_left_out_once() {
        assert_eq!(without(&[1.0, 2.0, 2.0], Some(2.0)), [1.0, 2.0]);
        assert_eq!(without(&[1.0, 2.0], Some(3.0)), [1.0, 2.0]);
        assert_eq!(without(&[1.0], None), [1.0]);
    }
}
