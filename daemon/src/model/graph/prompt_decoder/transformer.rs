//! SAM's two-way transformer.

use super::{Decoder, EPSILON, Sizes, TRANSFORMER};
use crate::model::graph::GraphError;
use crate::model::onnx::Value;

/// Attention heads of all SAM mask decoders.
pub(super) const HEADS: usize = 8;

/// Queries, keys and values of an attention, projected.
struct Projected {
    query: Value,
    key: Value,
    value: Value,
}

impl Decoder<'_> {
    /// The two-way transformer: tokens look at the image, and the image at the tokens.
    pub(super) fn transformer(
        &mut self,
        prompt: Value,
        mut image: Value,
        position: Value,
    ) -> Result<(Value, Value), GraphError> {
        let Sizes {
            dim, cross, depth, ..
        } = self.sizes;
        let mut tokens = prompt;
        for layer in 0..depth {
            (tokens, image) = self.layer(layer, prompt, tokens, image, position)?;
        }
        self.layers.g.scope("final_token_to_image");
        let name = format!("{TRANSFORMER}.final_attn_token_to_image");
        let place = self.layers.g.add(tokens, prompt);
        let query = self.query(place, &name, cross)?;
        let projections = [
            (format!("{name}.k_proj"), true, 1.0),
            (format!("{name}.v_proj"), false, 1.0),
        ];
        let [key, value] = self.image_projections(image, position, projections)?;
        let attended = self.attend(Projected { query, key, value }, &name, cross)?;
        let x = self.layers.g.add(tokens, attended);
        let norm = format!("{TRANSFORMER}.norm_final_attn");
        let tokens = self.layers.layer_norm(x, &norm, dim, EPSILON)?;
        Ok((tokens, image))
    }

    /// One layer: tokens look at each other and at the image, then the image at the tokens.
    fn layer(
        &mut self,
        layer: usize,
        prompt: Value,
        tokens: Value,
        image: Value,
        position: Value,
    ) -> Result<(Value, Value), GraphError> {
        let Sizes {
            dim, cross, mlp, ..
        } = self.sizes;
        let name = |part: &str| format!("{TRANSFORMER}.layers.{layer}.{part}");
        let tokens = self.self_attention(layer, prompt, tokens)?;

        self.layers.g.scope(format!("layer{layer}/token_to_image"));
        let to_image = name("cross_attn_token_to_image");
        let to_token = name("cross_attn_image_to_token");
        let place = self.layers.g.add(tokens, prompt);
        let query = self.query(place, &to_image, cross)?;
        let [key, value, image_query] = self.image_projections(
            image,
            position,
            [
                (format!("{to_image}.k_proj"), true, 1.0),
                (format!("{to_image}.v_proj"), false, 1.0),
                (format!("{to_token}.q_proj"), true, head_scale(cross)),
            ],
        )?;
        let attended = self.attend(Projected { query, key, value }, &to_image, cross)?;
        let x = self.layers.g.add(tokens, attended);
        let x = self.layers.layer_norm(x, &name("norm2"), dim, EPSILON)?;

        self.layers.g.scope(format!("layer{layer}/mlp"));
        let y = self.layers.linear(x, &name("mlp.lin1"), dim, mlp)?;
        let y = self.layers.g.relu(y);
        let y = self.layers.linear(y, &name("mlp.lin2"), mlp, dim)?;
        let x = self.layers.g.add(x, y);
        let tokens = self.layers.layer_norm(x, &name("norm3"), dim, EPSILON)?;

        self.layers.g.scope(format!("layer{layer}/image_to_token"));
        let place = self.layers.g.add(tokens, prompt);
        let projected = Projected {
            query: image_query,
            key: self
                .layers
                .linear(place, &format!("{to_token}.k_proj"), dim, cross)?,
            value: self
                .layers
                .linear(tokens, &format!("{to_token}.v_proj"), dim, cross)?,
        };
        let attended = self.attend(projected, &to_token, cross)?;
        let x = self.layers.g.add(image, attended);
        let image = self.layers.layer_norm(x, &name("norm4"), dim, EPSILON)?;
        Ok((tokens, image))
    }

    /// Attention of the tokens among themselves.
    fn self_attention(
        &mut self,
        layer: usize,
        prompt: Value,
        tokens: Value,
    ) -> Result<Value, GraphError> {
        let dim = self.sizes.dim;
        let attention = format!("{TRANSFORMER}.layers.{layer}.self_attn");
        self.layers.g.scope(format!("layer{layer}/self"));
        // The first layer knows no position yet, and replaces its input.
        let is_first = layer == 0;
        let place = if is_first {
            tokens
        } else {
            self.layers.g.add(tokens, prompt)
        };
        let projected = Projected {
            query: self.query(place, &attention, dim)?,
            key: self
                .layers
                .linear(place, &format!("{attention}.k_proj"), dim, dim)?,
            value: self
                .layers
                .linear(tokens, &format!("{attention}.v_proj"), dim, dim)?,
        };
        let attended = self.attend(projected, &attention, dim)?;
        let x = if is_first {
            attended
        } else {
            self.layers.g.add(tokens, attended)
        };
        let norm = format!("{TRANSFORMER}.layers.{layer}.norm1");
        self.layers.layer_norm(x, &norm, dim, EPSILON)
    }

    fn query(&mut self, x: Value, attention: &str, inner: usize) -> Result<Value, GraphError> {
        let name = format!("{attention}.q_proj");
        self.layers
            .scaled_linear(x, &name, self.sizes.dim, inner, head_scale(inner))
    }

    /// Several projections (`name`, whether of the image with its positions, scale) of the image
    /// in one product. The positions are constant, and so is their share of the result: the
    /// runtime computes it once, as a bias for each row.
    fn image_projections<const N: usize>(
        &mut self,
        image: Value,
        position: Value,
        projections: [(String, bool, f32); N],
    ) -> Result<[Value; N], GraphError> {
        let Sizes { dim, cross, .. } = self.sizes;
        let (mut weights, mut of_position, mut biases) = (Vec::new(), Vec::new(), Vec::new());
        for (name, positioned, scale) in projections {
            let weight = self.layers.read(&format!("{name}.weight"), &[cross, dim])?;
            let bias = self.layers.read(&format!("{name}.bias"), &[cross])?;
            let weight: Vec<f32> = weight.iter().map(|w| w * scale).collect();
            biases.extend(bias.iter().map(|b| b * scale));
            of_position.extend(weight.iter().map(|&w| if positioned { w } else { 0.0 }));
            weights.extend(weight);
        }
        let g = &mut self.layers.g;
        let of_position = g.constant(&[N * cross, dim], of_position);
        let biases = g.constant(&[N * cross], biases);
        let biases = g.linear(position, of_position, Some(biases));
        let weights = g.constant(&[N * cross, dim], weights);
        let all = g.linear(image, weights, Some(biases));
        Ok(g.split(all, 1))
    }

    /// softmax(query · keyᵀ) · value for each head, and the output projection. The queries are
    /// scaled already.
    fn attend(
        &mut self,
        projected: Projected,
        name: &str,
        inner: usize,
    ) -> Result<Value, GraphError> {
        let g = &mut self.layers.g;
        let heads = [-1, HEADS as i64, (inner / HEADS) as i64];
        let [query, key, value] =
            [projected.query, projected.key, projected.value].map(|x| g.reshape(x, &heads));
        let query = g.transpose(query, &[1, 0, 2]);
        let key = g.transpose(key, &[1, 2, 0]);
        let value = g.transpose(value, &[1, 0, 2]);
        let scores = g.matmul(query, key);
        let weights = g.softmax(scores);
        let x = g.matmul(weights, value);
        let x = g.transpose(x, &[1, 0, 2]);
        let x = g.reshape(x, &[-1, inner as i64]);
        self.layers
            .linear(x, &format!("{name}.out_proj"), inner, self.sizes.dim)
    }
}

/// 1/√(length of a head).
fn head_scale(inner: usize) -> f32 {
    ((inner / HEADS) as f32).powf(-0.5)
}
