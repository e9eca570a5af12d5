//! Reference masks beside cases, and revisions that are made of them.

use super::rows::{author_of, case, log, open_work, revision};
use super::{Registry, Result, second_readings};
use crate::case::{Case, Refusal, WorkId, reference};
use crate::store::Rows;
use medicosam_shared::case::{CaseId, RevisionNumber};
use medicosam_shared::geometry::Axis;
use medicosam_shared::mask::MaskSet;
use medicosam_shared::prompt::Label;
use medicosam_shared::provenance::ScanInfo;
use medicosam_shared::reference::Reference;
use std::collections::{BTreeMap, BTreeSet};

/// What reference masks of a case must fit.
#[derive(Debug, Clone, PartialEq)]
pub struct ReferenceFrame {
    /// The case.
    pub case: CaseId,
    /// The geometry of its scan.
    pub scan: ScanInfo,
    /// The axis that its slices are cut across.
    pub axis: Axis,
    /// The objects of its current revision.
    pub objects: BTreeMap<Label, String>,
}

impl ReferenceFrame {
    /// Whether a label map with these labels has any object of the case; a case without objects takes
    /// any.
    pub fn knows_any_of(&self, labels: &BTreeSet<Label>) -> bool {
        self.objects.is_empty() || labels.iter().any(|label| self.objects.contains_key(label))
    }
}

impl Registry {
    /// What reference masks of a case must fit. The case needs a revision to be compared with.
    pub fn reference_frame(&self, id: &CaseId) -> Result<ReferenceFrame> {
        self.read(|rows| {
            let case = case(rows, id)?;
            let none = || case.refuse("there is no revision to compare masks with yet");
            let current = revision(rows, id, case.revision.ok_or_else(none)?)?.provenance;
            let objects = current.objects.into_iter();
            Ok(ReferenceFrame {
                case: case.id,
                scan: current.scan.info,
                axis: current.axis,
                objects: objects.map(|object| (object.label, object.name)).collect(),
            })
        })
    }

    /// Keeps reference masks beside a case, and queues work that makes a revision of them in place of
    /// `put_up`, if that is wanted.
    pub fn put_reference(
        &self,
        id: &CaseId,
        (reference, masks): (&Reference, &MaskSet),
        put_up: Option<RevisionNumber>,
    ) -> Result<Option<WorkId>> {
        self.write(|rows, now| {
            let case = case(rows, id)?;
            second_readings::check_reader(rows, &case, &reference.by)?;
            let kept = rows.references(id)?.into_iter();
            let kept: Vec<String> = kept.map(|reference| reference.name).collect();
            let entry = reference::keep(&case, &kept, reference)?;
            rows.put_reference(id, reference, masks)?;
            log(rows, [entry], now)?;
            let Some(replaced) = put_up else {
                return Ok(None);
            };
            let (author, open) = (author_of(rows, &case)?, open_work(rows, id)?);
            let (item, entry) = reference::put_up(&case, &open, &author, (replaced, reference))?;
            let work = rows.put_work(&item)?;
            log(rows, [entry], now)?;
            Ok(Some(work))
        })
    }

    /// Takes reference masks away.
    pub fn remove_reference(&self, id: &CaseId, who: &str, name: &str) -> Result<()> {
        self.write(|rows, now| {
            let case = case(rows, id)?;
            find(rows, &case, name)?;
            rows.remove_reference(id, name)?;
            log(rows, [reference::remove(&case, name, who)], now)
        })
    }

    /// Reference masks and where they came from.
    pub fn reference(&self, id: &CaseId, name: &str) -> Result<(Reference, MaskSet)> {
        self.read(|rows| {
            let case = case(rows, id)?;
            let found = find(rows, &case, name)?;
            let masks = rows.reference_masks(id, name)?;
            Ok((found, masks.ok_or_else(|| missing(&case, name))?))
        })
    }
}

fn find(rows: &dyn Rows, case: &Case, name: &str) -> Result<Reference> {
    let mut all = rows.references(&case.id)?.into_iter();
    let found = all.find(|reference| reference.name == name);
    Ok(found.ok_or_else(|| missing(case, name))?)
}

fn missing(case: &Case, name: &str) -> Refusal {
    Refusal::NoSuchReference {
        case: case.id.clone(),
        name: name.to_owned(),
    }
}
