//! `medicosam retry`

use super::{Error, ReadArgs, print};
use medicosam_shared::client::Client;
use medicosam_shared::text::printable;
use std::io::Write;

pub(super) async fn run(
    client: &Client,
    args: &ReadArgs,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let case = client.case(&args.case.case).await?.summary;
    let case = client.retry(&case.id).await?;
    print(out, args.format.json, &case, |case| {
        format!("{} ({}): {}\n", case.id, printable(&case.name), case.state)
    })
}
