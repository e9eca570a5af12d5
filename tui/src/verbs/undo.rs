//! `medicosam undo`

use super::Error;
use super::many::{ManyArgs, each};
use clap::Args;
use medicosam_shared::api::UndoRequest;
use medicosam_shared::case::RevisionNumber;
use medicosam_shared::client::Client;
use std::io::Write;

/// Which decisions are taken back.
#[derive(Debug, Clone, Args)]
pub struct UndoArgs {
    /// Which cases, and how to print it.
    #[command(flatten)]
    pub many: ManyArgs,
    /// The revision that was decided on; another current one is a conflict (exit status 4)
    /// [default: the current one]
    #[arg(long, value_name = "N")]
    pub revision: Option<RevisionNumber>,
}

pub(super) async fn run(
    client: &Client,
    args: &UndoArgs,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let request = UndoRequest {
        revision: args.revision,
    };
    each(client, &args.many, out, async |client, case| {
        Ok(client.undo(&case.id, &request).await?)
    })
    .await
}
