//! Checkpoints of random weights, of any size, with the names and shapes of the published ones.
//!
//! They are written as `torch.save` writes a `state_dict`: a zip archive with a pickle that lists
//! the tensors, and one file of raw numbers per tensor. Numbers are made as they are written, so
//! that a ViT-H takes no more memory than a ViT-B, and depend on nothing but the seed and the
//! tensor's name.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A network whose checkpoint can be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Network {
    /// SAM's vision transformer, with prompt encoder and mask decoder.
    Vit(Vit),
    /// MobileSAM, at 1024 × 1024.
    MobileSam,
    /// LiteMedSAM, at 256 × 256.
    LiteMedSam,
}

/// Sizes of a SAM ViT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vit {
    /// Channels of a token.
    pub dim: usize,
    /// Attention heads.
    pub heads: usize,
    /// Number of blocks.
    pub depth: usize,
    /// Which of them attend to the whole image.
    pub global: Vec<usize>,
    /// Tokens per side of a window.
    pub window: usize,
    /// Tokens per side of the image; a token is a patch of 16 × 16 pixels.
    pub grid: usize,
}

impl Vit {
    /// SAM ViT-B, MedicoSAM, MedSAM.
    pub fn b() -> Self {
        Self::at_1024(768, 12, 12, &[2, 5, 8, 11])
    }

    /// SAM ViT-L.
    pub fn l() -> Self {
        Self::at_1024(1024, 16, 24, &[5, 11, 17, 23])
    }

    /// SAM ViT-H.
    pub fn h() -> Self {
        Self::at_1024(1280, 16, 32, &[7, 15, 23, 31])
    }

    fn at_1024(dim: usize, heads: usize, depth: usize, global: &[usize]) -> Self {
        Vit {
            dim,
            heads,
            depth,
            global: global.to_vec(),
            window: 14,
            grid: 64,
        }
    }

    fn tensors(&self, list: &mut List) {
        let &Vit { dim, grid, .. } = self;
        list.add("image_encoder.pos_embed", &[1, grid, grid, dim]);
        list.layer("image_encoder.patch_embed.proj", &[dim, 3, 16, 16]);
        for block in 0..self.depth {
            let reach = if self.global.contains(&block) {
                grid
            } else {
                self.window
            };
            let name = |part: &str| format!("image_encoder.blocks.{block}.{part}");
            list.norm(&name("norm1"), dim);
            for axis in ["attn.rel_pos_h", "attn.rel_pos_w"] {
                list.add(&name(axis), &[2 * reach - 1, dim / self.heads]);
            }
            list.layer(&name("attn.qkv"), &[3 * dim, dim]);
            list.layer(&name("attn.proj"), &[dim, dim]);
            list.norm(&name("norm2"), dim);
            list.layer(&name("mlp.lin1"), &[4 * dim, dim]);
            list.layer(&name("mlp.lin2"), &[dim, 4 * dim]);
        }
        list.neck(dim);
    }
}

impl Network {
    /// Names and shapes of its tensors.
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let mut list = List(Vec::new());
        match self {
            Network::Vit(vit) => vit.tensors(&mut list),
            Network::MobileSam => {
                list.tiny_vit(3);
                list.norm("image_encoder.norm_head", 320);
                list.layer("image_encoder.head", &[1000, 320]);
            }
            Network::LiteMedSam => list.tiny_vit(1),
        }
        list.prompt_encoder();
        list.mask_decoder();
        list.0
    }

    /// Writes a checkpoint of random weights.
    pub fn write(&self, path: &Path, seed: u64) -> io::Result<()> {
        let tensors = self.tensors();
        let mut zip = ZipWriter::new(BufWriter::new(File::create(path)?));
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        zip.start_file("archive/data.pkl", stored)?;
        zip.write_all(&pickle(&tensors))?;
        for (name, content) in [("version", "3\n"), ("byteorder", "little")] {
            zip.start_file(format!("archive/{name}"), stored)?;
            zip.write_all(content.as_bytes())?;
        }
        let mut bytes = Vec::new();
        for (key, (name, shape)) in tensors.iter().enumerate() {
            zip.start_file(format!("archive/data/{key}"), stored)?;
            if is_counter(name) {
                zip.write_all(&1i64.to_le_bytes())?;
                continue;
            }
            let (middle, spread) = distribution(name, shape);
            let mut random = Random::new(seed, name);
            let mut left: usize = shape.iter().product();
            while left > 0 {
                let count = left.min(16 * 1024);
                bytes.clear();
                for _ in 0..count {
                    let value = middle + spread * random.next();
                    bytes.extend(value.to_le_bytes());
                }
                zip.write_all(&bytes)?;
                left -= count;
            }
        }
        zip.finish()?.flush()
    }
}

