//! Filters as they are written.

use super::assigned::Assigned;
use super::reading::Reading;
use super::{Comparison, Filter, Number, Standing, Term, Test, Text};
use std::fmt::{self, Display};
use std::str::FromStr;

/// Why a term means nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// There is no such field.
    #[error("{0:?} is no field; there are {fields}", fields = FIELDS)]
    NoField(String),
    /// Nothing stands behind the field.
    #[error("{0:?} needs a value behind it")]
    NoValue(String),
    /// There is no such state.
    #[error("no state begins with {0:?}; there are {states}", states = states())]
    NoState(String),
    /// There is no such reading.
    #[error("no reading is called {0:?}; there are first and second")]
    NoReading(String),
    /// It is no number.
    #[error("{value:?} is no {what}")]
    NoNumber {
        /// What was written.
        value: String,
        /// What it should be, with an example.
        what: &'static str,
    },
    /// Text cannot be less or more.
    #[error("{0:?} is text; write {0}:VALUE")]
    NotComparable(String),
}

const FIELDS: &str = "state, profile, by, name, reason, fault, id, assigned, reading, score, ml, \
                      age and revision";

fn states() -> String {
    let words: Vec<&str> = Standing::all().map(Standing::as_str).collect();
    words.join(", ")
}

/// A field as it is written.
enum Field {
    State,
    Assigned,
    Reading,
    Text(Text),
    Number(Number),
}

const NAMES: [(&str, Field); 16] = [
    ("state", Field::State),
    ("assigned", Field::Assigned),
    ("reading", Field::Reading),
    ("profile", Field::Text(Text::Profile)),
    ("by", Field::Text(Text::By)),
    ("reviewer", Field::Text(Text::By)),
    ("name", Field::Text(Text::Name)),
    ("reason", Field::Text(Text::Reason)),
    ("fault", Field::Text(Text::Fault)),
    ("id", Field::Text(Text::Id)),
    ("score", Field::Number(Number::Score)),
    ("ml", Field::Number(Number::Volume)),
    ("volume", Field::Number(Number::Volume)),
    ("age", Field::Number(Number::Age)),
    ("revision", Field::Number(Number::Revision)),
    ("rev", Field::Number(Number::Revision)),
];

/// Units of an age and their seconds, the largest last.
const UNITS: [(char, f64); 5] = [
    ('s', 1.0),
    ('m', 60.0),
    ('h', 3600.0),
    ('d', 86_400.0),
    ('w', 604_800.0),
];

impl Filter {
    /// A filter that may not be finished: terms that mean nothing yet are left out, and the first
    /// of them says why.
    pub fn unfinished(text: &str) -> (Filter, Option<FilterError>) {
        let mut filter = Filter::default();
        let mut problem = None;
        for word in words(text) {
            match term(&word) {
                Ok(term) => filter.terms.push(term),
                Err(error) => problem = problem.or(Some(error)),
            }
        }
        (filter, problem)
    }
}

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match Filter::unfinished(text) {
            (filter, None) => Ok(filter),
            (_, Some(problem)) => Err(problem),
        }
    }
}

/// A word between blanks: its letters, and where in it quotes begin.
struct Word {
    text: String,
    /// Length of what stands before the first quote.
    plain: usize,
}

/// Splits at blanks that are not between quotes; the quotes go.
fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => {
                quoted = !quoted;
                let word = word.get_or_insert(Word {
                    text: String::new(),
                    plain: usize::MAX,
                });
                word.plain = word.plain.min(word.text.len());
            }
            c if c.is_whitespace() && !quoted => words.extend(word.take()),
            c => word
                .get_or_insert(Word {
                    text: String::new(),
                    plain: usize::MAX,
                })
                .text
                .push(c),
        }
    }
    words.extend(word);
    words.retain(|word| !word.text.is_empty());
    words
}

fn term(word: &Word) -> Result<Term, FilterError> {
    let plain = &word.text[..word.plain.min(word.text.len())];
    let (not, skipped) = match plain.strip_prefix('!') {
        Some(_) if word.text.len() > 1 => (true, 1),
        _ => (false, 0),
    };
    let text = &word.text[skipped..];
    let plain = &plain[skipped..];
    let test = match plain.find([':', '<', '>', '=']) {
        None | Some(0) => Test::Word(text.to_lowercase()),
        Some(at) => {
            let (name, rest) = text.split_at(at);
            let (operator, value) = match rest.as_bytes() {
                [b'<' | b'>', b'=', ..] => rest.split_at(2),
                _ => rest.split_at(1),
            };
            field(&name.to_lowercase(), operator, value)?
        }
    };
    Ok(Term { not, test })
}

