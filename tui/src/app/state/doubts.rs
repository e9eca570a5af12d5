//! What speaks against an approval.

use crate::figures::score;
use medicosam_shared::case::Revision;
use medicosam_shared::text::printable;

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

    /// All of them in a line, about so many cases; objects by their names, or their numbers only.
    pub fn in_words(&self, cases: usize, by_name: bool) -> String {
        let named = |names: &[String]| match names {
            [name] => printable(name),
            names if by_name => printable(&names.join(", ")),
            names => format!("{} objects", names.len()),
        };
        let mut parts = Vec::new();
        if self.draft {
            parts.push("your draft is not committed".to_owned());
        }
        if self.nothing_asked {
            parts.push("nothing was segmented: it needs a prompt".to_owned());
        }
        if !self.without_prompt.is_empty() {
            parts.push(format!("no prompt: {}", named(&self.without_prompt)));
        }
        if !self.empty.is_empty() {
            parts.push(format!("empty: {}", named(&self.empty)));
        }
        match self.low.as_slice() {
            [] => {}
            [(low, limit)] => parts.push(format!(
                "score {} below {}",
                score(Some(*low)),
                score(Some(*limit))
            )),
            several => {
                let lowest = several.iter().map(|(score, _)| *score).reduce(f32::min);
                parts.push(format!(
                    "{} of {cases} scores low, down to {}",
                    several.len(),
                    score(lowest)
                ));
            }
        }
        if self.unpictured {
            parts.push("nothing was seen: there are no pictures".to_owned());
        }
        if self.unseen > 0 {
            parts.push(format!(
                "{} of {} slices with a mask not seen",
                self.unseen, self.of
            ));
        }
        let mut text = parts.join("; ");
        if let Some(first) = text.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        text.push('.');
        text
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_names_all_of_them_and_is_shorter_where_there_is_less_room() {
        let doubts = Doubts {
            draft: true,
            nothing_asked: false,
            without_prompt: vec!["spleen".to_owned()],
            empty: vec!["liver".to_owned(), "left kidney".to_owned()],
            low: vec![(0.413, 0.5)],
            unpictured: false,
            unseen: 12,
            of: 40,
        };
        assert_eq!(
            doubts.in_words(1, true),
            "Your draft is not committed; no prompt: spleen; empty: liver, left kidney; \
             score 0.41 below 0.50; 12 of 40 slices with a mask not seen."
        );
        assert!(doubts.in_words(1, false).contains("empty: 2 objects"));
        let several = Doubts {
            nothing_asked: true,
            low: vec![(0.4, 0.5), (0.3, 0.5)],
            unpictured: true,
            ..Doubts::default()
        };
        assert_eq!(
            several.in_words(3, true),
            "Nothing was segmented: it needs a prompt; 2 of 3 scores low, down to 0.30; nothing was seen: there are no pictures."
        );
    }
}
