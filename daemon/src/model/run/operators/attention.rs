//! Attention among the tokens of windows.

use super::tensor::{check, floats, for_each_part, input, length, numbers, one_output};
use medicosam_kernels::attention::{Bias, KeysAndValues, Projected, Relative, Windows, attend};
use medicosam_kernels::gemm::{PANEL, TILE, panel_rows};
use ort::Error;
use ort::operator::{
    ComputeContext, Kernel, KernelContext, Operator, OperatorInput, OperatorOutput,
};
use std::sync::{Mutex, PoisonError};

/// `WindowAttention(tokens, padding, bias)`, see [`attend`]: (B·height·width, 3·heads·head) →
/// (B·height·width, heads·head). Attributes: `height`, `width`, `size`, `heads`, `head` of
/// [`Windows`], `relative` (1 if the bias is that of [`Relative`]'s tables, 0 if it is [`Bias::Pairs`]).
pub struct AttentionOperator;

pub struct AttentionKernel {
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