/// Names and shapes.
struct List(Vec<(String, Vec<usize>)>);

impl List {
    fn add(&mut self, name: &str, shape: &[usize]) {
        self.0.push((name.to_owned(), shape.to_vec()));
    }

    /// A weight whose first axis is the outputs, and a bias.
    fn layer(&mut self, name: &str, weight: &[usize]) {
        self.add(&format!("{name}.weight"), weight);
        self.add(&format!("{name}.bias"), &weight[..1]);
    }

    fn norm(&mut self, name: &str, channels: usize) {
        self.layer(name, &[channels]);
    }

    /// A convolution without bias and a batch normalisation.
    fn conv_norm(&mut self, name: &str, weight: &[usize]) {
        self.add(&format!("{name}.c.weight"), weight);
        self.norm(&format!("{name}.bn"), weight[0]);
        for part in ["running_mean", "running_var"] {
            self.add(&format!("{name}.bn.{part}"), &weight[..1]);
        }
        self.add(&format!("{name}.bn.num_batches_tracked"), &[]);
    }

    fn neck(&mut self, dim: usize) {
        let name = |n: usize| format!("image_encoder.neck.{n}");
        self.add(&format!("{}.weight", name(0)), &[256, dim, 1, 1]);
        self.norm(&name(1), 256);
        self.add(&format!("{}.weight", name(2)), &[256, 256, 3, 3]);
        self.norm(&name(3), 256);
    }

    /// TinyViT with the sizes of MobileSAM; `kernel` of the patch embedding tells it from
    /// LiteMedSAM's.
    fn tiny_vit(&mut self, kernel: usize) {
        let dims = [64, 128, 160, 320];
        let patch = |n: usize| format!("image_encoder.patch_embed.seq.{n}");
        self.conv_norm(&patch(0), &[32, 3, kernel, kernel]);
        self.conv_norm(&patch(2), &[64, 32, kernel, kernel]);
        let stages = dims
            .into_iter()
            .zip([2, 2, 6, 2])
            .zip([2, 4, 5, 10])
            .zip([7, 7, 14, 7]);
        for (stage, (((dim, depth), heads), window)) in stages.enumerate() {
            for block in 0..depth {
                let name =
                    |part: &str| format!("image_encoder.layers.{stage}.blocks.{block}.{part}");
                if stage == 0 {
                    self.conv_norm(&name("conv1"), &[4 * dim, dim, 1, 1]);
                    self.conv_norm(&name("conv2"), &[4 * dim, 1, 3, 3]);
                    self.conv_norm(&name("conv3"), &[dim, 4 * dim, 1, 1]);
                    continue;
                }
                self.add(&name("attn.attention_biases"), &[heads, window * window]);
                self.norm(&name("attn.norm"), dim);
                self.layer(&name("attn.qkv"), &[3 * dim, dim]);
                self.layer(&name("attn.proj"), &[dim, dim]);
                self.norm(&name("mlp.norm"), dim);
                self.layer(&name("mlp.fc1"), &[4 * dim, dim]);
                self.layer(&name("mlp.fc2"), &[dim, 4 * dim]);
                self.conv_norm(&name("local_conv"), &[dim, 1, 3, 3]);
            }
            if let Some(&next) = dims.get(stage + 1) {
                let name = |n: usize| format!("image_encoder.layers.{stage}.downsample.conv{n}");
                self.conv_norm(&name(1), &[next, dim, 1, 1]);
                self.conv_norm(&name(2), &[next, 1, 3, 3]);
                self.conv_norm(&name(3), &[next, next, 1, 1]);
            }
        }
        self.neck(320);
    }

