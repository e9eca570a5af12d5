//! Writes a checkpoint of random weights: `random_checkpoint vit-b 4242 FILE`.
//!
//! For measuring on machines where published weights cannot be had: speed and parity of a network do not
//! depend on what its weights have learnt.

use medicosam_tests::checkpoint::{Network, Vit};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [name, seed, file] = words.as_slice() else {
        return usage("three words are needed");
    };
    let network = match name.as_str() {
        "vit-b" => Network::Vit(Vit::b()),
        "vit-l" => Network::Vit(Vit::l()),
        "vit-h" => Network::Vit(Vit::h()),
        "mobilesam" => Network::MobileSam,
        "litemedsam" => Network::LiteMedSam,
        _ => return usage(&format!("{name} is not a network")),
    };
    let Ok(seed) = seed.parse() else {
        return usage(&format!("{seed} is not a seed"));
    };
    match network.write(Path::new(file), seed) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("writing {file}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn usage(reason: &str) -> ExitCode {
    eprintln!(
        "{reason}; usage: random_checkpoint vit-b|vit-l|vit-h|mobilesam|litemedsam SEED FILE"
    );
    ExitCode::from(2)
}
