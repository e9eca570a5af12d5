//! `medicosam reference`

use super::table::{Align, table};
use super::{CaseArgs, Error, FormatArgs, named, print, revision};
use clap::Args;
use medicosam_shared::agreement::{ObjectAgreement, objects};
use medicosam_shared::api::ReferenceRequest;
use medicosam_shared::case::{CaseDetail, RevisionNumber};
use medicosam_shared::client::Client;
use medicosam_shared::reference::Reference;
use medicosam_shared::text::printable;
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Reference masks of a case.
#[derive(Debug, Clone, Args)]
pub struct ReferenceArgs {
    /// Which case.
    #[command(flatten)]
    pub case: CaseArgs,
    /// A label map on the scan's grid, which the daemon reads on its machine; without it the references
    /// that there are are listed
    #[arg(value_name = "FILE", conflicts_with = "remove")]
    pub file: Option<PathBuf>,
    /// What the masks are called [default: the name of the file]
    #[arg(long, value_name = "NAME", requires = "file")]
    pub name: Option<String>,
    /// Make a revision of exactly these masks as well, and put it up for review
    #[arg(long, requires = "file")]
    pub for_review: bool,
    /// The revision that they replace, which you have looked at [default: the current one]
    #[arg(long, value_name = "N", requires = "for_review")]
    pub revision: Option<RevisionNumber>,
    /// Take the masks of this name away
    #[arg(long, value_name = "NAME")]
    pub remove: Option<String>,
    /// How to print it.
    #[command(flatten)]
    pub format: FormatArgs,
}

/// A reference, compared with the current revision.
#[derive(Debug, Serialize)]
struct Compared {
    #[serde(flatten)]
    reference: Reference,
    /// Dice coefficients with the current revision.
    objects: Vec<ObjectAgreement>,
}

/// All that is compared.
#[derive(Debug, Serialize)]
struct References {
    /// The revision that was made, if one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    revised: Option<RevisionNumber>,
    references: Vec<Compared>,
}

pub(super) async fn run(
    client: &Client,
    args: &ReferenceArgs,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let mut case = named::detail(client, &args.case.case).await?;
    let id = case.summary.id.clone();
    let mut revised = None;
    if let Some(name) = &args.remove {
        case = client.remove_reference(&id, name).await?;
    } else if let Some(file) = &args.file {
        let put_up = match args.for_review {
            true => Some(revision(args.revision, &case.summary)?),
            false => None,
        };
        let request = ReferenceRequest {
            path: whole(client, file),
            name: args.name.clone(),
            put_up,
        };
        revised = client.add_reference(&id, &request).await?.revision;
        case = client.case(&id.0).await?;
    }
    let references = References {
        revised,
        references: compared(client, &case).await?,
    };
    print(out, args.format.json, &references, |references| {
        text(references, &case)
    })
}

/// The path on the daemon's machine: if that is another one, relative paths make no sense there, and the
/// daemon says so.
fn whole(client: &Client, file: &Path) -> String {
    let here = client.host().is_none();
    let whole = here.then(|| std::path::absolute(file).ok()).flatten();
    let whole = whole.unwrap_or_else(|| file.to_owned());
    whole.to_string_lossy().into_owned()
}

async fn compared(client: &Client, case: &CaseDetail) -> Result<Vec<Compared>, Error> {
    let id = &case.summary.id;
    let current = match case.summary.revision {
        Some(revision) if !case.references.is_empty() => Some(client.masks(id, revision).await?),
        Some(_) | None => None,
    };
    let mut all = Vec::with_capacity(case.references.len());
    for reference in &case.references {
        let masks = client.reference_masks(id, &reference.name).await?;
        let objects = current.as_ref().map(|current| objects(current, &masks));
        all.push(Compared {
            reference: reference.clone(),
            objects: objects.unwrap_or_default(),
        });
    }
    Ok(all)
}

fn text(references: &References, case: &CaseDetail) -> String {
    let mut text = String::new();
    if let Some(revision) = references.revised {
        text.push_str(&format!("revision {revision} is up for review\n"));
    }
    if references.references.is_empty() {
        let name = printable(&case.summary.name);
        text.push_str(&format!("no reference masks beside {name}\n"));
        return text;
    }
    let row = |compared: &Compared| {
        let objects = compared.objects.iter();
        let dice = objects.map(|o| format!("{} {:.2}", printable(&o.name), o.dice));
        let dice: Vec<String> = dice.collect();
        [
            printable(&compared.reference.name),
            printable(&compared.reference.by),
            printable(&compared.reference.path),
            dice.join(", "),
        ]
    };
    let rows: Vec<_> = references.references.iter().map(row).collect();
    text.push_str(&table(
        [
            ("NAME", Align::Left),
            ("BY", Align::Left),
            ("FILE", Align::Left),
            ("DICE", Align::Left),
        ],
        &rows,
    ));
    text
}
