//! The same thing for several cases: each is tried, whatever becomes of the others.

use super::error::Told;
use super::named::Names;
use super::{Error, FormatArgs, print, values};
use clap::Args;
use medicosam_shared::case::CaseSummary;
use medicosam_shared::client::Client;
use medicosam_shared::text::printable;
use serde::Serialize;
use std::io::Write;

/// Names cases and how the result is printed.
#[derive(Debug, Clone, Args)]
pub struct ManyArgs {
    /// The cases: their ids or the names of their scans (without the ending, too), or the beginnings
    /// of either
    #[arg(
        required = true,
        value_name = "CASE",
        value_parser = clap::builder::NonEmptyStringValueParser::new(),
        add = values::cases()
    )]
    pub cases: Vec<String>,
    /// How to print it.
    #[command(flatten)]
    pub format: FormatArgs,
}

/// The outcomes for several cases, as JSON.
#[derive(Debug, Serialize)]
struct Outcome {
    cases: Vec<CaseSummary>,
    errors: Vec<Refusal>,
}

/// A case for which it could not be done.
#[derive(Debug, Serialize)]
struct Refusal {
    /// As it was named.
    case: String,
    error: Told,
}

/// Does `act` for each case in turn, prints one case as it is then, or all of them together, and
/// fails as the worst of them did.
pub(super) async fn each(
    client: &Client,
    args: &ManyArgs,
    out: &mut dyn Write,
    act: impl AsyncFn(&Client, CaseSummary) -> Result<CaseSummary, Error>,
) -> Result<(), Error> {
    let names = Names::new(client);
    let one = async |name: &str| -> Result<CaseSummary, Error> {
        let id = names.find(name).await?;
        let case = client.case(&id.0).await?.summary;
        act(client, case).await
    };
    if let [name] = args.cases.as_slice() {
        let case = one(name).await?;
        return print(out, args.format.json, &case, line);
    }
    let mut outcome = Outcome {
        cases: Vec::new(),
        errors: Vec::new(),
    };
    let mut worst = None;
    for name in &args.cases {
        match one(name).await {
            Ok(case) => outcome.cases.push(case),
            Err(error) => {
                outcome.errors.push(Refusal {
                    case: name.clone(),
                    error: error.told(),
                });
                worst = worst.max(Some(error.exit()));
            }
        }
    }
    print(out, args.format.json, &outcome, |outcome| {
        let cases = outcome.cases.iter().map(line);
        let errors = outcome.errors.iter();
        let errors = errors.map(|e| format!("{}: {}\n", printable(&e.case), e.error));
        cases.chain(errors).collect()
    })?;
    match worst {
        None => Ok(()),
        Some(exit) => Err(Error::NotAll {
            refused: outcome.errors.len(),
            asked: args.cases.len(),
            exit,
        }),
    }
}

fn line(case: &CaseSummary) -> String {
    let revision = case
        .revision
        .map_or_else(String::new, |n| format!(" revision {n}"));
    let name = printable(&case.name);
    let away = if case.dismissed { ", put away" } else { "" };
    let whose = case.assigned.as_deref().map(printable);
    let whose = whose.map_or_else(String::new, |whose| format!(", assigned to {whose}"));
    format!(
        "{} ({name}){revision}: {}{away}{whose}\n",
        case.id, case.state
    )
}
