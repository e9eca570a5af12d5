//! `medicosam dismiss` and `bring-back`

use super::Error;
use super::many::{ManyArgs, each};
use medicosam_shared::client::Client;
use std::io::Write;

pub(super) async fn dismiss(
    client: &Client,
    args: &ManyArgs,
    out: &mut dyn Write,
) -> Result<(), Error> {
    each(client, args, out, async |client, case| {
        Ok(client.dismiss(&case.id).await?)
    })
    .await
}

pub(super) async fn bring_back(
    client: &Client,
    args: &ManyArgs,
    out: &mut dyn Write,
) -> Result<(), Error> {
    each(client, args, out, async |client, case| {
        Ok(client.bring_back(&case.id).await?)
    })
    .await
}
