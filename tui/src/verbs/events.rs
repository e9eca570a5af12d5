//! `medicosam events`

use super::Error;
use clap::Args;
use futures_util::StreamExt;
use medicosam_shared::client::Client;
use std::io::{ErrorKind, Write};

/// Which entries of the audit log are printed, one JSON object a line.
#[derive(Debug, Clone, Args)]
pub struct EventsArgs {
    /// Only entries after number N (`seq`)
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub since: u64,
    /// Go on with what happens, until the daemon ends
    #[arg(long, short)]
    pub follow: bool,
    /// Print errors as JSON too
    #[arg(long)]
    pub json: bool,
}

pub(super) async fn run(
    client: &Client,
    args: &EventsArgs,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let last = client.status().await?.last_event;
    if !args.follow && last <= args.since {
        return Ok(());
    }
    let events = client.events(args.since).await?;
    let mut events = std::pin::pin!(events);
    while let Some(event) = events.next().await {
        let event = event?;
        let line = serde_json::to_string(&event).map_err(|error| Error::Output(error.into()))?;
        match writeln!(out, "{line}").and_then(|()| out.flush()) {
            // `medicosam events | head` is no failure.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
            written => written.map_err(Error::Output)?,
        }
        if !args.follow && event.seq >= last {
            return Ok(());
        }
    }
    Err(Error::Ended)
}
