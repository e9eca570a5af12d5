//! The names of a checkpoint's tensors: they tell where the model begins, and whether it is one of
//! those that can be used at all.

/// What wrappers put before the names: data-parallel training, a trainer that holds the model as
/// `sam` or `model`, `torch.compile`.
const WRAPPERS: [&str; 4] = ["module.", "sam.", "model.", "_orig_mod."];

/// A tensor's name as SAM itself calls it: `image_encoder.…`, `prompt_encoder.…`,
/// `mask_decoder.…`.
pub fn normalised(name: &str) -> &str {
    let mut name = name;
    while let Some(rest) = WRAPPERS.iter().find_map(|w| name.strip_prefix(w)) {
        name = rest;
    }
    name
}

/// A kind of checkpoint that is known, and cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// Low-rank or other parameter-efficient fine-tuning beside the original weights.
    Peft,
    /// SAM-Med2D: adapters in the encoder, 256 × 256.
    SamMed2d,
    /// A 3D model with adapters around each block (MA-SAM and micro_sam's semantic 3D).
    MaSam,
    /// HQ-SAM: a decoder with one more token.
    HqSam,
    /// SAM 2 and models derived from it.
    Sam2,
    /// A UNETR decoder for automatic or semantic segmentation.
    Unetr,
}

impl Foreign {
    /// Its kind and the remedy, as the rest of a sentence that starts with "it is".
    pub fn explanation(self) -> &'static str {
        match self {
            Foreign::Peft => {
                "a model with LoRA or other adapters beside SAM's own weights (qkv_proj, w_a_linear \
                 and the like). Merge them into the weights in Python, and save the plain SAM \
                 state_dict"
            }
            Foreign::SamMed2d => {
                "a SAM-Med2D checkpoint, whose encoder has adapters that SAM does not have. It \
                 cannot be run; MedicoSAM, MedSAM and LiteMedSAM can"
            }
            Foreign::MaSam => {
                "a 3D model with adapters around SAM's blocks (MA-SAM, semantic segmentation). It \
                 takes no prompts; import the promptable 2D checkpoint"
            }
            Foreign::HqSam => {
                "an HQ-SAM checkpoint, whose decoder has a token that SAM does not have. Import \
                 the SAM checkpoint that it was made from"
            }
            Foreign::Sam2 => {
                "a SAM 2 checkpoint (or MedSAM2), which is another architecture. Import a model of \
                 the first SAM: MedicoSAM, MedSAM, LiteMedSAM, MobileSAM or SAM itself"
            }
            Foreign::Unetr => {
                "a UNETR decoder for segmentation without prompts (as vit_b_medical_imaging_decoder \
                 is). Import the promptable model that belongs to it (vit_b_medical_imaging)"
            }
        }
    }
}

/// Recognises models of other kinds, by normalised names.
pub fn foreign<'a>(names: impl Iterator<Item = &'a str>) -> Option<Foreign> {
    let mut unetr = false;
    let mut encoder = false;
    for name in names {
        let has = |part| name.contains(part);
        let is = |prefixes: &[&str]| prefixes.iter().any(|p| name.starts_with(p));
        if has(".adapter_linear_") || has(".adapter_conv") {
            return Some(Foreign::MaSam);
        }
        if has(".Adapter.") {
            return Some(Foreign::SamMed2d);
        }
        if has(".qkv.qkv_proj.")
            || has(".w_a_linear")
            || has(".w_b_linear")
            || has(".mlp.mlp_layer.")
            || has("lora_")
        {
            return Some(Foreign::Peft);
        }
        if is(&["mask_decoder.hf_token", "mask_decoder.hf_mlp"]) {
            return Some(Foreign::HqSam);
        }
        if is(&[
            "image_encoder.trunk.",
            "memory_attention.",
            "sam_mask_decoder.",
        ]) {
            return Some(Foreign::Sam2);
        }
        encoder |= is(&["image_encoder."]);
        unetr |= is(&[
            "deconv1.",
            "decoder_head.",
            "decoder.samplers.",
            "deconv_out.",
        ]);
    }
    (unetr && !encoder).then_some(Foreign::Unetr)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrappers_are_stripped_in_any_nesting() {
        for name in [
            "image_encoder.pos_embed",
            "sam.image_encoder.pos_embed",
            "module.sam.image_encoder.pos_embed",
            "module._orig_mod.model.image_encoder.pos_embed",
        ] {
            assert_eq!(normalised(name), "image_encoder.pos_embed");
        }
        // Only whole segments at the start count.
        assert_eq!(normalised("sam_mask_decoder.x"), "sam_mask_decoder.x");
        assert_eq!(normalised("mask_decoder.module.x"), "mask_decoder.module.x");
    }

    #[test]
    fn what_cannot_be_used_is_told_by_its_names() {
        let plain = ["image_encoder.pos_embed", "mask_decoder.iou_token.weight"];
        assert_eq!(foreign(plain.into_iter()), None);
        let cases = [
            (
                "image_encoder.blocks.0.attn.qkv.qkv_proj.weight",
                Foreign::Peft,
            ),
            (
                "image_encoder.blocks.0.attn.qkv.w_a_linear_q.weight",
                Foreign::Peft,
            ),
            (
                "image_encoder.blocks.0.mlp.mlp_layer.lin1.weight",
                Foreign::Peft,
            ),
            (
                "image_encoder.blocks.3.Adapter.channel.0.weight",
                Foreign::SamMed2d,
            ),
            (
                "image_encoder.blocks.3.adapter_linear_down.weight",
                Foreign::MaSam,
            ),
            ("mask_decoder.hf_token.weight", Foreign::HqSam),
            ("image_encoder.trunk.pos_embed", Foreign::Sam2),
        ];
        for (name, expected) in cases {
            let names = plain.into_iter().chain([name]);
            assert_eq!(foreign(names), Some(expected), "{name}");
        }
        let decoder = [
            "base.block.1.weight",
            "deconv1.block.0.conv.weight",
            "out_conv.weight",
        ];
        assert_eq!(foreign(decoder.into_iter()), Some(Foreign::Unetr));
        // A trainer's checkpoint may hold both; only the promptable model counts.
        assert_eq!(foreign(decoder.into_iter().chain(plain)), None);
    }
}
