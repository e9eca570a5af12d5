//! Tables and numbers for people.

use jiff::Timestamp;
use medicosam_shared::provenance::{ObjectResult, ScanInfo};
use unicode_width::UnicodeWidthStr;

/// Which side of its column a text stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// Rows of cells under a header, columns as wide as they must be.
pub(super) fn table<const N: usize>(header: [(&str, Align); N], rows: &[[String; N]]) -> String {
    let mut widths = header.map(|(title, _)| title.width());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let line = |cells: [&str; N]| -> String {
        let mut line = String::new();
        for ((cell, width), (_, align)) in cells.into_iter().zip(widths).zip(header) {
            let padding = " ".repeat(width - cell.width());
            match align {
                Align::Left => line.extend([cell, &padding, "  "]),
                Align::Right => line.extend([&padding, cell, "  "]),
            }
        }
        line.truncate(line.trim_end().len());
        line.push('\n');
        line
    };
    let mut text = line(header.map(|(title, _)| title));
    for row in rows {
        text.push_str(&line(row.each_ref().map(String::as_str)));
    }
    text
}

/// Lines of a name and a value, the values in one column; lines without a value are left out.
pub(super) fn fields(fields: &[(&str, Option<String>)]) -> String {
    let width = fields.iter().map(|(name, _)| name.width()).max();
    let mut text = String::new();
    for (name, value) in fields {
        if let Some(value) = value {
            let padding = " ".repeat(width.unwrap_or(0) - name.width());
            text.extend([name, &*padding, "  ", value, "\n"]);
        }
    }
    text
}

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
    fn columns_are_as_wide_as_their_widest_cell() {
        let text = table(
            [
                ("CASE", Align::Left),
                ("ML", Align::Right),
                ("BY", Align::Left),
            ],
            &[
                ["a".into(), "1.5".into(), "ana".into()],
                ["肝臓-ct".into(), "10".into(), String::new()],
            ],
        );
        assert_eq!(text, "CASE      ML  BY\na        1.5  ana\n肝臓-ct   10\n");
    }

    #[test]
    fn fields_without_a_value_are_left_out() {
        let text = fields(&[
            ("name", Some("x".into())),
            ("fault", None),
            ("id", Some("7".into())),
        ]);
        assert_eq!(text, "name   x\nid     7\n");
    }

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
