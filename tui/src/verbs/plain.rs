//! `medicosam plain`: the cases in review one after the other, in sentences and typed words, for screen
//! readers and for terminals that can do no more.

use super::list::sorted;
use super::{Error, values};
use crate::app::state::doubts::{Doubts, Lacks};
use crate::app::state::queue::filter::Filter;
use crate::app::state::queue::sort::Sort;
use crate::figures::{score, size};
use clap::Args;
use jiff::Timestamp;
use medicosam_shared::api::{DecisionRequest, NoteRequest, Status, UndoRequest};
use medicosam_shared::case::{CaseDetail, CaseId, Verdict};
use medicosam_shared::client::Client;
use medicosam_shared::text::printable;
use std::io::{BufRead, Write};

const WORDS: &str = "\
  approve, reject WHY, flag WHY   decide, and go on to the next case
  note TEXT                       leave a note, and stay
  show                            say all about the case again
  skip                            go on without a decision
  undo                            take back your last decision here
  quit";

/// Which cases, and in which order.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("At each case, type one of\n{WORDS}"))]
pub struct PlainArgs {
    /// Only cases that fit, as typed after / on the screen: 'score<0.8 liver'
    #[arg(long, value_name = "FILTER", value_parser = str::parse::<Filter>, default_value = "", hide_default_value = true)]
    pub filter: Filter,
    /// What they are sorted by
    #[arg(long, value_name = "ORDER", value_parser = values::orders(), default_value = "attention")]
    pub sort: Sort,
}

/// What was typed.
#[derive(Debug, PartialEq, Eq)]
enum Typed<'a> {
    Approve,
    Object(Verdict, &'a str),
    Note(&'a str),
    Show,
    Skip,
    Undo,
    Quit,
    Unknown,
}

impl<'a> Typed<'a> {
    fn parse(line: &'a str) -> Self {
        let line = line.trim();
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        match (word, rest.trim()) {
            ("approve", "") => Typed::Approve,
            ("reject", why) if !why.is_empty() => Typed::Object(Verdict::Reject, why),
            ("flag", why) if !why.is_empty() => Typed::Object(Verdict::Flag, why),
            ("note", text) if !text.is_empty() => Typed::Note(text),
            ("show", "") => Typed::Show,
            ("skip", "") => Typed::Skip,
            ("undo", "") => Typed::Undo,
            ("quit", "") => Typed::Quit,
            _ => Typed::Unknown,
        }
    }
}

/// Goes through the cases; ends with the last one, with `quit`, or with the end of the input.
pub(super) async fn run(
    client: &Client,
    args: &PlainArgs,
    input: &mut dyn BufRead,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let status = client.status().await?;
    let now = Timestamp::now();
    let mut cases = client.cases().await?.cases;
    cases.retain(|case| case.awaits_you() && args.filter.matches(case, now));
    let ids = sorted(cases, args.sort, false).into_iter().map(|c| c.id);
    let mut talk = Talk {
        client,
        status,
        input,
        out,
        last: None,
    };
    let ids: Vec<CaseId> = ids.collect();
    for (n, id) in ids.iter().enumerate() {
        talk.say(&format!("Case {} of {}.", n + 1, ids.len()))?;
        if !talk.case(id).await? {
            return Ok(());
        }
    }
    talk.say(match ids.is_empty() {
        true => "Nothing waits for review.",
        false => "That was the last case.",
    })
}

/// A talk with a person.
struct Talk<'a> {
    client: &'a Client,
    status: Status,
    input: &'a mut dyn BufRead,
    out: &'a mut dyn Write,
    /// The last decision that can be taken back.
    last: Option<CaseId>,
}

