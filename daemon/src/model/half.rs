//! Half-precision floats: widened exactly, narrowed to the nearest.

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

/// The IEEE 754 binary16 float nearest to a number, of two equally near ones the even one. Beyond
/// ±65519 that is infinity; NaN stays NaN.
pub fn f32_to_f16(value: f32) -> u16 {
    let bits = value.to_bits();
    let sign = (bits >> 16 & 0x8000) as u16;
    let magnitude = f32::from_bits(bits & 0x7fff_ffff);
    if magnitude.is_nan() {
        return sign | 0x7e00;
    }
    if magnitude >= 65520.0 {
        return sign | 0x7c00;
    }
    // Adding 2^e·1.5, where 2^(e−23) is the step of halves around the number, makes f32's own
    // rounding do the work; subnormal halves all have the step of 2⁻¹⁴.
    let exponent = ((magnitude.to_bits() >> 23) as i32 - 127).max(-14);
    let unit = f32::from_bits(((exponent + 13 + 127) as u32) << 23) * 1.5;
    let rounded = (magnitude + unit) - unit;
    if rounded < 2f32.powi(-14) {
        return sign | (rounded * 2f32.powi(24)) as u16;
    }
    let rounded = rounded.to_bits();
    let exponent = (rounded >> 23) - (127 - 15);
    sign | (exponent << 10) as u16 | (rounded >> 13 & 0x3ff) as u16
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
    fn all_halves_survive_widening_and_narrowing() {
        for bits in (0..=u16::MAX).filter(|&bits| !f16_to_f32(bits).is_nan()) {
            assert_eq!(f32_to_f16(f16_to_f32(bits)), bits, "{bits:#06x}");
        }
        assert!(f16_to_f32(f32_to_f16(f32::NAN)).is_nan());
    }

    #[test]
    fn numbers_between_halves_go_to_the_nearer_one_and_ties_to_the_even_one() {
        for bits in 0..0x7bff_u16 {
            let [low, high] = [f16_to_f32(bits), f16_to_f32(bits + 1)];
            // Exact: two halves and their middle fit f32.
            let middle = (low + high) / 2.0;
            let even = if bits % 2 == 0 { bits } else { bits + 1 };
            assert_eq!(f32_to_f16(middle), even, "{bits:#06x}");
            assert_eq!(f32_to_f16(middle.next_down()), bits, "{bits:#06x}");
            assert_eq!(f32_to_f16(middle.next_up()), bits + 1, "{bits:#06x}");
            assert_eq!(f32_to_f16(-middle), even | 0x8000, "{bits:#06x}");
        }
        assert_eq!(f32_to_f16(65519.99), 0x7bff);
        assert_eq!(f32_to_f16(65520.0), 0x7c00);
        assert_eq!(f32_to_f16(-1e30), 0xfc00);
        assert_eq!(f32_to_f16(f32::MIN_POSITIVE), 0);
    }

    #[test]
    fn brain_floats_keep_their_bits() {
        assert_eq!(bf16_to_f32(0x3fc0), 1.5);
        assert_eq!(bf16_to_f32(0xc000), -2.0);
    }
}
