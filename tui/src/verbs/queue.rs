//! `medicosam hurry`, `pause` and `resume`

use super::many::{ManyArgs, each};
use super::{Error, FormatArgs, print};
use medicosam_shared::api::Intake;
use medicosam_shared::client::Client;
use medicosam_shared::text::printable;
use std::io::Write;

pub(super) async fn hurry(
    client: &Client,
    args: &ManyArgs,
    out: &mut dyn Write,
) -> Result<(), Error> {
    each(client, args, out, async |client, case| {
        Ok(client.hurry(&case.id).await?)
    })
    .await
}

pub(super) async fn pause(
    client: &Client,
    args: FormatArgs,
    paused: bool,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let intake = client.pause_intake(paused).await?;
    print(out, args.json, &intake, text)
}

fn text(intake: &Intake) -> String {
    match &intake.paused {
        Some(pause) => format!("The intake is paused by {}.\n", printable(&pause.who)),
        None => "The intake goes on.\n".to_owned(),
    }
}
