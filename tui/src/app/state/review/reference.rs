//! Reference masks, drawn beside the masks of the case.

use super::Review;
use crate::app::event::Effect;
use medicosam_shared::mask::MaskSet;
use medicosam_shared::reference::Reference;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Which reference is drawn, and those that are here.
#[derive(Debug, Clone, Default)]
pub struct References {
    /// The name of the one that is drawn.
    shown: Option<String>,
    /// By the hash of their label maps.
    here: BTreeMap<String, Arc<MaskSet>>,
}

impl Review {
    /// Draws the next reference of the case, or none behind the last one. What is missing for that; why
    /// nothing happens, if there is no reference.
    pub fn next_reference(&mut self) -> Result<Vec<Effect>, &'static str> {
        let all = self
            .detail
            .as_ref()
            .map_or(&[][..], |detail| &detail.references);
        if all.is_empty() {
            return Err("No reference masks: `medicosam reference CASE FILE` puts some beside it.");
        }
        let shown = self.references.shown.as_deref();
        let next = match all
            .iter()
            .position(|reference| Some(&*reference.name) == shown)
        {
            None => all.first(),
            Some(at) => all.get(at + 1),
        };
        let missing = next.filter(|next| !self.references.here.contains_key(&next.sha256));
        let load = missing.map(|reference| Effect::LoadReference {
            case: self.case.clone(),
            name: reference.name.clone(),
            sha256: reference.sha256.clone(),
        });
        self.references.shown = next.map(|next| next.name.clone());
        self.display.masks_visible = true;
        Ok(load.into_iter().collect())
    }

    /// The reference that is drawn, once it is here.
    pub fn reference(&self) -> Option<(&Reference, &Arc<MaskSet>)> {
        let shown = self.references.shown.as_deref()?;
        let mut all = self.detail.as_ref()?.references.iter();
        let reference = all.find(|reference| reference.name == shown)?;
        Some((reference, self.references.here.get(&reference.sha256)?))
    }

    /// Takes in the masks of a reference whose label map has this hash.
    pub fn put_reference(&mut self, sha256: String, masks: Arc<MaskSet>) {
        self.references.here.insert(sha256, masks);
    }
}
