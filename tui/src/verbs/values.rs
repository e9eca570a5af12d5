//! Values of arguments that help and completions list, and cases for the completions.

use crate::app::state::queue::sort::Sort;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use medicosam_shared::api::CaseList;
use medicosam_shared::case::CaseState;
use medicosam_shared::client::Client;
use medicosam_shared::paths;
use std::ffi::OsStr;
use std::time::Duration;

/// How long the completions wait for the daemon.
const PATIENCE: Duration = Duration::from_millis(700);

pub(super) fn states() -> impl TypedValueParser<Value = CaseState> {
    let words = PossibleValuesParser::new(CaseState::ALL.map(CaseState::as_str));
    words.try_map(|word| word.parse::<CaseState>())
}

pub(super) fn orders() -> impl TypedValueParser<Value = Sort> {
    let words = PossibleValuesParser::new(Sort::ALL.map(Sort::as_str));
    words.try_map(|word| word.parse::<Sort>())
}

/// Completes ids and names of the cases of the daemon on this machine; nothing where none answers.
pub(super) fn cases() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let typed = typed.to_str().unwrap_or_default();
        list().map_or_else(Vec::new, |list| candidates(&list, typed))
    })
}

fn list() -> Option<CaseList> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().ok()?;
    let client = Client::new(paths::default_socket());
    let asked = async { tokio::time::timeout(PATIENCE, client.cases()).await };
    runtime.block_on(asked).ok()?.ok()
}

/// Names that begin like what is typed, with their states; ids once something of one is typed, because
/// nobody chooses among a hundred of them.
fn candidates(list: &CaseList, typed: &str) -> Vec<CompletionCandidate> {
    let names = list
        .cases
        .iter()
        .filter(|case| case.reads.is_none() && case.name.starts_with(typed));
    let names = names.map(|case| {
        let help = format!("{} {}", case.state, case.id);
        CompletionCandidate::new(&case.name).help(Some(help.into()))
    });
    let ids = list.cases.iter();
    let ids = ids.filter(|case| !typed.is_empty() && case.id.0.starts_with(typed));
    let ids = ids.map(|case| {
        let help = format!("{} {}", case.state, case.name);
        CompletionCandidate::new(&case.id.0).help(Some(help.into()))
    });
    names.chain(ids).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::summary;

    #[test]
    fn names_are_offered_and_ids_once_they_are_begun() {
        let list = CaseList {
            cases: vec![
                summary("3f2a", CaseState::Review, None),
                summary("77aa", CaseState::Failed, None),
            ],
            last_event: 0,
        };
        let offered = |typed| -> Vec<String> {
            let found = candidates(&list, typed);
            let values = found
                .iter()
                .map(|c| c.get_value().to_string_lossy().into_owned());
            values.collect()
        };
        let names: Vec<String> = list.cases.iter().map(|case| case.name.clone()).collect();
        assert_eq!(offered(""), names);
        assert_eq!(offered("77a").last().map(String::as_str), Some("77aa"));
        assert!(offered("zz").is_empty());
    }
}
