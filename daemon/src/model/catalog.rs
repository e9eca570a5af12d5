//! The models that are known by name.

use super::family::Family;

/// How well a model understands a kind of prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Understanding {
    /// It was trained on such prompts.
    Trained,
    /// It takes them, but was not trained on them: expect poor masks.
    Poor,
}

/// A published model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownModel {
    /// Name in configurations and on the command line.
    pub name: &'static str,
    /// What it is, in a line.
    pub summary: &'static str,
    /// Which kind of model.
    pub family: Family,
    /// SHA-256 of the published checkpoint, in lower-case hexadecimal.
    pub checkpoint_sha256: &'static str,
    /// Licence of the weights (SPDX).
    pub licence: &'static str,
    /// Where it is described.
    pub homepage: &'static str,
    /// How it takes boxes.
    pub boxes: Understanding,
    /// How it takes points.
    pub points: Understanding,
}

/// All of them.
pub const KNOWN_MODELS: [KnownModel; 1] = [KnownModel {
    name: "litemedsam",
    summary: "small medical model for machines without a GPU; boxes",
    family: Family::LiteMedSam,
    checkpoint_sha256: "79d8c9dca6db4d69d3f905579e5250af05e859fff9c1f543e89a513c3028ce76",
    licence: "Apache-2.0",
    homepage: "https://github.com/bowang-lab/MedSAM/tree/LiteMedSAM",
    boxes: Understanding::Trained,
    points: Understanding::Poor,
}];

/// The model of this name.
pub fn known_model(name: &str) -> Option<&'static KnownModel> {
    KNOWN_MODELS.iter().find(|model| model.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::Digest;

    #[test]
    fn every_known_model_has_a_name_of_its_own_and_a_digest() {
        for model in &KNOWN_MODELS {
            assert_eq!(known_model(model.name), Some(model));
            assert!(
                Digest::from_hex(model.checkpoint_sha256).is_some(),
                "{}",
                model.name
            );
        }
        assert_eq!(known_model("nonesuch"), None);
    }
}