fn field(name: &str, operator: &str, value: &str) -> Result<Test, FilterError> {
    let Some((_, field)) = NAMES.iter().find(|(known, _)| *known == name) else {
        return Err(FilterError::NoField(name.to_owned()));
    };
    if value.is_empty() {
        return Err(FilterError::NoValue(format!("{name}{operator}")));
    }
    let comparison = match operator {
        "<" => Comparison::Less,
        "<=" => Comparison::AtMost,
        ">" => Comparison::More,
        ">=" => Comparison::AtLeast,
        _ => Comparison::Equal,
    };
    let values = || value.split(',').filter(|value| !value.is_empty());
    match field {
        Field::Number(number) if value == "none" && comparison == Comparison::Equal => {
            Ok(Test::Missing(*number))
        }
        Field::Number(number) => Ok(Test::Number(
            *number,
            comparison,
            number_of(*number, value)?,
        )),
        _ if comparison != Comparison::Equal => Err(FilterError::NotComparable(name.to_owned())),
        _ if values().next().is_none() => Err(FilterError::NoValue(format!("{name}{operator}"))),
        Field::Text(text) => Ok(Test::Text(*text, values().map(str::to_lowercase).collect())),
        Field::Assigned => Ok(Test::Assigned(values().map(Assigned::of).collect())),
        Field::Reading => {
            let named = |value: &str| {
                let mut all = Reading::ALL.into_iter();
                let found = all.find(|which| which.as_str().starts_with(&*value.to_lowercase()));
                found.ok_or_else(|| FilterError::NoReading(value.to_owned()))
            };
            Ok(Test::Reading(
                values().map(named).collect::<Result<_, _>>()?,
            ))
        }
        Field::State => {
            let mut states = Vec::new();
            for value in values() {
                let before = states.len();
                let begins = |s: &Standing| s.as_str().starts_with(&*value.to_lowercase());
                states.extend(Standing::all().filter(begins));
                if states.len() == before {
                    return Err(FilterError::NoState(value.to_owned()));
                }
            }
            Ok(Test::State(states))
        }
    }
}

fn number_of(field: Number, value: &str) -> Result<f64, FilterError> {
    let (number, factor) = match field {
        Number::Age => {
            let unit = UNITS.iter().find(|(unit, _)| value.ends_with(*unit));
            match unit {
                Some((_, seconds)) => (&value[..value.len() - 1], Some(*seconds)),
                None => (value, None),
            }
        }
        _ => (value, Some(1.0)),
    };
    let number = number.parse::<f64>().ok().filter(|n| n.is_finite());
    match (number, factor) {
        (Some(number), Some(factor)) => Ok(number * factor),
        _ => Err(FilterError::NoNumber {
            value: value.to_owned(),
            what: match field {
                Number::Age => "age, for example 2h or 3d",
                _ => "number",
            },
        }),
    }
}

/// As it could have been typed.
impl Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, term) in self.terms.iter().enumerate() {
            let blank = if n > 0 { " " } else { "" };
            let not = if term.not { "!" } else { "" };
            write!(f, "{blank}{not}{}", term.test)?;
        }
        Ok(())
    }
}

impl Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Test::Word(word) => write!(f, "\"{word}\""),
            Test::State(states) => {
                let words: Vec<&str> = states.iter().map(|s| s.as_str()).collect();
                write!(f, "state:{}", words.join(","))
            }
            Test::Reading(which) => {
                let words: Vec<&str> = which.iter().map(|which| which.as_str()).collect();
                write!(f, "reading:{}", words.join(","))
            }
            Test::Assigned(to) => {
                let words: Vec<String> = to.iter().map(Assigned::to_string).collect();
                write!(f, "assigned:\"{}\"", words.join(","))
            }
            Test::Text(field, values) => {
                write!(f, "{}:\"{}\"", field.name(), values.join(","))
            }
            Test::Number(field, comparison, number) => {
                let operator = comparison.symbol();
                let unit = if *field == Number::Age { "s" } else { "" };
                write!(f, "{}{operator}{number}{unit}", field.name())
            }
            Test::Missing(field) => write!(f, "{}:none", field.name()),
        }
    }
}

impl Text {
    fn name(self) -> &'static str {
        match self {
            Text::Profile => "profile",
            Text::By => "by",
            Text::Name => "name",
            Text::Reason => "reason",
            Text::Fault => "fault",
            Text::Id => "id",
        }
    }
}

impl Number {
    fn name(self) -> &'static str {
        match self {
            Number::Score => "score",
            Number::Volume => "ml",
            Number::Age => "age",
            Number::Revision => "revision",
        }
    }
}

impl Comparison {
    fn symbol(self) -> &'static str {
        match self {
            Comparison::Less => "<",
            Comparison::AtMost => "<=",
            Comparison::More => ">",
            Comparison::AtLeast => ">=",
            Comparison::Equal => "=",
        }
    }
}