    fn prompt_encoder(&mut self) {
        let name = |part: &str| format!("prompt_encoder.{part}");
        self.add(
            &name("pe_layer.positional_encoding_gaussian_matrix"),
            &[2, 128],
        );
        for kind in 0..4 {
            self.add(&name(&format!("point_embeddings.{kind}.weight")), &[1, 256]);
        }
        self.add(&name("not_a_point_embed.weight"), &[1, 256]);
        self.layer(&name("mask_downscaling.0"), &[4, 1, 2, 2]);
        self.norm(&name("mask_downscaling.1"), 4);
        self.layer(&name("mask_downscaling.3"), &[16, 4, 2, 2]);
        self.norm(&name("mask_downscaling.4"), 16);
        self.layer(&name("mask_downscaling.6"), &[256, 16, 1, 1]);
        self.add(&name("no_mask_embed.weight"), &[1, 256]);
    }

    fn attention(&mut self, name: &str, inner: usize) {
        for part in ["q_proj", "k_proj", "v_proj"] {
            self.layer(&format!("{name}.{part}"), &[inner, 256]);
        }
        self.layer(&format!("{name}.out_proj"), &[256, inner]);
    }

    fn mask_decoder(&mut self) {
        let transformer = "mask_decoder.transformer";
        for layer in 0..2 {
            let name = |part: &str| format!("{transformer}.layers.{layer}.{part}");
            self.attention(&name("self_attn"), 256);
            self.norm(&name("norm1"), 256);
            self.attention(&name("cross_attn_token_to_image"), 128);
            self.norm(&name("norm2"), 256);
            self.layer(&name("mlp.lin1"), &[2048, 256]);
            self.layer(&name("mlp.lin2"), &[256, 2048]);
            self.norm(&name("norm3"), 256);
            self.norm(&name("norm4"), 256);
            self.attention(&name("cross_attn_image_to_token"), 128);
        }
        self.attention(&format!("{transformer}.final_attn_token_to_image"), 128);
        self.norm(&format!("{transformer}.norm_final_attn"), 256);
        let name = |part: &str| format!("mask_decoder.{part}");
        self.add(&name("iou_token.weight"), &[1, 256]);
        self.add(&name("mask_tokens.weight"), &[4, 256]);
        // Transposed convolutions have their inputs first.
        self.add(&name("output_upscaling.0.weight"), &[256, 64, 2, 2]);
        self.add(&name("output_upscaling.0.bias"), &[64]);
        self.norm(&name("output_upscaling.1"), 64);
        self.add(&name("output_upscaling.3.weight"), &[64, 32, 2, 2]);
        self.add(&name("output_upscaling.3.bias"), &[32]);
        let heads = (0..4).map(|n| (format!("output_hypernetworks_mlps.{n}"), 32));
        for (head, outputs) in heads.chain([("iou_prediction_head".to_owned(), 4)]) {
            for (layer, outputs) in [256, 256, outputs].into_iter().enumerate() {
                self.layer(&name(&format!("{head}.layers.{layer}")), &[outputs, 256]);
            }
        }
    }
}

fn is_counter(name: &str) -> bool {
    name.ends_with("num_batches_tracked")
}

/// The middle and half the width of a tensor's uniform distribution, such that numbers stay of the
/// same size from layer to layer.
fn distribution(name: &str, shape: &[usize]) -> (f32, f32) {
    let ends_with = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    let contains = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    if ends_with(&["running_var"]) {
        (1.0, 0.5)
    } else if shape.len() == 1 && ends_with(&["weight"]) {
        (1.0, 0.2)
    } else if shape.len() == 1 || contains(&["rel_pos", "pos_embed", "attention_biases"]) {
        (0.0, 0.2)
    } else if contains(&["_embed", "_tokens", "_token.", "gaussian_matrix"])
        && !contains(&["patch_embed"])
    {
        (0.0, 1.7)
    } else {
        let inputs: usize = if contains(&["output_upscaling"]) {
            shape[0]
        } else {
            shape[1..].iter().product()
        };
        (0.0, (3.0 / inputs as f32).sqrt())
    }
}

