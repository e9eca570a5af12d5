//! `medicosam note`

use super::{CaseArgs, Error, FormatArgs, named, print};
use clap::Args;
use medicosam_shared::api::NoteRequest;
use medicosam_shared::client::Client;
use medicosam_shared::text::printable;
use std::io::Write;

/// A note on a case.
#[derive(Debug, Clone, Args)]
pub struct NoteArgs {
    /// Which case.
    #[command(flatten)]
    pub case: CaseArgs,
    /// What the next person should know
    #[arg(value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub text: String,
    /// How to print it.
    #[command(flatten)]
    pub format: FormatArgs,
}

pub(super) async fn run(
    client: &Client,
    args: &NoteArgs,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let case = named::detail(client, &args.case.case).await?.summary;
    let request = NoteRequest {
        text: args.text.clone(),
    };
    let case = client.note(&case.id, &request).await?;
    print(out, args.format.json, &case, |case| {
        format!("{} ({}): noted\n", case.id, printable(&case.name))
    })
}
