//! What speaks against an approval.

use medicosam_shared::case::Revision;

/// What speaks against an approval, of one case or of several.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Doubts {
    /// The reviewer has changes that are no revision yet.
    pub draft: bool,
    /// Nothing was asked about at all, so that there is not even an object.
    pub nothing_asked: bool,
    /// Objects that nothing was asked about.
    pub without_prompt: Vec<String>,
    /// Objects that were asked for and have no mask.
    pub empty: Vec<String>,
    /// Scores below the limits of their profiles, and these limits.
    pub low: Vec<(f32, f32)>,
    /// There was never a picture.
    pub unpictured: bool,
    /// Slices with a mask that were not seen.
    pub unseen: usize,
    /// Slices with a mask.
    pub of: usize,
}

impl Doubts {
    /// Whether anything speaks against it.
    pub fn are_any(&self) -> bool {
        *self
            != Doubts {
                of: self.of,
                ..Doubts::default()
            }
    }

    /// Whether there is something among them that is hardly ever right to approve: an object that nobody
    /// asked about or nothing was found of, or masks that nobody can have seen. A low score and slices
    /// that were not seen are usual where a profile is strict, and a hand gets used to confirming them.
    pub fn are_grave(&self) -> bool {
        let lacks = !self.without_prompt.is_empty() || !self.empty.is_empty();
        self.nothing_asked || lacks || self.unpictured
    }

    /// Adds those about another case.
    pub fn add(&mut self, other: Doubts) {
        self.draft |= other.draft;
        self.nothing_asked |= other.nothing_asked;
        self.without_prompt.extend(other.without_prompt);
        self.empty.extend(other.empty);
        self.low.extend(other.low);
        self.unpictured |= other.unpictured;
        self.unseen += other.unseen;
        self.of += other.of;
    }
}

/// What a revision lacks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lacks {
    /// It has no objects.
    pub objects: bool,
    /// Objects that nothing was asked about.
    pub prompt: Vec<String>,
    /// Objects that were asked for and have no mask.
    pub mask: Vec<String>,
}

impl Lacks {
    /// What the objects of a revision lack. An object has a score on each slice that was asked about.
    pub fn of(revision: &Revision) -> Self {
        let mut lacks = Lacks {
            objects: revision.provenance.objects.is_empty(),
            ..Lacks::default()
        };
        for object in &revision.provenance.objects {
            if object.slices.is_empty() {
                lacks.prompt.push(object.name.clone());
            } else if object.slices.iter().all(|slice| slice.area == 0) {
                lacks.mask.push(object.name.clone());
            }
        }
        lacks
    }
}
