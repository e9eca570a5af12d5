//! The kernels of [`medicosam_kernels`] as operators of ONNX Runtime, in a domain of their own.
//!
//! A graph for the CPU uses them where the standard operators would take longer; everything else in
//! it, its weights, threads and memory are the runtime's. They are in no ONNX standard: only this
//! program can run such a graph.
//!
//! Matrices of weights come in panels, (columns / 16, rows, 16); see [`pack`].
//!
//! [`pack`]: medicosam_kernels::gemm::pack

mod attention;
mod bottleneck;
mod depthwise;
mod linear;
mod tensor;

use crate::model::onnx::DOMAIN;
use attention::AttentionOperator;
use bottleneck::BottleneckOperator;
use depthwise::DepthwiseOperator;
use linear::LinearOperator;
use ort::operator::OperatorDomain;

/// The operators, to be registered with a session.
pub fn domain() -> ort::Result<OperatorDomain> {
    OperatorDomain::new(DOMAIN)?
        .add(LinearOperator)?
        .add(AttentionOperator)?
        .add(BottleneckOperator)?
        .add(DepthwiseOperator)
}
