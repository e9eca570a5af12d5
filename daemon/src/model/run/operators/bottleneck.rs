//! Inverted bottlenecks.

use super::linear::layer;
use super::tensor::{Input, check, floats, for_each_part, input, length, numbers, one_output};
use medicosam_kernels::bottleneck::{Bottleneck, Depthwise, Picture};
use ort::Error;
use ort::operator::{
    ComputeContext, Kernel, KernelContext, Operator, OperatorInput, OperatorOutput,
};

/// `InvertedBottleneck(x, weight, bias, kernel, bias, weight, bias)`, see [`Bottleneck`]: pixels
/// (B·height·width, channels) → (B·rows·columns, outputs). Attributes: `height`, `width`, `stride`,
/// `residual` (0 or 1; with it, a GELU follows).
pub struct BottleneckOperator;

pub struct BottleneckKernel {
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
