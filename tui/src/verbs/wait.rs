//! `medicosam wait`

use super::list;
use super::{Error, FormatArgs, print};
use clap::{Args, ValueEnum};
use futures_util::StreamExt;
use jiff::Timestamp;
use medicosam_shared::api::{CaseList, Status};
use medicosam_shared::case::{CaseState, CaseSummary};
use medicosam_shared::client::{Client, ClientError};
use std::fmt;
use std::io::Write;
use std::time::Duration;

/// How often a daemon is asked although nothing has happened: files that settle are no event.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

const EXAMPLES: &str = "\
  medicosam wait --for review && notify-send 'a case is up for review'
  medicosam wait --for idle --timeout 2h --json | jq '.cases | length'";

/// What is waited for, and how long.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub struct WaitArgs {
    /// review: until a case is in review; failed: until one has failed; idle: until no work is left
    #[arg(
        long = "for",
        value_name = "WHAT",
        value_enum,
        hide_possible_values = true
    )]
    pub what: Awaited,
    /// Not longer than this (90s, 10m, 2h), or the exit status is 6 [default: without end]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// How to print it.
    #[command(flatten)]
    pub format: FormatArgs,
}

/// What can be waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Awaited {
    /// A case waits for a person
    Review,
    /// A case has failed
    Failed,
    /// Nothing is being segmented, waits for that, or is being copied
    Idle,
}

impl fmt::Display for Awaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Awaited::Review => "a case in review",
            Awaited::Failed => "a failed case",
            Awaited::Idle => "the end of all work",
        })
    }
}

/// Prints the cases that were waited for; those in review where all work had to end.
pub(super) async fn run(
    client: &Client,
    args: &WaitArgs,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let waiting = until(client, args.what);
    let list = match args.timeout {
        None => waiting.await?,
        Some(timeout) => match tokio::time::timeout(timeout, waiting).await {
            Ok(list) => list?,
            Err(_) => {
                return Err(Error::TimedOut {
                    what: args.what,
                    timeout,
                });
            }
        },
    };
    print(out, args.format.json, &list, |list| {
        list::text(list, Timestamp::now())
    })
}

async fn until(client: &Client, what: Awaited) -> Result<CaseList, ClientError> {
    loop {
        let mut list = client.cases().await?;
        let status = match what {
            Awaited::Idle => Some(client.status().await?),
            Awaited::Review | Awaited::Failed => None,
        };
        list.cases.retain(|case| !case.dismissed);
        if has_come(what, &list.cases, status.as_ref()) {
            let state = match what {
                Awaited::Review | Awaited::Idle => CaseState::Review,
                Awaited::Failed => CaseState::Failed,
            };
            list.cases
                .retain(|case| case.state == state && !case.you_read_first);
            return Ok(list);
        }
        let events = client.events(list.last_event).await?;
        let mut events = std::pin::pin!(events);
        // Whatever happens, and if nothing does, it is looked again.
        if let Ok(Some(event)) = tokio::time::timeout(LOOK_AGAIN, events.next()).await {
            event?;
        }
    }
}

fn has_come(what: Awaited, cases: &[CaseSummary], status: Option<&Status>) -> bool {
    let any = |state| cases.iter().any(|case: &CaseSummary| case.state == state);
    match what {
        Awaited::Review => cases.iter().any(CaseSummary::awaits_you),
        Awaited::Failed => any(CaseState::Failed),
        Awaited::Idle => {
            let at_work = [
                CaseState::Waiting,
                CaseState::Embedding,
                CaseState::Segmenting,
            ];
            let settled = status.is_none_or(|status| status.settling.is_empty());
            settled && !at_work.into_iter().any(any)
        }
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "a time is a number and s, m or h: 90s, 10m, 2h".to_owned();
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        _ => return Err(wrong()),
    };
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    let seconds = number.checked_mul(seconds).ok_or_else(wrong)?;
    Ok(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::{status, summary};

    #[test]
    fn times_have_a_unit() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("2h"), Ok(Duration::from_secs(7200)));
        for wrong in [
            "",
            "90",
            "s",
            "-1s",
            "1.5h",
            "2d",
            "m5",
            "1ä",
            "99999999999999999999h",
        ] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn all_work_has_ended_when_nothing_waits_and_no_file_is_being_copied() {
        let idle = |cases: &[CaseSummary], settling: &[&str]| {
            let mut status = status();
            status.settling = settling.iter().map(|path| (*path).to_owned()).collect();
            has_come(Awaited::Idle, cases, Some(&status))
        };
        assert!(idle(&[], &[]));
        assert!(!idle(&[], &["/data/incoming/a.nii.gz"]));
        let paused = summary("a", CaseState::Paused, None);
        assert!(idle(&[paused], &[]));
        assert!(!idle(&[summary("a", CaseState::Waiting, None)], &[]));
        let review = [summary("a", CaseState::Review, None)];
        assert!(has_come(Awaited::Review, &review, None));
        assert!(!has_come(Awaited::Failed, &review, None));
    }
}
