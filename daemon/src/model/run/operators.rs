//! The kernels of [`medicosam_kernels`] as operators of ONNX Runtime, in a domain of their own.
//!
//! A graph for the CPU uses them where the standard operators would take longer; everything else in
//! it, its weights, threads and memory are the runtime's. They are in no ONNX standard: only this
//! program can run such a graph.
//!
//! Matrices of weights come in panels, (columns / 16, rows, 16); see [`pack`].
//!
//! [`pack`]: medicosam_kernels::gemm::pack

use crate::model::onnx::DOMAIN;
use medicosam_kernels::attention::{Bias, KeysAndValues, Projected, Relative, Windows, attend};
use medicosam_kernels::bottleneck::{Bottleneck, Depthwise, Picture};
use medicosam_kernels::gemm::{PANEL, TILE, panel_rows};
use medicosam_kernels::linear::Linear;
use ort::Error;
use ort::operator::{
    ComputeContext, Kernel, KernelContext, Operator, OperatorDomain, OperatorInput, OperatorOutput,
};
use ort::value::{DynValueTypeMarker, TensorElementType, ValueRef};
use std::sync::{Mutex, PoisonError};

/// The operators, to be registered with a session.
pub fn domain() -> ort::Result<OperatorDomain> {
    OperatorDomain::new(DOMAIN)?
        .add(LinearOperator)?
        .add(AttentionOperator)?
        .add(BottleneckOperator)?
        .add(DepthwiseOperator)
}

/// The numbers of a tensor.
type Input<'a> = ValueRef<'a, DynValueTypeMarker>;

/// Input `index`, which must be there.
fn input(context: &ComputeContext, index: usize) -> ort::Result<Input<'_>> {
    let value = context.input(index)?;
    value.ok_or_else(|| Error::new(format!("input {index} is missing")))
}

fn numbers<'a>(input: &'a Input<'_>) -> ort::Result<&'a [f32]> {
    Ok(input.try_extract_tensor::<f32>()?.1)
}

/// An attribute of a node, which must be there.
fn length(context: &KernelContext<'_>, name: &str) -> ort::Result<usize> {
    let value = context
        .get::<i64>(name)
        .and_then(|v| usize::try_from(v).ok());
    value.ok_or_else(|| Error::new(format!("attribute {name} is missing")))
}

fn floats<const N: usize>() -> [OperatorInput; N] {
    [(); N].map(|()| OperatorInput::required(TensorElementType::Float32))
}

fn one_output() -> [OperatorOutput; 1] {
    [OperatorOutput::required(TensorElementType::Float32)]
}

/// Divides `out` into parts of `length` numbers and computes them on all threads of the session.
fn for_each_part(
    context: &ComputeContext,
    out: &mut [f32],
    length: usize,
    compute: impl Fn(usize, &mut [f32]) + Send + Sync,
) -> ort::Result<()> {
    // Each lock is taken once: it hands its part to the thread that computes it.
    let parts: Vec<Mutex<&mut [f32]>> = out.chunks_mut(length.max(1)).map(Mutex::new).collect();
    context.par_for(parts.len(), 0, |index| {
        let mut part = parts[index].lock().unwrap_or_else(PoisonError::into_inner);
        compute(index, &mut part);
    })
}

/// Refuses inputs that would lead kernels beyond their ends.
fn check(what: &str, found: usize, expected: usize) -> ort::Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Error::new(format!(
        "{what} has {found} numbers instead of {expected}"
    )))
}

/// `Linear(x, weight, bias[, residual])`, see [`Linear`]. Attributes: `outputs`, `gelu` (0 or 1),
/// `epsilon` of the normalisation before (0 for none).
struct LinearOperator;

struct LinearKernel {
    outputs: usize,
    gelu: bool,
    norm: Option<f32>,
}

impl Operator for LinearOperator {
    type Kernel<'attr> = LinearKernel;

    fn name(&self) -> &str {
        "Linear"
    }

    fn inputs(&self) -> impl IntoIterator<Item = OperatorInput> {
        let [x, weight, bias] = floats();
        [
            x,
            weight,
            bias,
            OperatorInput::optional(TensorElementType::Float32),
        ]
    }

