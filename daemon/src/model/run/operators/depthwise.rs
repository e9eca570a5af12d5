//! Depthwise convolutions.

use super::tensor::{check, floats, for_each_part, input, length, numbers, one_output};
use medicosam_kernels::bottleneck::Depthwise;
use ort::Error;
use ort::operator::{
    ComputeContext, Kernel, KernelContext, Operator, OperatorInput, OperatorOutput,
};

/// `Depthwise(x, kernel, bias)`, see [`Depthwise`], with stride 1: pixels (B·height·width,
/// channels), as many as came in. Attributes: `height`, `width`.
pub struct DepthwiseOperator;

pub struct DepthwiseKernel {
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
