//! What the screen looks like.

/// Rows.
pub fn queue_rows(size: (u16, u16)) -> usize {
    usize::from(size.1.saturating_sub(14))
}