    fn outputs(&self) -> impl IntoIterator<Item = OperatorOutput> {
        one_output()
    }

    fn create_kernel<'attr>(&self, node: &KernelContext<'attr>) -> ort::Result<LinearKernel> {
        Ok(LinearKernel {
            outputs: length(node, "outputs")?,
            gelu: length(node, "gelu")? == 1,
            norm: node.get::<f32>("epsilon").filter(|&epsilon| epsilon > 0.0),
        })
    }
}

impl Kernel for LinearKernel {
    fn compute(&mut self, context: &ComputeContext) -> ort::Result<()> {
        let (x, weight, bias) = (input(context, 0)?, input(context, 1)?, input(context, 2)?);
        let residual = context.input(3)?;
        let (x, bias) = (numbers(&x)?, numbers(&bias)?);
        let layer = layer(numbers(&weight)?, bias, self.outputs, self.norm, self.gelu)?;
        let residual = residual.as_ref().map(numbers).transpose()?;
        let rows = x.len() / layer.inputs;
        check("x", x.len(), rows * layer.inputs)?;
        if let Some(residual) = residual {
            check("the residual", residual.len(), rows * self.outputs)?;
        }
        let y = context.output(0, [rows as i64, self.outputs as i64])?;
        let mut y = y.ok_or_else(|| Error::new("the output is not requested"))?;
        let y = y.try_extract_tensor_mut::<f32>()?.1;
        for_each_part(context, y, Linear::BLOCK * self.outputs, |part, y| {
            let rows = part * Linear::BLOCK..part * Linear::BLOCK + y.len() / self.outputs;
            let of = |width: usize| rows.start * width..rows.end * width;
            let residual = residual.map(|values| &values[of(self.outputs)]);
            layer.rows(&x[of(layer.inputs)], residual, y);
        })
    }
}

/// The layer with these weights; how many inputs it has follows.
fn layer<'a>(
    weight: &'a [f32],
    bias: &'a [f32],
    outputs: usize,
    norm: Option<f32>,
    gelu: bool,
) -> ort::Result<Linear<'a>> {
    let panels = outputs.div_ceil(PANEL).max(1);
    let weight = panel_rows(weight);
    let inputs = weight.len() / panels;
    check("the weight", weight.len(), inputs.max(1) * panels)?;
    check("the bias", bias.len(), outputs)?;
    Ok(Linear {
        weight,
        bias,
        inputs,
        outputs,
        norm,
        gelu,
    })
}

/// `WindowAttention(tokens, padding, bias)`, see [`attend`]: (B·height·width, 3·heads·head) →
/// (B·height·width, heads·head). Attributes: `height`, `width`, `size`, `heads`, `head` of
/// [`Windows`], `relative` (1 if the bias is that of [`Relative`]'s tables, 0 if it is [`Bias::Pairs`]).
struct AttentionOperator;

struct AttentionKernel {
    windows: Windows,
    relative: bool,
}

impl Operator for AttentionOperator {
    type Kernel<'attr> = AttentionKernel;

    fn name(&self) -> &str {
        "WindowAttention"
    }

    fn inputs(&self) -> impl IntoIterator<Item = OperatorInput> {
        floats::<3>()
    }

    fn outputs(&self) -> impl IntoIterator<Item = OperatorOutput> {
        one_output()
    }

    fn create_kernel<'attr>(&self, node: &KernelContext<'attr>) -> ort::Result<AttentionKernel> {
        let of = |name| length(node, name);
        Ok(AttentionKernel {
            windows: Windows {
                height: of("height")?,
                width: of("width")?,
                size: of("size")?.max(1),
                heads: of("heads")?,
                head: of("head")?,
            },
            relative: of("relative")? == 1,
        })
    }
}

