//! A share of the cases, drawn by what they are.

use serde::de::{self, Deserialize, Deserializer, Visitor};
use sha2::{Digest, Sha256};
use std::fmt;

/// A share of the cases, as in `second_reading = "10%"`.
#[derive(Debug, Clone, Copy, Default, PartialEq, PartialOrd)]
pub struct Share {
    /// 0..=1.
    fraction: f64,
}

impl Share {
    /// All cases.
    pub const ALL: Share = Share { fraction: 1.0 };

    /// The share, 0..1.
    pub const fn fraction(self) -> f64 {
        self.fraction
    }

    /// Whether it has what is named by these words. Their hash decides: every server draws the same, and a
    /// larger share has all that a smaller one has. `purpose` keeps shares for one purpose independent of
    /// those for another.
    pub fn has(self, purpose: &str, named: [&str; 2]) -> bool {
        let mut digest = Sha256::new().chain_update(purpose);
        for word in named {
            digest = digest.chain_update([0]).chain_update(word);
        }
        let digest = digest.finalize();
        let bits = digest.iter().take(6);
        let place = bits.fold(0u64, |place, byte| place << 8 | u64::from(*byte));
        // 48 bits are exact in a double.
        (place as f64) < self.fraction * (1u64 << 48) as f64
    }

    fn parse(text: &str) -> Option<Share> {
        let percent: f64 = text.strip_suffix('%')?.trim_end().parse().ok()?;
        // Neither NaN nor infinity is in the range.
        (0.0..=100.0).contains(&percent).then(|| Share {
            fraction: percent / 100.0,
        })
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;

        impl Visitor<'_> for Written {
            type Value = Share;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a share in quotes like \"10%\", from \"0%\" to \"100%\"")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Share, E> {
                Share::parse(text)
                    .ok_or_else(|| de::Error::invalid_value(de::Unexpected::Str(text), &self))
            }
        }

        deserializer.deserialize_str(Written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn share(text: &str) -> Share {
        Share::parse(text).unwrap()
    }

    #[test]
    fn shares_are_percents_within_bounds() {
        assert_eq!(share("10%").fraction(), 0.1);
        assert_eq!(share("2.5 %").fraction(), 0.025);
        assert_eq!((share("0%"), share("100%")), (Share::default(), Share::ALL));
        for text in [
            "", "%", "10", "-1%", "100.1%", "nan%", "inf%", "ten%", "0.1",
        ] {
            assert_eq!(Share::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn an_error_says_what_was_expected() {
        #[derive(Debug, serde::Deserialize)]
        struct Settings {
            #[serde(rename = "second_reading")]
            _share: Share,
        }
        for text in ["\"NaN%\"", "\"110%\"", "10", "0.1"] {
            let error = toml::from_str::<Settings>(&format!("second_reading = {text}"));
            let error = error.unwrap_err().to_string();
            assert!(error.contains("a share in quotes like \"10%\""), "{error}");
        }
    }

    #[test]
    fn about_the_share_is_drawn_and_another_purpose_draws_others() {
        let drawn = |share: Share, purpose: &str| -> Vec<u32> {
            let names = 0..10_000u32;
            names
                .filter(|n| share.has(purpose, [&n.to_string(), "p"]))
                .collect()
        };
        let ten = drawn(share("10%"), "a");
        assert!((900..1100).contains(&ten.len()), "{}", ten.len());
        let other = drawn(share("10%"), "b");
        let both = other.iter().filter(|n| ten.contains(n)).count();
        assert!((50..160).contains(&both), "{both}");
        assert_eq!(drawn(Share::default(), "a").len(), 0);
        assert_eq!(drawn(Share::ALL, "a").len(), 10_000);
    }

    proptest! {
        #[test]
        fn a_larger_share_has_all_that_a_smaller_one_has(
            name in ".{0,20}", a in 0.0..=100.0f64, b in 0.0..=100.0f64,
        ) {
            let [less, more] = [a.min(b), a.max(b)].map(|percent| share(&format!("{percent}%")));
            prop_assert!(!less.has("x", [&name, ""]) || more.has("x", [&name, ""]));
        }
    }
}
