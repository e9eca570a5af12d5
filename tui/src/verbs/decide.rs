//! `medicosam approve`, `reject`, `flag`

use super::many::{ManyArgs, each};
use super::{Error, revision};
use clap::Args;
use medicosam_shared::api::DecisionRequest;
use medicosam_shared::case::{RevisionNumber, Verdict};
use medicosam_shared::client::Client;
use std::io::Write;

/// What every decision needs.
#[derive(Debug, Clone, Args)]
pub struct DecisionArgs {
    /// Which cases, and how to print it.
    #[command(flatten)]
    pub many: ManyArgs,
    /// The revision that was looked at; another current one is a conflict (exit status 4)
    /// [default: the current one]
    #[arg(long, value_name = "N")]
    pub revision: Option<RevisionNumber>,
    /// Replace what another reviewer decided on the same revision
    #[arg(long)]
    pub overrule: bool,
}

/// An approval.
#[derive(Debug, Clone, Args)]
pub struct ApproveArgs {
    /// What every decision needs.
    #[command(flatten)]
    pub decision: DecisionArgs,
    /// A remark for the audit log
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    pub note: String,
}

/// A rejection or a flag.
#[derive(Debug, Clone, Args)]
pub struct ObjectArgs {
    /// What every decision needs.
    #[command(flatten)]
    pub decision: DecisionArgs,
    /// Why, for the audit log and for the next person who looks
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub reason: String,
}

pub(super) async fn approve(
    client: &Client,
    args: &ApproveArgs,
    out: &mut dyn Write,
) -> Result<(), Error> {
    decide(client, &args.decision, Verdict::Approve, &args.note, out).await
}

pub(super) async fn object(
    client: &Client,
    args: &ObjectArgs,
    verdict: Verdict,
    out: &mut dyn Write,
) -> Result<(), Error> {
    decide(client, &args.decision, verdict, &args.reason, out).await
}

async fn decide(
    client: &Client,
    args: &DecisionArgs,
    verdict: Verdict,
    reason: &str,
    out: &mut dyn Write,
) -> Result<(), Error> {
    each(client, &args.many, out, async |client, case| {
        let request = DecisionRequest {
            revision: revision(args.revision, &case)?,
            verdict,
            reason: reason.to_owned(),
            overrule: args.overrule,
        };
        Ok(client.decide(&case.id, &request).await?)
    })
    .await
}
