//! A linear layer with its norm before it, its GELU and its sum behind it.

use super::tensor::{check, floats, for_each_part, input, length, numbers, one_output};
use medicosam_kernels::gemm::{PANEL, panel_rows};
use medicosam_kernels::linear::Linear;
use ort::Error;
use ort::operator::{
    ComputeContext, Kernel, KernelContext, Operator, OperatorInput, OperatorOutput,
};
use ort::value::TensorElementType;

/// `Linear(x, weight, bias[, residual])`, see [`Linear`]. Attributes: `outputs`, `gelu` (0 or 1),
/// `epsilon` of the normalisation before (0 for none).
pub struct LinearOperator;

pub struct LinearKernel {
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
pub fn layer<'a>(
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
