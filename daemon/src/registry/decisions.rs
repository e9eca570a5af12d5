//! What people say about a case.

use super::rows::{author_of, case, history, log};
use super::{Registry, Result, second_readings};
use crate::case::{Entry, assignment, decision, dismissal};
use medicosam_shared::api::{DecisionRequest, UndoRequest};
use medicosam_shared::case::{Action, CaseId, CaseSummary};

impl Registry {
    /// Writes down a person's decision on the current revision. The first one may have the case read a
    /// second time.
    pub fn decide(&self, id: &CaseId, who: &str, request: &DecisionRequest) -> Result<CaseSummary> {
        self.write(|rows, now| {
            let mut case = case(rows, id)?;
            second_readings::check_reader(rows, &case, who)?;
            let (author, history) = (author_of(rows, &case)?, history(rows, id)?);
            let entry = decision::decide(&mut case, &author, &history, who, request, now)?;
            rows.put_case(&case)?;
            let other = assignment::note_other_decider(&case, who);
            log(rows, [entry].into_iter().chain(other), now)?;
            second_readings::draw(rows, &case, request.verdict, &self.second_readings, now)?;
            Ok(case.summary())
        })
    }

    /// Says who is to look at a case; `None`: nobody in particular.
    pub fn assign(&self, id: &CaseId, who: &str, to: Option<&str>) -> Result<CaseSummary> {
        self.write(|rows, now| {
            let mut case = case(rows, id)?;
            let entry = assignment::assign(&mut case, to, who, now)?;
            rows.put_case(&case)?;
            log(rows, entry, now)?;
            Ok(case.summary())
        })
    }

    /// Takes back a person's own decision on the current revision: the case is what it was before, and
    /// the history says so.
    pub fn undo(&self, id: &CaseId, who: &str, request: &UndoRequest) -> Result<CaseSummary> {
        self.write(|rows, now| {
            let mut case = case(rows, id)?;
            let current = match case.revision {
                Some(number) => rows.revision(id, number)?,
                None => None,
            };
            let history = history(rows, id)?;
            let entry = decision::undo(&mut case, current.as_ref(), &history, who, request, now)?;
            rows.put_case(&case)?;
            log(rows, [entry], now)?;
            Ok(case.summary())
        })
    }

    /// Puts a failed case away.
    pub fn dismiss(&self, id: &CaseId, who: &str) -> Result<CaseSummary> {
        self.write(|rows, now| {
            let mut case = case(rows, id)?;
            let entry = dismissal::dismiss(&mut case, who, now)?;
            rows.put_case(&case)?;
            log(rows, entry, now)?;
            Ok(case.summary())
        })
    }

    /// Brings a case back that was put away.
    pub fn bring_back(&self, id: &CaseId, who: &str) -> Result<CaseSummary> {
        self.write(|rows, now| {
            let mut case = case(rows, id)?;
            let entry = dismissal::bring_back(&mut case, who, now);
            rows.put_case(&case)?;
            log(rows, entry, now)?;
            Ok(case.summary())
        })
    }

    /// Writes a person's note into the audit log. Nothing else changes.
    pub fn note(&self, id: &CaseId, who: &str, text: &str) -> Result<CaseSummary> {
        self.write(|rows, now| {
            let case = case(rows, id)?;
            second_readings::check_reader(rows, &case, who)?;
            let entry = Entry::new(who, Action::Noted, id, case.revision, text);
            log(rows, [entry], now)?;
            Ok(case.summary())
        })
    }
}
