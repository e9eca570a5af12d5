//! Figures as people read them, the same on the screen and in every verb.

use jiff::Timestamp;
use medicosam_shared::provenance::{ObjectResult, ScanInfo};

/// Time since `then` in one unit: `12s`, `3m`, `5h`, `9d`.
pub fn age(now: Timestamp, then: Timestamp) -> String {
    let seconds = (now.as_second() - then.as_second()).max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// A volume in millilitres with as many digits as help: `0.42`, `23.4`, `1410`.
pub fn millilitres(volume: Option<f64>) -> String {
    match volume {
        None => "-".to_owned(),
        Some(v) if v < 10.0 => format!("{v:.2}"),
        Some(v) if v < 1000.0 => format!("{v:.1}"),
        Some(v) => format!("{v:.0}"),
    }
}

/// The size of an object: `2.45 mL`, or `1410 px` in a picture.
pub fn size(object: &ObjectResult) -> String {
    match object.volume_ml {
        Some(volume) => format!("{} mL", millilitres(Some(volume))),
        None => format!("{} px", object.voxels),
    }
}

/// The part of a picture that so many of its pixels are, in percent.
pub fn percent(pixels: u64, scan: &ScanInfo) -> String {
    let all = scan.dims.0.iter().map(|n| f64::from(*n)).product::<f64>();
    format!("{:.1} %", pixels as f64 / all.max(1.0) * 100.0)
}

/// A score between 0 and 1.
pub fn score(score: Option<f32>) -> String {
    score.map_or_else(|| "-".to_owned(), |s| format!("{s:.2}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_and_volumes_are_short() {
        let then = Timestamp::from_second(1_000_000).unwrap();
        let after = |s: i64| age(Timestamp::from_second(1_000_000 + s).unwrap(), then);
        assert_eq!(
            [-5, 59, 60, 7199, 90_000].map(after),
            ["0s", "59s", "1m", "1h", "1d"]
        );
        assert_eq!(
            [0.424, 23.44, 1410.2].map(|v| millilitres(Some(v))),
            ["0.42", "23.4", "1410"]
        );
        assert_eq!(millilitres(None), "-");
    }
}
