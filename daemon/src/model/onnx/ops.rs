//! The operators of ONNX that our graphs use, as methods of [`GraphBuilder`].

use super::builder::{Attribute, GraphBuilder, Value};
use super::types::{BOOL, Float, INT64};

/// How a convolution moves over its input: the same along both axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conv {
    /// Width and height of the kernel.
    pub kernel: usize,
    /// Step from one output pixel to the next.
    pub stride: usize,
    /// Zeros added on each side.
    pub pad: usize,
    /// Number of groups of channels; as many as channels makes it depthwise.
    pub groups: usize,
}

impl Conv {
    /// A convolution of single pixels: a matrix product over the channels.
    pub const POINTWISE: Conv = Conv {
        kernel: 1,
        stride: 1,
        pad: 0,
        groups: 1,
    };
}

/// The domain of the operators of our own (`model::run::operators`).
pub const DOMAIN: &str = "medicosam";

impl GraphBuilder {
    /// Convolution of `x` (1, C, H, W) with `weight` (O, C/groups, k, k) and `bias` (O).
    pub fn conv(&mut self, x: Value, weight: Value, bias: Option<Value>, conv: Conv) -> Value {
        let [kernel, stride, pad] = [conv.kernel, conv.stride, conv.pad].map(|n| n as i64);
        let inputs: Vec<Value> = [x, weight].into_iter().chain(bias).collect();
        self.node(
            "Conv",
            &inputs,
            &[
                Attribute::Ints("kernel_shape", &[kernel; 2]),
                Attribute::Ints("strides", &[stride; 2]),
                Attribute::Ints("pads", &[pad; 4]),
                Attribute::Int("group", conv.groups as i64),
            ],
        )
    }

    /// `x` (M, I) · `weight`ᵀ + `bias`, with the weight as torch keeps it, (O, I), and the bias
    /// (O), (1, O), or (M, O) where each row has its own.
    pub fn linear(&mut self, x: Value, weight: Value, bias: Option<Value>) -> Value {
        let inputs: Vec<Value> = [x, weight].into_iter().chain(bias).collect();
        self.node("Gemm", &inputs, &[Attribute::Int("transB", 1)])
    }

    /// Matrix product of the last two axes.
    pub fn matmul(&mut self, a: Value, b: Value) -> Value {
        self.node("MatMul", &[a, b], &[])
    }

    /// Sum, broadcast.
    pub fn add(&mut self, a: Value, b: Value) -> Value {
        self.node("Add", &[a, b], &[])
    }

    /// Difference, broadcast.
    pub fn sub(&mut self, a: Value, b: Value) -> Value {
        self.node("Sub", &[a, b], &[])
    }

    /// Product of elements, broadcast.
    pub fn mul(&mut self, a: Value, b: Value) -> Value {
        self.node("Mul", &[a, b], &[])
    }

    /// Quotient of elements, broadcast.
    pub fn div(&mut self, a: Value, b: Value) -> Value {
        self.node("Div", &[a, b], &[])
    }

    /// Layer normalisation over the last axis: (x − mean) / √(variance + ε) · `scale` + `bias`.
    pub fn layer_norm(&mut self, x: Value, scale: Value, bias: Value, epsilon: f32) -> Value {
        let attributes = [
            Attribute::Int("axis", -1),
            Attribute::Float("epsilon", epsilon),
        ];
        self.node("LayerNormalization", &[x, scale, bias], &attributes)
    }

    /// Gaussian error linear unit, exact: x/2 · (1 + erf(x/√2)).
    pub fn gelu(&mut self, x: Value) -> Value {
        self.node("Gelu", &[x], &[])
    }

    /// max(x, 0).
    pub fn relu(&mut self, x: Value) -> Value {
        self.node("Relu", &[x], &[])
    }

    /// Sine of each element, in radians.
    pub fn sin(&mut self, x: Value) -> Value {
        self.node("Sin", &[x], &[])
    }

    /// Cosine of each element, in radians.
    pub fn cos(&mut self, x: Value) -> Value {
        self.node("Cos", &[x], &[])
    }

    /// Softmax over the last axis.
    pub fn softmax(&mut self, x: Value) -> Value {
        self.node("Softmax", &[x], &[Attribute::Int("axis", -1)])
    }

