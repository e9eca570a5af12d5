//! Where things are on the screen.

use ratatui::layout::Rect;

/// Columns and rows of the smallest terminal that is any use.
pub const LEAST: (u16, u16) = (40, 12);

/// Whether a terminal of this size is any use.
pub fn is_enough((columns, rows): (u16, u16)) -> bool {
    columns >= LEAST.0 && rows >= LEAST.1
}

/// The list of cases and what is beside or below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueLayout {
    /// The list with its frame and its header line.
    pub list: Rect,
    /// The picture of the selected case with its frame; empty where there is no room.
    pub picture: Rect,
    /// More about the selected case; empty where there is no room.
    pub detail: Rect,
}

/// Columns from which the selected case stands beside the list.
const WIDE: u16 = 120;

/// Rows from which it has a picture there.
const HIGH: u16 = 24;

/// The queue on a terminal of this size: a header line, the list, the selected case below or beside
/// it, and two lines for messages and hints. The picture never reaches these.
pub fn queue((columns, rows): (u16, u16)) -> QueueLayout {
    if columns >= WIDE && rows >= 20 {
        let width = (columns / 3).min(70);
        let height = rows - 3;
        // Half of the column, and not more than a square slice needs.
        let picture = if rows >= HIGH {
            (height / 2).min(width / 2 + 1)
        } else {
            0
        };
        let left = columns - width;
        return QueueLayout {
            list: Rect::new(0, 1, left, height),
            picture: Rect::new(left, 1, width, picture),
            detail: Rect::new(left, 1 + picture, width, height - picture),
        };
    }
    let detail = if rows >= 20 { 7 } else { 0 };
    let list = rows.saturating_sub(3 + detail);
    QueueLayout {
        list: Rect::new(0, 1, columns, list),
        picture: Rect::default(),
        detail: Rect::new(0, 1 + list, columns, detail),
    }
}

impl QueueLayout {
    /// Where the picture may be: within its frame.
    pub fn picture_area(&self) -> Rect {
        let Rect {
            x,
            y,
            width,
            height,
        } = self.picture;
        match height {
            0..=2 => Rect::default(),
            _ => Rect::new(x + 1, y + 1, width - 2, height - 2),
        }
    }

    /// Where the details of the selected case are shown if it has no picture.
    pub fn whole_column(&self) -> Rect {
        match self.picture.height {
            0 => self.detail,
            height => Rect {
                y: self.picture.y,
                height: self.detail.height + height,
                ..self.detail
            },
        }
    }
}

/// Cases that fit into the list.
pub fn queue_rows(size: (u16, u16)) -> usize {
    usize::from(queue(size).list.height.saturating_sub(3))
}

/// Which of the cases on the screen is in a cell, counted from the first one.
pub fn queue_row(size: (u16, u16), (column, row): (u16, u16)) -> Option<usize> {
    let list = queue(size).list;
    let is_inside = (list.x + 1..list.right().saturating_sub(1)).contains(&column);
    let at = usize::from(row.checked_sub(list.y + 2)?);
    (is_inside && at < queue_rows(size)).then_some(at)
}

/// A case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReviewLayout {
    /// Where the picture may be. It never reaches the last two rows, because a picture on the last
    /// row makes terminals scroll.
    pub picture: Rect,
    /// What is known of the case; empty where there is no room.
    pub panel: Rect,
}

/// A case on a terminal of this size: a header line, a line for the letter above the picture, the
/// picture with a letter on either side, what is known of the case, and two lines for messages and
/// hints.
pub fn review((columns, rows): (u16, u16)) -> ReviewLayout {
    let height = rows.saturating_sub(4);
    let panel = match columns {
        0..72 => 0,
        72..130 => 25,
        // A square picture leaves the rest: cells are about twice as high as wide.
        _ => columns.saturating_sub(4 + height * 2).clamp(40, 64),
    };
    let width = columns.saturating_sub(4 + panel);
    ReviewLayout {
        picture: Rect::new(2, 2, width, height),
        panel: Rect::new(columns - panel, 1, panel, height + 1),
    }
}

/// Columns for one list of keys in the help.
pub const HELP_LIST: u16 = 39;

/// Rows, and lists side by side, of the help on a terminal of this size.
pub fn help((columns, rows): (u16, u16)) -> (usize, usize) {
    let rows = usize::from(rows.saturating_sub(4)).max(1);
    (rows, usize::from(columns / HELP_LIST).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_never_reaches_the_last_two_rows_nor_the_panel() {
        for columns in LEAST.0..220 {
            for rows in LEAST.1..80 {
                let ReviewLayout { picture, panel } = review((columns, rows));
                assert!(picture.bottom() <= rows - 2, "{columns}x{rows}");
                assert!(picture.right() < panel.x || panel.width == 0);
                assert!(picture.right() < columns, "room for the letter");
                assert!(
                    picture.width >= 32 && picture.height >= 8,
                    "{columns}x{rows}"
                );
                assert!(queue_rows((columns, rows)) >= 5, "{columns}x{rows}");
                let queue = queue((columns, rows));
                let picture = queue.picture_area();
                assert!(picture.bottom() <= rows - 2, "{columns}x{rows}");
                assert!(queue.detail.bottom() <= rows - 2, "{columns}x{rows}");
                if picture.height > 0 {
                    assert_eq!(queue.picture.bottom(), queue.detail.y, "{columns}x{rows}");
                    assert_eq!(queue.whole_column().bottom(), queue.detail.bottom());
                }
            }
        }
    }
}