impl Kernel for AttentionKernel {
    fn compute(&mut self, context: &ComputeContext) -> ort::Result<()> {
        let windows = &self.windows;
        let (tokens, padding, bias) = (input(context, 0)?, input(context, 1)?, input(context, 2)?);
        let (tokens, padding, bias) = (numbers(&tokens)?, numbers(&padding)?, numbers(&bias)?);
        let dim = windows.heads * windows.head;
        let image = windows.height * windows.width;
        let images = tokens.len() / (image * 3 * dim).max(1);
        check("tokens", tokens.len(), images * image * 3 * dim)?;
        check("padding", padding.len(), 3 * dim)?;
        let bias = if self.relative {
            let table = (2 * windows.size - 1) * windows.head;
            check("the bias", bias.len(), 2 * table)?;
            Bias::Relative(Relative::new(bias, windows.size, windows.head))
        } else {
            let tokens = windows.tokens();
            let panels = windows.heads * tokens.div_ceil(PANEL);
            let rows = panels * tokens.next_multiple_of(TILE);
            check("the bias", bias.len(), rows * PANEL)?;
            Bias::Pairs(panel_rows(bias))
        };
        let out = context.output(0, [(images * image) as i64, dim as i64])?;
        let mut out = out.ok_or_else(|| Error::new("the output is not requested"))?;
        let out = out.try_extract_tensor_mut::<f32>()?.1;
        for (tokens, out) in tokens
            .chunks_exact(image * 3 * dim)
            .zip(out.chunks_exact_mut(image * dim))
        {
            attend_image(context, Projected { tokens, padding }, windows, &bias, out)?;
        }
        Ok(())
    }
}

/// Attention among the tokens of one image.
///
/// The answers of a head in a window lie apart in the image; they are computed side by side, and
/// then moved to their places.
fn attend_image(
    context: &ComputeContext,
    projected: Projected<'_>,
    windows: &Windows,
    bias: &Bias<'_>,
    out: &mut [f32],
) -> ort::Result<()> {
    let (groups, parts) = (windows.groups(), windows.parts());
    let gathered: Vec<Mutex<KeysAndValues>> = (0..groups).map(|_| Mutex::default()).collect();
    context.par_for(groups, 0, |group| {
        let mut place = gathered[group]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *place = KeysAndValues::gather(projected, windows, group);
    })?;
    let gathered: Vec<KeysAndValues> = gathered
        .into_iter()
        .map(|place| place.into_inner().unwrap_or_else(PoisonError::into_inner))
        .collect();
    let length = windows.part_length();
    let mut answers = vec![0.0; groups * parts * length];
    for_each_part(context, &mut answers, length, |index, answers| {
        let (group, part) = (index / parts, index % parts);
        attend(
            projected,
            windows,
            bias,
            group,
            part,
            &gathered[group],
            answers,
        );
    })?;
    let dim = windows.heads * windows.head;
    for_each_part(context, out, windows.width * dim, |row, out| {
        windows.collect_row(&answers, row, out);
    })
}

/// `InvertedBottleneck(x, weight, bias, kernel, bias, weight, bias)`, see [`Bottleneck`]: pixels
/// (B·height·width, channels) → (B·rows·columns, outputs). Attributes: `height`, `width`, `stride`,
/// `residual` (0 or 1; with it, a GELU follows).
struct BottleneckOperator;

struct BottleneckKernel {
    height: usize,
    width: usize,
    stride: usize,
    residual: bool,
}

impl Operator for BottleneckOperator {
    type Kernel<'attr> = BottleneckKernel;

    fn name(&self) -> &str {
        "InvertedBottleneck"
    }

    fn inputs(&self) -> impl IntoIterator<Item = OperatorInput> {
        floats::<7>()
    }

    fn outputs(&self) -> impl IntoIterator<Item = OperatorOutput> {
        one_output()
    }

    fn create_kernel<'attr>(&self, node: &KernelContext<'attr>) -> ort::Result<BottleneckKernel> {
        Ok(BottleneckKernel {
            height: length(node, "height")?,
            width: length(node, "width")?,
            stride: length(node, "stride")?.max(1),
            residual: length(node, "residual")? == 1,
        })
    }
}

impl BottleneckKernel {
    /// Rows of the result that are computed together. Two rows of the wide picture are computed
    /// twice for each such part.
    const ROWS: usize = 16;
}