    /// The same elements under another shape; −1 stands for the remaining length, 0 for an unchanged axis.
    pub fn reshape(&mut self, x: Value, shape: &[i64]) -> Value {
        let shape = self.integers(shape);
        self.node("Reshape", &[x, shape], &[])
    }

    /// Axes in another order: axis `n` of the result is axis `order[n]` of `x`.
    pub fn transpose(&mut self, x: Value, order: &[i64]) -> Value {
        self.node("Transpose", &[x], &[Attribute::Ints("perm", order)])
    }

    /// Tensors one after another along `axis`.
    pub fn concat(&mut self, parts: &[Value], axis: i64) -> Value {
        self.node("Concat", parts, &[Attribute::Int("axis", axis)])
    }

    /// `N` equal parts along `axis`.
    pub fn split<const N: usize>(&mut self, x: Value, axis: i64) -> [Value; N] {
        let attributes = [
            Attribute::Int("axis", axis),
            Attribute::Int("num_outputs", N as i64),
        ];
        self.node_with_outputs("Split", &[x], &attributes)
    }

    /// Elements `start..end` along each of the `axes`.
    pub fn slice(&mut self, x: Value, axes: &[i64], start: &[i64], end: &[i64]) -> Value {
        let [start, end, axes] = [start, end, axes].map(|list| self.integers(list));
        self.node("Slice", &[x, start, end, axes], &[])
    }

    /// Rows of `table` (along its first axis), by index.
    pub fn gather(&mut self, table: Value, indices: Value) -> Value {
        self.node("Gather", &[table, indices], &[Attribute::Int("axis", 0)])
    }

    /// The same numbers as floats of another type, rounded to the nearest.
    pub fn cast(&mut self, x: Value, to: Float) -> Value {
        self.node("Cast", &[x], &[Attribute::Int("to", to.data_type())])
    }

    /// Zeros after the elements of each axis: `counts` of them.
    pub fn pad_end(&mut self, x: Value, counts: &[i64]) -> Value {
        let none = counts.iter().map(|_| &0);
        let pads: Vec<i64> = none.chain(counts).copied().collect();
        let pads = self.integers(&pads);
        self.node("Pad", &[x, pads], &[])
    }

    /// `yes` where the constant `mask` is not 0, else `no`, broadcast.
    pub fn choose(&mut self, mask: Value, yes: Value, no: Value) -> Value {
        let mask = self.node("Cast", &[mask], &[Attribute::Int("to", BOOL)]);
        self.node("Where", &[mask, yes, no], &[])
    }

    /// Numbers rounded towards zero to integers, for [`Self::gather`].
    pub fn to_indices(&mut self, x: Value) -> Value {
        self.node("Cast", &[x], &[Attribute::Int("to", INT64)])
    }

    /// The elements limited to `low..=high`.
    pub fn clip(&mut self, x: Value, low: f32, high: f32) -> Value {
        let [low, high] = [low, high].map(|limit| self.scalar(limit));
        self.node("Clip", &[x, low, high], &[])
    }
}

/// The operators of our own, in the domain of `model::run::operators`.
impl GraphBuilder {
    /// `Linear`: `x` (M, I), weights and bias, something (M, O) to add to the result.
    pub fn fused_linear(
        &mut self,
        x: Value,
        [weight, bias]: [Value; 2],
        residual: Option<Value>,
        outputs: usize,
        gelu: bool,
        epsilon: f32,
    ) -> Value {
        let inputs: Vec<Value> = [x, weight, bias].into_iter().chain(residual).collect();
        let attributes = [
            Attribute::Int("outputs", outputs as i64),
            Attribute::Int("gelu", i64::from(gelu)),
            Attribute::Float("epsilon", epsilon),
        ];
        self.node_of_domain(DOMAIN, "Linear", &inputs, &attributes)
    }

    /// An operator whose attributes are lengths.
    pub fn fused(&mut self, operator: &str, inputs: &[Value], lengths: &[(&str, usize)]) -> Value {
        let attributes: Vec<Attribute<'_>> = lengths
            .iter()
            .map(|&(name, length)| Attribute::Int(name, length as i64))
            .collect();
        self.node_of_domain(DOMAIN, operator, inputs, &attributes)
    }
}
