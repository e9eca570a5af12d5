//! `medicosam retry`

use super::Error;
use super::many::{ManyArgs, each};
use medicosam_shared::client::Client;
use std::io::Write;

pub(super) async fn run(
    client: &Client,
    args: &ManyArgs,
    out: &mut dyn Write,
) -> Result<(), Error> {
    each(client, args, out, async |client, case| {
        Ok(client.retry(&case.id).await?)
    })
    .await
}
