//! Filters: which cases are shown, as it is typed after `/`.
//!
//! A filter is terms with blanks between, all of which must hold:
//!
//! - `liver 12`: words, looked for in the name (letters may be left out), profile, reviewer, state
//!   and id;
//! - `state:review,flagged`, `profile:lung`, `by:ana`, `name:`, `reason:`, `fault:`, `id:`;
//! - `state:dismissed`: cases that were put away, which no other filter shows;
//! - `assigned:me`, `assigned:nobody`, `assigned:ana`;
//! - `reading:second`, `reading:first`;
//! - `score<0.8`, `ml>=10`, `age<2h`, `revision>1`, `score:none`;
//! - `!term`: what does not fit. Quotes keep blanks together: `reason:"too big"`.

mod assigned;
mod fuzzy;
mod parse;
mod reading;
#[cfg(test)]
mod tests;

pub use parse::FilterError;

use assigned::Assigned;
use jiff::Timestamp;
use medicosam_shared::case::{CaseState, CaseSummary};
use reading::Reading;

/// What a case must be like to be shown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    terms: Vec<Term>,
}

/// One condition.
#[derive(Debug, Clone, PartialEq)]
struct Term {
    /// Whether it must not hold.
    not: bool,
    test: Test,
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    /// A word, in lower case.
    Word(String),
    /// One of these states, and not put away.
    State(Vec<Standing>),
    /// It is one of these readings.
    Reading(Vec<Reading>),
    /// It is assigned to one of these.
    Assigned(Vec<Assigned>),
    /// A field has one of these in it, in lower case.
    Text(Text, Vec<String>),
    /// A number compares so.
    Number(Number, Comparison, f64),
    /// A number is not known.
    Missing(Number),
}

/// What `state:` can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// A state.
    In(CaseState),
    /// Put away, in whatever state.
    Dismissed,
}

impl Standing {
    /// All of them, by the words that are typed.
    fn all() -> impl Iterator<Item = Standing> {
        let states = CaseState::ALL.into_iter().map(Standing::In);
        states.chain([Standing::Dismissed])
    }

    const fn as_str(self) -> &'static str {
        match self {
            Standing::In(state) => state.as_str(),
            Standing::Dismissed => "dismissed",
        }
    }

    fn holds(self, case: &CaseSummary) -> bool {
        match self {
            Standing::In(state) => case.state == state && !case.dismissed,
            Standing::Dismissed => case.dismissed,
        }
    }
}

/// Fields of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Text {
    Profile,
    By,
    Name,
    Reason,
    Fault,
    Id,
}

/// Fields of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Number {
    /// 0 to 1.
    Score,
    /// Millilitres.
    Volume,
    /// Seconds since the last change.
    Age,
    Revision,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Less,
    AtMost,
    More,
    AtLeast,
    Equal,
}

/// The searchable text of a case, in lower case: it is searched for every key that is typed.
#[derive(Debug, Clone, PartialEq)]
pub struct Haystack {
    name: String,
    /// Profile, reviewer, state and id, a line each.
    others: String,
}

impl Haystack {
    /// What words are looked for in.
    pub fn of(case: &CaseSummary) -> Self {
        let reviewer = case.reviewer.as_deref().unwrap_or_default();
        let others = format!("{}\n{reviewer}\n{}\n{}", case.profile, case.state, case.id);
        Haystack {
            name: case.name.to_lowercase(),
            others: others.to_lowercase(),
        }
    }
}

/// How well a word fits that is not in the name but in another field: better than letters strewn
/// over a name, worse than the word itself in it.
const IN_ANOTHER_FIELD: u32 = 400;

impl Filter {
    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether it has words, by which cases can be ranked.
    pub fn has_words(&self) -> bool {
        let words = |term: &Term| matches!(term.test, Test::Word(_)) && !term.not;
        self.terms.iter().any(words)
    }

    /// How well a case fits, more is better; `None` if it does not.
    pub fn rank(&self, case: &CaseSummary, haystack: &Haystack, now: Timestamp) -> Option<u32> {
        if case.dismissed && !self.asks_for_dismissed() {
            return None;
        }
        let mut rank = 0;
        for term in &self.terms {
            let fits = term.test.fits(case, haystack, now);
            match (fits, term.not) {
                (Some(quality), false) => rank += quality,
                (None, true) => {}
                (Some(_), true) | (None, false) => return None,
            }
        }
        Some(rank)
    }

    fn asks_for_dismissed(&self) -> bool {
        let asks = |term: &Term| match &term.test {
            Test::State(states) => states.contains(&Standing::Dismissed) && !term.not,
            Test::Word(_)
            | Test::Assigned(_)
            | Test::Reading(_)
            | Test::Text(..)
            | Test::Number(..)
            | Test::Missing(_) => false,
        };
        self.terms.iter().any(asks)
    }

    /// Whether a case fits.
    pub fn matches(&self, case: &CaseSummary, now: Timestamp) -> bool {
        self.rank(case, &Haystack::of(case), now).is_some()
    }
}

impl Test {
    fn fits(&self, case: &CaseSummary, haystack: &Haystack, now: Timestamp) -> Option<u32> {
        let holds = match self {
            Test::Word(word) => {
                let elsewhere = || {
                    haystack
                        .others
                        .contains(&**word)
                        .then_some(IN_ANOTHER_FIELD)
                };
                return fuzzy::quality(&haystack.name, word).max(elsewhere());
            }
            Test::State(states) => states.iter().any(|state| state.holds(case)),
            Test::Reading(which) => which.iter().any(|which| which.holds(case)),
            Test::Assigned(to) => to.iter().any(|to| to.holds(case)),
            Test::Text(field, values) => field.of(case).is_some_and(|text| {
                let text = text.to_lowercase();
                values.iter().any(|value| match field {
                    Text::Id => text.starts_with(&**value),
                    _ => text.contains(&**value),
                })
            }),
            Test::Number(field, comparison, wanted) => field
                .of(case, now)
                .is_some_and(|is| comparison.holds(is, *wanted)),
            Test::Missing(field) => field.of(case, now).is_none(),
        };
        holds.then_some(0)
    }
}

impl Text {
    fn of(self, case: &CaseSummary) -> Option<&str> {
        match self {
            Text::Profile => Some(&case.profile),
            Text::By => case.reviewer.as_deref(),
            Text::Name => Some(&case.name),
            Text::Reason => case.reason.as_deref(),
            Text::Fault => case.fault.as_ref().map(|fault| &*fault.code),
            Text::Id => Some(&case.id.0),
        }
    }
}

impl Number {
    fn of(self, case: &CaseSummary, now: Timestamp) -> Option<f64> {
        match self {
            Number::Score => case.score.map(f64::from),
            Number::Volume => case.volume_ml,
            Number::Age => Some((now.as_second() - case.updated.as_second()).max(0) as f64),
            Number::Revision => case.revision.map(f64::from),
        }
    }
}

impl Comparison {
    fn holds(self, is: f64, wanted: f64) -> bool {
        match self {
            Comparison::Less => is < wanted,
            Comparison::AtMost => is <= wanted,
            Comparison::More => is > wanted,
            Comparison::AtLeast => is >= wanted,
            // As exact as numbers are shown.
            Comparison::Equal => (is - wanted).abs() < 0.005,
        }
    }
}
