//! How far first and second readings agree.

use super::rows::{case, history};
use super::{Registry, Result};
use crate::case::{Case, decision};
use crate::store::{CaseQuery, Rows};
use medicosam_shared::agreement::{Agreement, Pair, objects};
use medicosam_shared::case::Verdict;

impl Registry {
    /// How far the readings of the listed cases agree, of one profile or of all.
    pub fn agreement(&self, profile: Option<&str>) -> Result<Agreement> {
        self.read(|rows| {
            let (mut pairs, mut waiting) = (Vec::new(), 0);
            for second in rows.cases(&CaseQuery::Listed)? {
                let Some(first) = &second.reads else {
                    continue;
                };
                if profile.is_some_and(|profile| profile != second.profile) {
                    continue;
                }
                let first = case(rows, first)?;
                match (read(rows, &first)?, read(rows, &second)?) {
                    // One person alone agrees with nobody.
                    (Some(a), Some(b)) if a.0 == b.0 => {}
                    (Some(a), Some(b)) => pairs.push(pair(rows, (&first, a), (&second, b))?),
                    (None, _) | (_, None) => waiting += 1,
                }
            }
            Ok(Agreement::of(pairs, waiting))
        })
    }
}

/// A reader, and what they decided.
type Read = (String, Verdict);

/// The person's decision that stands on a case.
fn read(rows: &dyn Rows, case: &Case) -> Result<Option<Read>> {
    if !case.is_decided() {
        return Ok(None);
    }
    let last = decision::last(&history(rows, &case.id)?);
    Ok(last.and_then(|standing| {
        let verdict = standing.verdict()?;
        Some((standing.who, verdict))
    }))
}

fn pair(rows: &dyn Rows, (first, a): (&Case, Read), (second, b): (&Case, Read)) -> Result<Pair> {
    let masks = |case: &Case| match case.revision {
        Some(number) => rows.masks(&case.id, number),
        None => Ok(None),
    };
    let compared = masks(first)?.zip(masks(second)?);
    Ok(Pair {
        first: first.id.clone(),
        second: second.id.clone(),
        name: first.source.name(),
        profile: first.profile.clone(),
        readers: [a.0, b.0],
        verdicts: [a.1, b.1],
        objects: compared.map_or_else(Vec::new, |(a, b)| objects(&a, &b)),
    })
}
