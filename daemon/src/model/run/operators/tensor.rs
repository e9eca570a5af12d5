//! Inputs, outputs and attributes of the operators, and how their work is divided.

use ort::Error;
use ort::operator::{ComputeContext, KernelContext, OperatorInput, OperatorOutput};
use ort::value::{DynValueTypeMarker, TensorElementType, ValueRef};
use std::sync::{Mutex, PoisonError};

/// The numbers of a tensor.
pub type Input<'a> = ValueRef<'a, DynValueTypeMarker>;

/// Input `index`, which must be there.
pub fn input(context: &ComputeContext, index: usize) -> ort::Result<Input<'_>> {
    let value = context.input(index)?;
    value.ok_or_else(|| Error::new(format!("input {index} is missing")))
}

/// The numbers of an input.
pub fn numbers<'a>(input: &'a Input<'_>) -> ort::Result<&'a [f32]> {
    Ok(input.try_extract_tensor::<f32>()?.1)
}

/// An attribute of a node, which must be there.
pub fn length(context: &KernelContext<'_>, name: &str) -> ort::Result<usize> {
    let value = context
        .get::<i64>(name)
        .and_then(|v| usize::try_from(v).ok());
    value.ok_or_else(|| Error::new(format!("attribute {name} is missing")))
}

/// `N` inputs of 32-bit floats.
pub fn floats<const N: usize>() -> [OperatorInput; N] {
    [(); N].map(|()| OperatorInput::required(TensorElementType::Float32))
}

/// One output of 32-bit floats.
pub fn one_output() -> [OperatorOutput; 1] {
    [OperatorOutput::required(TensorElementType::Float32)]
}

/// Divides `out` into parts of `length` numbers and computes them on all threads of the session.
pub fn for_each_part(
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
pub fn check(what: &str, found: usize, expected: usize) -> ort::Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Error::new(format!(
        "{what} has {found} numbers instead of {expected}"
    )))
}