impl Talk<'_> {
    fn say(&mut self, text: &str) -> Result<(), Error> {
        let said = writeln!(self.out, "{text}").and_then(|()| self.out.flush());
        said.map_err(Error::Output)
    }

    /// The next line; `None` at the end of the input.
    fn listen(&mut self) -> Result<Option<String>, Error> {
        let mut line = String::new();
        let read = self.input.read_line(&mut line).map_err(Error::Output)?;
        Ok((read > 0).then_some(line))
    }

    /// Talks about a case until it is decided on or skipped; whether to go on.
    async fn case(&mut self, id: &CaseId) -> Result<bool, Error> {
        let mut detail = self.client.case(&id.0).await?;
        self.say(&told(&detail))?;
        loop {
            self.say("Approve, reject, flag, note, show, skip, undo or quit?")?;
            let Some(line) = self.listen()? else {
                return Ok(false);
            };
            match Typed::parse(&line) {
                Typed::Quit => return Ok(false),
                Typed::Skip => return Ok(true),
                Typed::Show => {
                    detail = self.client.case(&id.0).await?;
                    self.say(&told(&detail))?;
                }
                Typed::Unknown => self.say(&format!("Please type one of\n{WORDS}"))?,
                Typed::Note(text) => {
                    let request = NoteRequest {
                        text: text.to_owned(),
                    };
                    self.done(self.client.note(id, &request).await.map(drop), "Noted.")?;
                }
                Typed::Undo => self.take_back().await?,
                Typed::Approve => {
                    if self.is_sure(&detail)? && self.decide(&detail, Verdict::Approve, "").await? {
                        return Ok(true);
                    }
                }
                Typed::Object(verdict, why) => {
                    if self.decide(&detail, verdict, why).await? {
                        return Ok(true);
                    }
                }
            }
        }
    }

    /// Whether something was done. A refusal is said, and the talk goes on.
    fn done(
        &mut self,
        outcome: Result<(), medicosam_shared::client::ClientError>,
        words: &str,
    ) -> Result<bool, Error> {
        match outcome {
            Ok(()) => self.say(words).map(|()| true),
            Err(error) => {
                let told = Error::from(error).told().to_string();
                self.say(&told).map(|()| false)
            }
        }
    }

    async fn decide(
        &mut self,
        detail: &CaseDetail,
        verdict: Verdict,
        reason: &str,
    ) -> Result<bool, Error> {
        let id = &detail.summary.id;
        let Some(revision) = detail.summary.revision else {
            return self.say("It has no segmentation yet.").map(|()| false);
        };
        let request = DecisionRequest {
            revision,
            verdict,
            reason: reason.to_owned(),
            overrule: false,
        };
        let decided = self.client.decide(id, &request).await;
        let words = match verdict {
            Verdict::Approve => "Approved.",
            Verdict::Reject => "Rejected.",
            Verdict::Flag => "Flagged.",
        };
        let is_done = self.done(decided.map(drop), words)?;
        if is_done {
            self.last = Some(id.clone());
        }
        Ok(is_done)
    }

    async fn take_back(&mut self) -> Result<(), Error> {
        let Some(id) = self.last.take() else {
            return self.say("You have decided on nothing here yet.");
        };
        let undone = self.client.undo(&id, &UndoRequest::default()).await;
        let words = format!("Taken back; case {id} waits for review again.");
        self.done(undone.map(drop), &words).map(drop)
    }

    /// Nothing can be seen here, so that every approval is asked about once, with all that speaks
    /// against it.
    fn is_sure(&mut self, detail: &CaseDetail) -> Result<bool, Error> {
        let limit = self.status.score_limit(&detail.summary.profile);
        let doubts = doubts(detail, limit).in_words(1, true);
        self.say(&format!("{doubts} Type yes to approve all the same."))?;
        Ok(self.listen()?.is_some_and(|line| line.trim() == "yes"))
    }
}

/// What speaks against an approval without a picture.
fn doubts(detail: &CaseDetail, limit: f32) -> Doubts {
    let lacks = detail.current().map(Lacks::of).unwrap_or_default();
    let score = detail.summary.score.filter(|score| *score < limit);
    Doubts {
        draft: detail.summary.draft,
        nothing_asked: lacks.objects,
        without_prompt: lacks.prompt,
        empty: lacks.mask,
        low: score.map(|score| (score, limit)).into_iter().collect(),
        unpictured: true,
        ..Doubts::default()
    }
}

/// A case in sentences.
fn told(detail: &CaseDetail) -> String {
    let case = &detail.summary;
    let mut said = vec![format!(
        "{}, profile {}, case {}.",
        printable(&case.name),
        printable(&case.profile),
        case.id
    )];
    if case.reads.is_some() {
        said.push("It is a second reading: the first one is not shown.".to_owned());
    }
    if case.draft {
        said.push("You have a draft on it that is not committed.".to_owned());
    }
    let Some(current) = detail.current() else {
        said.push("It has no segmentation yet.".to_owned());
        return said.join("\n");
    };
    let made = &current.provenance;
    said.push(format!(
        "Revision {} by {}. Score {}.",
        current.number,
        printable(&made.author),
        score(case.score)
    ));
    for object in &made.objects {
        let with_mask = object.slices.iter().filter(|slice| slice.area > 0);
        let slices: Vec<u32> = with_mask.map(|slice| slice.index).collect();
        let on = match (slices.iter().min(), slices.iter().max()) {
            (Some(first), Some(last)) if first == last => Some(format!("slice {first}")),
            (Some(first), Some(last)) => Some(format!("slices {first} to {last}")),
            _ => None,
        };
        let where_it_is = match on {
            Some(on) => format!(
                "{} on {on}, estimate {}",
                size(object),
                score(object.predicted_iou())
            ),
            None => "nothing was found".to_owned(),
        };
        let name = printable(&object.name);
        said.push(format!("Object {}, {name}: {where_it_is}.", object.label));
    }
    let reasons = made.quality.iter().flat_map(|quality| &quality.reasons);
    said.extend(reasons.map(|reason| format!("Look closely: {}.", printable(reason))));
    said.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::detail;
    use medicosam_shared::case::CaseState;

    #[test]
    fn words_are_whole_and_reasons_are_needed() {
        assert_eq!(Typed::parse("approve\n"), Typed::Approve);
        assert_eq!(
            Typed::parse("reject  leaks into the vessel"),
            Typed::Object(Verdict::Reject, "leaks into the vessel")
        );
        for line in ["a", "approve it", "reject", "flag  ", "", "yes"] {
            assert_eq!(Typed::parse(line), Typed::Unknown, "{line:?}");
        }
    }

    #[test]
    fn a_case_is_told_in_sentences() {
        insta::assert_snapshot!("plain", told(&detail("3f2a", CaseState::Review, 2)));
        let lacking = doubts(&detail("3f2a", CaseState::Review, 2), 2.0);
        assert!(lacking.unpictured && !lacking.low.is_empty(), "{lacking:?}");
    }
}
