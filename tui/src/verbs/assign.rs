//! `medicosam assign`

use super::many::{ManyArgs, each};
use super::{Error, FormatArgs, values};
use clap::Args;
use medicosam_shared::client::Client;
use std::io::Write;

/// What stands for the user who asks.
const ME: &str = "me";

/// Cases, and who is to look at them.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "medicosam assign [OPTIONS] <CASE>... <USER>\n       \
                      medicosam assign [OPTIONS] --nobody <CASE>..."
)]
pub struct AssignArgs {
    /// The cases, as other verbs name them, and behind them the login name of the user; `me` for
    /// yourself
    #[arg(
        required = true,
        value_name = "CASE… USER",
        value_parser = clap::builder::NonEmptyStringValueParser::new(),
        add = values::cases()
    )]
    pub names: Vec<String>,
    /// Assign the cases to nobody: all names are cases then
    #[arg(long)]
    pub nobody: bool,
    /// How to print it.
    #[command(flatten)]
    pub format: FormatArgs,
}

pub(super) async fn run(
    client: &Client,
    args: &AssignArgs,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let (cases, to) = match (args.nobody, args.names.split_last()) {
        (false, Some((user, cases))) if !cases.is_empty() => (cases, Some(user.as_str())),
        (false, _) => return Err(Error::NoUser),
        (true, _) => (args.names.as_slice(), None),
    };
    let to = match to {
        Some(ME) => Some(client.status().await?.you),
        other => other.map(str::to_owned),
    };
    let many = ManyArgs {
        cases: cases.to_vec(),
        format: args.format,
    };
    each(client, &many, out, async |client, case| {
        Ok(client.assign(&case.id, to.as_deref()).await?)
    })
    .await
}
