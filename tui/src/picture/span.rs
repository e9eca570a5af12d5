//! A stretch of columns or rows that grows.

/// From `start` up to, not including, `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// Nothing.
    pub const EMPTY: Span = Span {
        start: u32::MAX,
        end: 0,
    };

    /// Grows until it covers `start..end`.
    pub fn cover(&mut self, start: u32, end: u32) {
        self.start = self.start.min(start);
        self.end = self.end.max(end);
    }

    pub fn is_empty(self) -> bool {
        self.start >= self.end
    }
}
