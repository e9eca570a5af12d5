//! What a reviewer has seen of a revision.

use super::doubts::Lacks;
use super::review::coverage::Coverage;
use jiff::Timestamp;

/// What a reviewer has seen of a revision. There is one once it was on the screen with its masks.
#[derive(Debug, Clone)]
pub struct Sight {
    /// The slices that were seen.
    pub coverage: Coverage,
    /// When it first was on the screen.
    pub since: Timestamp,
    /// Whether it was there as a picture.
    pub pictured: bool,
    /// What its objects lack.
    pub lacks: Lacks,
}

impl Sight {
    /// Nothing yet, since a time.
    pub fn new(since: Timestamp) -> Self {
        Sight {
            coverage: Coverage::default(),
            since,
            pictured: false,
            lacks: Lacks::default(),
        }
    }
}
