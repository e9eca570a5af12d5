//! Tables for people.

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
}