impl Kernel for BottleneckKernel {
    fn compute(&mut self, context: &ComputeContext) -> ort::Result<()> {
        let inputs: Vec<Input<'_>> = (0..7)
            .map(|n| input(context, n))
            .collect::<Result<_, _>>()?;
        let of = |n: usize| numbers(&inputs[n]);
        let (x, b1, kernel, b2, b3) = (of(0)?, of(2)?, of(3)?, of(4)?, of(6)?);
        let bottleneck = Bottleneck {
            widen: layer(of(1)?, b1, b1.len(), None, true)?,
            conv: Depthwise {
                kernel,
                bias: b2,
                stride: self.stride,
            },
            narrow: layer(of(5)?, b3, b3.len(), None, self.residual)?,
            residual: self.residual,
        };
        let picture = Picture {
            height: self.height,
            width: self.width,
            channels: bottleneck.widen.inputs,
        };
        check("the kernel", kernel.len(), 9 * b1.len())?;
        check("the bias", b2.len(), b1.len())?;
        check("the weight", bottleneck.narrow.inputs, b1.len())?;
        let size = picture.height * picture.row();
        let images = x.len() / size.max(1);
        check("x", x.len(), images * size)?;
        let result = bottleneck.conv.result(picture);
        let row = result.width * b3.len();
        let rows = (images * result.height * result.width) as i64;
        let out = context.output(0, [rows, b3.len() as i64])?;
        let mut out = out.ok_or_else(|| Error::new("the output is not requested"))?;
        let out = out.try_extract_tensor_mut::<f32>()?.1;
        for (x, out) in x
            .chunks_exact(size)
            .zip(out.chunks_exact_mut(result.height * row))
        {
            for_each_part(context, out, Self::ROWS * row, |part, out| {
                bottleneck.rows(picture, x, part * Self::ROWS, out);
            })?;
        }
        Ok(())
    }
}

/// `Depthwise(x, kernel, bias)`, see [`Depthwise`], with stride 1: pixels (B·height·width,
/// channels), as many as came in. Attributes: `height`, `width`.
struct DepthwiseOperator;

struct DepthwiseKernel {
    height: usize,
    width: usize,
}

impl Operator for DepthwiseOperator {
    type Kernel<'attr> = DepthwiseKernel;

    fn name(&self) -> &str {
        "Depthwise"
    }

    fn inputs(&self) -> impl IntoIterator<Item = OperatorInput> {
        floats::<3>()
    }

    fn outputs(&self) -> impl IntoIterator<Item = OperatorOutput> {
        one_output()
    }

    fn create_kernel<'attr>(&self, node: &KernelContext<'attr>) -> ort::Result<DepthwiseKernel> {
        Ok(DepthwiseKernel {
            height: length(node, "height")?,
            width: length(node, "width")?,
        })
    }
}

impl Kernel for DepthwiseKernel {
    fn compute(&mut self, context: &ComputeContext) -> ort::Result<()> {
        let (x, kernel, bias) = (input(context, 0)?, input(context, 1)?, input(context, 2)?);
        let (x, kernel, bias) = (numbers(&x)?, numbers(&kernel)?, numbers(&bias)?);
        let row = self.width * bias.len();
        check("the kernel", kernel.len(), 9 * bias.len())?;
        let rows = x.len() / row.max(1);
        check("x", x.len(), rows * row)?;
        let conv = Depthwise {
            kernel,
            bias,
            stride: 1,
        };
        let out = context.output(0, [(rows * self.width) as i64, bias.len() as i64])?;
        let mut out = out.ok_or_else(|| Error::new("the output is not requested"))?;
        let out = out.try_extract_tensor_mut::<f32>()?.1;
        for_each_part(context, out, row, |y, out| {
            let (at, in_image) = (|y: usize| &x[y * row..][..row], y % self.height);
            let above = (in_image > 0).then(|| at(y - 1));
            let below = (in_image + 1 < self.height).then(|| at(y + 1));
            conv.row([above, Some(at(y)), below], self.width, out);
        })
    }
}
