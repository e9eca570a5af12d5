//! `medicosam retry`

use super::Error;
use super::many::{ManyArgs, each};
use clap::Args;
use medicosam_shared::api::{OutputChoice, RetryRequest};
use medicosam_shared::client::Client;
use std::io::Write;

/// Which cases are tried again, and what becomes of a result that they found in their place.
#[derive(Debug, Clone, Args)]
pub struct RetryArgs {
    /// Which cases, and how to print it.
    #[command(flatten)]
    pub many: ManyArgs,
    /// Of cases that paused because another result lies where theirs goes (`output-changed`): keep it,
    /// and write the new result beside it under another name
    #[arg(long, conflicts_with = "replace")]
    pub keep: bool,
    /// Of such cases: replace it by the new result
    #[arg(long)]
    pub replace: bool,
}

impl RetryArgs {
    fn choice(&self) -> Option<OutputChoice> {
        match (self.keep, self.replace) {
            (true, _) => Some(OutputChoice::Keep),
            (false, true) => Some(OutputChoice::Replace),
            (false, false) => None,
        }
    }
}

pub(super) async fn run(
    client: &Client,
    args: &RetryArgs,
    out: &mut dyn Write,
) -> Result<(), Error> {
    each(client, &args.many, out, async |client, case| {
        let output = args.choice();
        // Only what lies there now is replaced, not what may come in its place.
        let found = match output {
            Some(OutputChoice::Replace) => client.case(&case.id.0).await?.output_found,
            Some(OutputChoice::Keep) | None => None,
        };
        let request = RetryRequest {
            output,
            found: found.and_then(|found| found.sha256),
        };
        Ok(client.retry(&case.id, &request).await?)
    })
    .await
}
