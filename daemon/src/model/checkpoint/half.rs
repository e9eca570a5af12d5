//! Half-precision floats, widened exactly.

/// The value of an IEEE 754 binary16 float.
pub fn f16_to_f32(bits: u16) -> f32 {
    let sign = u32::from(bits >> 15) << 31;
    let exponent = u32::from(bits >> 10) & 0x1f;
    let fraction = u32::from(bits) & 0x3ff;
    match exponent {
        // Subnormal: fraction × 2⁻²⁴, which f32 holds as a normal number.
        0 => {
            let magnitude = fraction as f32 * 2f32.powi(-24);
            f32::from_bits(sign | magnitude.to_bits())
        }
        0x1f => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        _ => f32::from_bits(sign | (exponent + 127 - 15) << 23 | fraction << 13),
    }
}

/// The value of a bfloat16: the upper half of an f32.
pub fn bf16_to_f32(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, in f64: sign · 2^(e−15) · (1 + f/1024), or sign · 2^−14 · f/1024.
    fn by_definition(bits: u16) -> f64 {
        let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
        let exponent = i32::from(bits >> 10 & 0x1f);
        let fraction = f64::from(bits & 0x3ff) / 1024.0;
        match exponent {
            0 => sign * 2f64.powi(-14) * fraction,
            31 if fraction == 0.0 => sign * f64::INFINITY,
            31 => f64::NAN,
            e => sign * 2f64.powi(e - 15) * (1.0 + fraction),
        }
    }

    #[test]
    fn all_65536_halves_widen_to_their_value() {
        for bits in 0..=u16::MAX {
            let (found, expected) = (f64::from(f16_to_f32(bits)), by_definition(bits));
            assert!(
                found == expected || found.is_nan() && expected.is_nan(),
                "{bits:#06x}"
            );
            assert_eq!(found.is_sign_negative(), bits >> 15 == 1);
        }
    }

    #[test]
    fn brain_floats_keep_their_bits() {
        assert_eq!(bf16_to_f32(0x3fc0), 1.5);
        assert_eq!(bf16_to_f32(0xc000), -2.0);
    }
}
