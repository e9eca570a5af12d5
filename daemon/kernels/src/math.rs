//! Functions of single numbers, written so that the compiler can do eight at once: no branches, no
//! tables, no calls.

use super::simd::Simd;

/// Gaussian error linear unit, x·Φ(x), to 2 units in the last place of max(|x|, 1).
///
/// Φ(x) = ½ + x·R(x²), with R a quotient of two polynomials of degree 5 that was fitted to
/// ½·erf(x/√2)/x on |x| ≤ 5.5 (relative error 2e-8). Beyond, Φ is 0 or 1 to single precision.
#[inline(always)]
pub fn gelu<S: Simd>(x: f32) -> f32 {
    const LIMIT: f32 = 5.5;
    const P: [f32; 6] = [
        0.398_942_26,
        0.033_458_922,
        0.004_651_483_6,
        0.000_164_573_98,
        6.301_583e-6,
        2.293_108e-8,
    ];
    const Q: [f32; 6] = [
        1.0,
        0.250_535_5,
        0.028_416_147,
        0.001_860_647_4,
        7.216_706e-5,
        1.199_025_5e-6,
    ];
    let limited = x.clamp(-LIMIT, LIMIT);
    let square = limited * limited;
    let ratio = polynomial::<S, 6>(P, square) * reciprocal::<S>(polynomial::<S, 6>(Q, square));
    x * S::mul_add(limited, ratio, 0.5)
}

/// 1/x for ordinary x > 0, to 2 units in the last place: an estimate from the bits of x, good to an
/// eighth, and three steps of Newton's. Processors divide one number after the other.
#[inline(always)]
fn reciprocal<S: Simd>(x: f32) -> f32 {
    let mut y = f32::from_bits(0x7ef3_11c7_u32.wrapping_sub(x.to_bits()));
    for _ in 0..3 {
        y = S::mul_add(y, S::mul_add(-x, y, 1.0), y);
    }
    y
}

/// eˣ for x ≤ 0, to 3e-7 relative for x > −1, and to 1e-7 absolute everywhere; below −86 it stays
/// at e⁻⁸⁶, which is nothing beside 1.
///
/// 2ʸ = 2ⁿ·2ʳ with n the nearest integer; 2ʳ is a polynomial fitted on |r| ≤ ½ (relative error
/// 2e-9). Adding 1.5·2²³ rounds to an integer and leaves it in the low bits.
#[inline(always)]
pub fn exp<S: Simd>(x: f32) -> f32 {
    const ROUNDING: f32 = 12_582_912.0;
    const P: [f32; 7] = [
        1.0,
        std::f32::consts::LN_2,
        0.240_226_47,
        0.055_503_29,
        0.009_618_489,
        0.001_339_993_2,
        0.000_153_458_1,
    ];
    let y = x.max(-86.0) * std::f32::consts::LOG2_E;
    let rounded = y + ROUNDING;
    let fraction = polynomial::<S, 7>(P, y - (rounded - ROUNDING));
    f32::from_bits(fraction.to_bits().wrapping_add(rounded.to_bits() << 23))
}

/// Horner's scheme; the constant comes first.
#[inline(always)]
fn polynomial<S: Simd, const N: usize>(coefficients: [f32; N], x: f32) -> f32 {
    let mut sum = coefficients[N - 1];
    for &coefficient in coefficients[..N - 1].iter().rev() {
        sum = S::mul_add(sum, x, coefficient);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::super::simd::Fused;
    use super::*;

    /// Φ by the series of erf and the continued fraction of erfc, in double precision.
    fn normal_cdf(x: f64) -> f64 {
        let z = x.abs() / std::f64::consts::SQRT_2;
        let tail = if z < 3.0 {
            let (mut term, mut sum) = (z, z);
            for n in 1..200 {
                term *= -z * z / f64::from(n);
                sum += term / f64::from(2 * n + 1);
            }
            0.5 - sum / std::f64::consts::PI.sqrt()
        } else {
            let fraction = (1..60).rev().fold(z, |f, n| z + f64::from(n) / 2.0 / f);
            0.5 * (-z * z).exp() / std::f64::consts::PI.sqrt() / fraction
        };
        if x < 0.0 { tail } else { 1.0 - tail }
    }

    #[test]
    fn gelu_is_exact_to_single_precision() {
        for n in -120_000..=120_000 {
            let x = n as f32 * 1e-4;
            let exact = f64::from(x) * normal_cdf(f64::from(x));
            let error = (f64::from(gelu::<Fused>(x)) - exact).abs();
            assert!(
                error < 2.5e-7 * f64::from(x.abs().max(1.0)),
                "gelu({x}) is off by {error}"
            );
        }
        assert!((gelu::<Fused>(100.0) - 100.0).abs() < 2e-5);
        assert!(gelu::<Fused>(-100.0).abs() < 1e-4);
        assert_eq!(gelu::<Fused>(0.0), 0.0);
    }

    #[test]
    fn exp_is_exact_to_single_precision() {
        for n in 0..=90_000 {
            let x = n as f32 * -1e-3;
            let exact = f64::from(x).exp();
            let error = (f64::from(exp::<Fused>(x)) - exact).abs();
            let allowed = if x > -1.0 { 3e-7 * exact } else { 1e-7 };
            assert!(error <= allowed, "exp({x}) is off by {error}");
        }
        assert!(exp::<Fused>(-1e30) < 1e-37);
    }
}
