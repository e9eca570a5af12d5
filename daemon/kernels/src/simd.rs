//! Compiles a function for several instruction sets, and calls the best that the processor has.
//!
//! The functions are plain Rust over arrays of fixed length, which the compiler turns into vector
//! instructions. The versions differ in the instructions that it may use, and in how many sums
//! fit into the registers that these have.

use std::sync::LazyLock;

/// What the versions of a function differ in.
pub trait Simd {
    /// a·b + c; rounded once where the processor can do that in one step.
    fn mul_add(a: f32, b: f32, c: f32) -> f32;
}

/// Processors with fused multiply-add.
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

/// A set of instructions that functions are compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What every processor of the architecture has; on ARM that is all there is.
    Base,
    /// AVX2 and FMA: 16 registers of 8 numbers.
    Avx2,
    /// AVX-512: 32 registers of 16 numbers.
    Avx512,
}

impl Level {
    /// All of them, the simplest first.
    pub const ALL: [Level; 3] = [Level::Base, Level::Avx2, Level::Avx512];

    /// The name that [`VARIABLE`] knows it by.
    pub fn name(self) -> &'static str {
        match self {
            Level::Base => "base",
            Level::Avx2 => "avx2",
            Level::Avx512 => "avx512",
        }
    }

    /// The best of this processor.
    fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            if has!("avx2") && has!("fma") {
                if has!("avx512f") && has!("avx512vl") && has!("avx512bw") && has!("avx512dq") {
                    return Level::Avx512;
                }
                return Level::Avx2;
            }
        }
        Level::Base
    }
}

/// Environment variable that names the highest level to be used, for comparisons, and for
/// processors that slow down under the widest instructions.
pub const VARIABLE: &str = "MEDICOSAM_SIMD";

static BEST: LazyLock<Level> = LazyLock::new(|| {
    let asked = std::env::var(VARIABLE).ok();
    let limit = Level::ALL
        .into_iter()
        .find(|level| asked.as_deref() == Some(level.name()));
    limit.unwrap_or(Level::Avx512).min(Level::detect())
});

/// The level that functions run at.
pub fn level() -> Level {
    #[cfg(test)]
    if let Some(level) = testing::CHOSEN.get() {
        return level;
    }
    *BEST
}

/// Defines `fn name(…)` from a generic body over `S: Simd`, and, if it asks for them, two numbers:
/// how many tiles and how many panels a product takes at once, see [`gemm`](crate::gemm).
macro_rules! vectorised {
    ($(#[$meta:meta])* $vis:vis fn $name:ident<$simd:ident>($($args:tt)*) $body:block) => {
        $crate::simd::vectorised! {
            @versions [$(#[$meta])* $vis] $name [$simd: $crate::simd::Simd] [] [] ($($args)*) $body
        }
    };
    ($(#[$meta:meta])* $vis:vis fn $name:ident<$simd:ident, $tiles:ident, $panels:ident>(
        $($args:tt)*
    ) $body:block) => {
        $crate::simd::vectorised! {
            @versions [$(#[$meta])* $vis] $name
            [$simd: $crate::simd::Simd, const $tiles: usize, const $panels: usize]
            [, 1, 1] [, 2, 2] ($($args)*) $body
        }
    };
    (@versions [$($head:tt)*] $name:ident [$($generics:tt)*] [$($few:tt)*] [$($many:tt)*]
        ($($arg:ident: $type:ty),* $(,)?) $body:block) => {
        $($head)* fn $name($($arg: $type),*) {
            #[inline(always)]
            #[allow(
                clippy::extra_unused_type_parameters,
                reason = "some need the instructions only"
            )]
            fn generic<$($generics)*>($($arg: $type),*) $body

            #[cfg(target_arch = "x86_64")]
            {
                use $crate::simd::{Fused, Level, Separate, level};
                #[target_feature(enable = "avx2,fma,avx512f,avx512vl,avx512bw,avx512dq")]
                fn avx512($($arg: $type),*) {
                    generic::<Fused $($many)*>($($arg),*);
                }
                #[target_feature(enable = "avx2,fma")]
                fn avx2($($arg: $type),*) {
                    generic::<Fused $($few)*>($($arg),*);
                }
                match level() {
                    // SAFETY: the processor has what the function is compiled for.
                    Level::Avx512 => unsafe { avx512($($arg),*) },
                    // SAFETY: as above.
                    Level::Avx2 => unsafe { avx2($($arg),*) },
                    Level::Base => generic::<Separate $($few)*>($($arg),*),
                }
            }
            #[cfg(not(target_arch = "x86_64"))]
            generic::<$crate::simd::Fused $($few)*>($($arg),*);
        }
    };
}

pub(super) use vectorised;

/// Tests at each level that the processor has.
#[cfg(test)]
pub mod testing {
    use super::Level;
    use std::cell::Cell;

    thread_local! {
        /// The level of this thread, if a test chose one.
        pub static CHOSEN: Cell<Option<Level>> = const { Cell::new(None) };
    }

    /// Runs a test once for each level.
    pub fn at_each_level(mut test: impl FnMut(Level)) {
        for level in Level::ALL {
            if level <= Level::detect() {
                CHOSEN.set(Some(level));
                test(level);
            }
        }
        CHOSEN.set(None);
    }
}
