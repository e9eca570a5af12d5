//! Compiles a function for several instruction sets, and calls the best that the processor has.
//!
//! The functions are plain Rust over arrays of fixed length, which the compiler turns into vector
//! instructions; which ones it may use is all that differs between the versions.

/// What the versions of a function differ in.
pub trait Simd {
    /// a·b + c; rounded once where the processor can do that in one step.
    fn mul_add(a: f32, b: f32, c: f32) -> f32;
}

/// Processors with fused multiply-add and 16 to 32 vector registers of 4 or 8 numbers.
pub enum Fused {}

impl Simd for Fused {
    #[inline(always)]
    fn mul_add(a: f32, b: f32, c: f32) -> f32 {
        a.mul_add(b, c)
    }
}

/// Processors without it, where `mul_add` would be a call of a function.
#[cfg(target_arch = "x86_64")]
pub enum Separate {}

#[cfg(target_arch = "x86_64")]
impl Simd for Separate {
    #[inline(always)]
    fn mul_add(a: f32, b: f32, c: f32) -> f32 {
        a * b + c
    }
}

/// Defines `fn name(…)` from a generic body over `S: Simd`.
macro_rules! vectorised {
    ($(#[$meta:meta])* $vis:vis fn $name:ident<$simd:ident>($($arg:ident: $type:ty),* $(,)?) $body:block) => {
        $(#[$meta])*
        $vis fn $name($($arg: $type),*) {
            #[inline(always)]
            fn generic<$simd: $crate::simd::Simd>($($arg: $type),*) $body

            #[cfg(target_arch = "x86_64")]
            {
                use $crate::simd::{Fused, Separate};
                #[target_feature(enable = "avx2,fma")]
                fn avx2($($arg: $type),*) {
                    generic::<Fused>($($arg),*);
                }
                if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                    // SAFETY: the processor has what the function is compiled for.
                    unsafe { avx2($($arg),*) }
                } else {
                    generic::<Separate>($($arg),*);
                }
            }
            #[cfg(not(target_arch = "x86_64"))]
            generic::<$crate::simd::Fused>($($arg),*);
        }
    };
}

pub(super) use vectorised;
