//! `medicosam list`

use super::table::{Align, table};
use super::{Error, FormatArgs, print, values};
use crate::app::state::queue::filter::Filter;
use crate::app::state::queue::sort::Sort;
use crate::figures::{age, millilitres, score};
use clap::Args;
use jiff::Timestamp;
use medicosam_shared::api::CaseList;
use medicosam_shared::case::{CaseState, CaseSummary};
use medicosam_shared::client::Client;
use medicosam_shared::text::printable;
use std::io::Write;

const FILTERS: &str = "\
A filter is terms with blanks between, all of which must hold:
  liver 12              words in the name (letters may be left out), profile, reviewer, state, id
  state:review,flagged  also profile: by: name: reason: fault: id:
  state:dismissed       failed cases that were put away, which are not listed otherwise
  assigned:me           also assigned:nobody assigned:ana
  reading:second        second readings; reading:first the others
  score<0.8 ml>=10      also age<2h (s m h d w) revision>1 score:none
  !state:review         what does not fit; quotes keep blanks together: reason:\"too big\"";

/// Which cases, and how they are printed.
#[derive(Debug, Clone, Args)]
#[command(after_help = FILTERS)]
pub struct ListArgs {
    /// Only cases in these states, with commas between; may be given more than once
    #[arg(long, value_name = "STATE", value_delimiter = ',', value_parser = values::states())]
    pub state: Vec<CaseState>,
    /// Only cases that fit, as typed after / on the screen: 'state:review score<0.8 liver'
    #[arg(long, value_name = "FILTER", value_parser = str::parse::<Filter>, default_value = "", hide_default_value = true)]
    pub filter: Filter,
    /// What they are sorted by
    #[arg(long, value_name = "ORDER", value_parser = values::orders(), default_value = "attention")]
    pub sort: Sort,
    /// The other way round
    #[arg(long)]
    pub reverse: bool,
    /// Print ids only, one a line, for `medicosam approve $(medicosam list --ids …)`
    #[arg(long, conflicts_with = "json")]
    pub ids: bool,
    /// How to print it.
    #[command(flatten)]
    pub format: FormatArgs,
}

pub(super) async fn run(
    client: &Client,
    args: &ListArgs,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let mut list = client.cases().await?;
    if !args.state.is_empty() {
        list.cases.retain(|case| args.state.contains(&case.state));
    }
    let now = Timestamp::now();
    list.cases.retain(|case| args.filter.matches(case, now));
    list.cases = sorted(list.cases, args.sort, args.reverse);
    print(out, args.format.json, &list, |list| match args.ids {
        true => list.cases.iter().map(|c| format!("{}\n", c.id)).collect(),
        false => text(list, now),
    })
}

/// Cases in an order, or in the opposite one.
pub(super) fn sorted(mut cases: Vec<CaseSummary>, by: Sort, reverse: bool) -> Vec<CaseSummary> {
    cases.sort_by(|a, b| {
        let order = by.compare(a, b);
        if reverse { order.reverse() } else { order }
    });
    cases
}

pub(super) fn text(list: &CaseList, now: Timestamp) -> String {
    if list.cases.is_empty() {
        return "no cases\n".to_owned();
    }
    let row = |case: &CaseSummary| {
        [
            printable(&case.id.0),
            case.state.to_string(),
            printable(&case.name),
            printable(&case.profile),
            millilitres(case.volume_ml),
            score(case.score),
            age(now, case.updated),
            case.reviewer.as_deref().map(printable).unwrap_or_default(),
            marks(case),
        ]
    };
    let rows: Vec<_> = list.cases.iter().map(row).collect();
    table(
        [
            ("CASE", Align::Left),
            ("STATE", Align::Left),
            ("NAME", Align::Left),
            ("PROFILE", Align::Left),
            ("ML", Align::Right),
            ("SCORE", Align::Right),
            ("AGE", Align::Right),
            ("BY", Align::Left),
            ("MARK", Align::Left),
        ],
        &rows,
    )
}

/// A second reading in a few words.
fn second(case: &CaseSummary) -> &'static str {
    match case.you_read_first {
        false => "second reading",
        true => "second reading, not for you",
    }
}

/// What is special about a case, in a few words.
fn marks(case: &CaseSummary) -> String {
    let assigned = case.assigned.as_deref().map(printable);
    let marks = [
        case.draft.then(|| "draft".to_owned()),
        case.needs_prompt().then(|| "needs a prompt".to_owned()),
        case.reads.as_ref().map(|_| second(case).to_owned()),
        assigned.map(|whose| format!("for {whose}")),
    ];
    let marks: Vec<String> = marks.into_iter().flatten().collect();
    marks.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::{noon, summary};

    #[test]
    fn cases_are_a_table() {
        let mut approved = summary("77aa", CaseState::Approved, Some(0.94));
        approved.reviewer = Some("ana".to_owned());
        let mut drafted = summary("3f2a", CaseState::Review, Some(0.71));
        drafted.draft = true;
        drafted.assigned = Some("ben".to_owned());
        let mut unprompted = summary("5c1e", CaseState::Review, None);
        unprompted.revision = Some(1);
        let mut second = summary("88bb", CaseState::Review, Some(0.71));
        second.reads = Some(approved.id.clone());
        second.you_read_first = true;
        let list = CaseList {
            cases: vec![
                second,
                unprompted,
                drafted,
                summary("b0\x1b[2J", CaseState::Failed, None),
                approved,
            ],
            last_event: 7,
        };
        insta::assert_snapshot!("list", text(&list, noon()));
    }
}