/// Evenly distributed numbers (SplitMix64).
struct Random(u64);

impl Random {
    fn new(seed: u64, name: &str) -> Self {
        // FNV-1a
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        });
        Random(hash ^ seed)
    }

    /// From −1 to 1.
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z >> 40) as f32 * (2.0 / (1u32 << 24) as f32) - 1.0
    }
}

/// The list of tensors: an ordered dictionary, protocol 2.
fn pickle(tensors: &[(String, Vec<usize>)]) -> Vec<u8> {
    fn text(out: &mut Vec<u8>, text: &str) {
        out.push(b'X');
        out.extend((text.len() as u32).to_le_bytes());
        out.extend(text.bytes());
    }
    fn int(out: &mut Vec<u8>, value: usize) {
        out.push(b'J');
        out.extend((value as i32).to_le_bytes());
    }
    let mut out = b"\x80\x02ccollections\nOrderedDict\n)R(".to_vec();
    for (key, (name, shape)) in tensors.iter().enumerate() {
        text(&mut out, name);
        out.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
        text(&mut out, "storage");
        let class = if is_counter(name) { "Long" } else { "Float" };
        out.extend(format!("ctorch\n{class}Storage\n").bytes());
        text(&mut out, &key.to_string());
        text(&mut out, "cpu");
        int(&mut out, shape.iter().product());
        out.extend(b"tQ");
        int(&mut out, 0);
        let stride = |axis: usize| shape[axis + 1..].iter().product();
        let strides = (0..shape.len()).map(stride).collect();
        for list in [shape, &strides] {
            out.push(b'(');
            list.iter().for_each(|&v| int(&mut out, v));
            out.push(b't');
        }
        out.extend(b"\x89ccollections\nOrderedDict\n)RtR");
    }
    out.extend(b"u.");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names and shapes as upstream's `state_dict()` has them.
    fn upstream(file: &str) -> Vec<(String, Vec<usize>)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/fixtures");
        let text = std::fs::read(folder.join(file)).unwrap();
        serde_json::from_slice(&text).unwrap()
    }

    fn sorted(mut tensors: Vec<(String, Vec<usize>)>) -> Vec<(String, Vec<usize>)> {
        tensors.sort();
        tensors
    }

    #[test]
    fn tensors_are_those_of_upstream() {
        let vit_b = sorted(Network::Vit(Vit::b()).tensors());
        assert_eq!(vit_b, sorted(upstream("sam_vit_b_state_dict.json")));
        let lite = sorted(Network::LiteMedSam.tensors());
        assert_eq!(lite, sorted(upstream("litemedsam_state_dict.json")));
    }

    #[test]
    fn the_larger_networks_have_as_many_weights_as_published() {
        let count = |network: Network| -> usize {
            let tensors = network.tensors();
            let floats = tensors.iter().filter(|(name, _)| !is_counter(name));
            floats
                .map(|(_, shape)| shape.iter().product::<usize>())
                .sum()
        };
        // Bytes of the published files over four, less than the list of tensors takes.
        for (network, bytes) in [
            (Network::Vit(Vit::l()), 1_249_524_607),
            (Network::Vit(Vit::h()), 2_564_550_879),
            (Network::MobileSam, 40_728_226),
        ] {
            let found = 4 * count(network.clone());
            let rest = bytes - found as i64;
            assert!((0..400_000).contains(&rest), "{network:?}: {found}");
        }
    }

    #[test]
    fn numbers_depend_on_seed_and_name_only() {
        let numbers = |seed, name| {
            let mut random = Random::new(seed, name);
            [(); 4].map(|()| random.next())
        };
        assert_eq!(numbers(1, "a"), numbers(1, "a"));
        assert_ne!(numbers(1, "a"), numbers(2, "a"));
        assert_ne!(numbers(1, "a"), numbers(1, "b"));
        let mut random = Random::new(3, "c");
        let many: Vec<f32> = (0..10_000).map(|_| random.next()).collect();
        assert!(many.iter().all(|v| (-1.0..1.0).contains(v)));
        assert!((many.iter().sum::<f32>() / 10_000.0).abs() < 0.03);
    }
}
