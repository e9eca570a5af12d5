use super::*;
use crate::app::Model;
use crate::app::fixture::{press, with_review};
use crate::term::Reply;
use crate::term::probe::{Choice, Environment, Preferences};
use crate::term::tty::WindowSize;
use tokio::sync::mpsc::{Receiver, channel};

const AREA: Rect = Rect::new(2, 2, 51, 20);

fn terminal(graphics: Choice) -> Terminal {
    let preferences = Preferences {
        graphics,
        cell: Some((10, 20)),
        greys: GreyLevels::USUAL,
    };
    let size = WindowSize {
        columns: 80,
        rows: 24,
        pixels: (0, 0),
    };
    Terminal::new(preferences, Environment::default(), size)
}

/// A case being looked at, and its pictures on a terminal.
struct Desk {
    model: Model,
    pictures: Pictures,
    encoded: Receiver<Encoded>,
    terminal: Terminal,
}

impl Desk {
    fn new(graphics: Choice) -> Self {
        let mut model = with_review(&["one", "two"]);
        press(&mut model, "enter");
        let (sender, encoded) = channel(1);
        Desk {
            model,
            pictures: Pictures::new(sender),
            encoded,
            terminal: terminal(graphics),
        }
    }

    /// On a terminal that has answered the probe.
    fn answering() -> Self {
        let mut desk = Desk::new(Choice::Sixel);
        desk.pictures.asked(1);
        desk.pictures.answered();
        desk.terminal.learn(&Reply::Status);
        desk
    }

    fn want(&mut self) {
        let subject = self.model.subject();
        self.pictures
            .want(&subject, AREA, &self.terminal, true, Instant::now());
    }

    fn press(&mut self, keys: &str) {
        press(&mut self.model, keys);
        self.want();
    }

    /// Waits for the picture that is being made; returns the slice it shows.
    async fn make(&mut self) -> u32 {
        let encoded = self.encoded.recv().await.unwrap();
        let index = encoded.wanted.subject.showing.index;
        self.pictures.encoded(encoded);
        index
    }

    /// Sends the picture that is ready, if there is one.
    fn send(&mut self) -> bool {
        let Some(_) = self.pictures.take_ready() else {
            return false;
        };
        let questions = self.pictures.ask_for_answer(&mut Vec::new());
        self.pictures.asked(questions);
        self.pictures.written();
        true
    }

    fn shown(&mut self) -> Option<u32> {
        self.pictures.take_shown().map(|s| s.index)
    }
}

#[tokio::test]
async fn a_picture_is_shown_when_the_terminal_has_answered() {
    let mut desk = Desk::answering();
    desk.want();
    assert_eq!(desk.make().await, 7);
    assert!(desk.send());
    assert_eq!(desk.shown(), None);
    assert!(desk.pictures.is_answer_due());
    desk.pictures.answered();
    assert_eq!(desk.shown(), Some(7));
    assert_eq!(desk.pictures.covered(), Some(Rect::new(2, 2, 51, 19)));
    assert!(
        desk.pictures
            .status(&desk.terminal)
            .text
            .contains("32 greys")
    );

    // Nothing has changed: nothing is made.
    desk.want();
    assert!(!desk.pictures.encoding);
}

#[tokio::test]
async fn what_is_wanted_while_one_is_on_its_way_is_dropped_but_for_the_last() {
    let mut desk = Desk::answering();
    desk.want();
    desk.press("j");
    desk.press("j");
    assert_eq!(desk.make().await, 7, "begun before the keys");
    desk.want();
    assert!(desk.send());
    desk.press("j j j");
    assert!(!desk.pictures.encoding, "one in flight");
    desk.pictures.answered();
    desk.want();
    assert_eq!(desk.make().await, 12, "the slices between are never drawn");
    assert!(desk.send());
    desk.pictures.answered();
    assert_eq!(desk.shown(), Some(12));
}

#[tokio::test]
async fn a_picture_of_another_case_is_not_sent() {
    let mut desk = Desk::answering();
    desk.want();
    desk.press("n");
    desk.make().await;
    desk.want();
    assert!(!desk.send());
    assert_eq!(desk.make().await, 7);
    assert!(desk.send());
    desk.pictures.answered();
    let showing = desk.pictures.take_shown().unwrap();
    assert_eq!(showing.case.0, "two");
}

#[tokio::test]
async fn an_answer_after_the_picture_is_gone_shows_nothing_to_decide_on() {
    let mut desk = Desk::answering();
    desk.want();
    desk.make().await;
    desk.send();
    desk.press("?");
    assert_eq!(desk.pictures.covered(), None);
    desk.pictures.answered();
    assert_eq!(desk.pictures.take_shown().unwrap().revision, None);
    desk.press("esc");
    assert_eq!(desk.make().await, 7, "it is drawn again");
}

#[tokio::test]
async fn a_terminal_that_never_answers_is_not_asked() {
    let mut desk = Desk::new(Choice::Halfblock);
    desk.pictures.asked(1);
    desk.want();
    desk.make().await;
    assert!(desk.send());
    assert_eq!(desk.shown(), Some(7), "what is written counts as shown");
    let mut buffer = Buffer::empty(Rect::new(0, 0, 80, 24));
    desk.pictures.draw_blocks(&mut buffer);
    let blocks = buffer.content().iter().filter(|c| c.symbol() == "▀");
    assert_eq!(blocks.count(), 51 * 19);
}

#[tokio::test]
async fn a_lost_answer_holds_up_pictures_only_for_a_while() {
    let mut desk = Desk::answering();
    desk.want();
    desk.make().await;
    desk.send();
    let deadline = desk.pictures.deadline().unwrap();
    desk.pictures.on_time(deadline - Duration::from_millis(1));
    assert_eq!(desk.shown(), None);
    desk.pictures.on_time(deadline);
    assert_eq!(desk.shown(), Some(7));
    // It comes after all, and is not taken for that of the next picture.
    desk.pictures.answered();
    desk.press("j");
    desk.make().await;
    desk.send();
    assert_eq!(desk.shown(), None);
    desk.pictures.answered();
    assert_eq!(desk.shown(), Some(8));
}

#[tokio::test]
async fn while_the_window_changes_no_picture_is_made() {
    let mut desk = Desk::answering();
    desk.pictures.resized(Instant::now());
    desk.want();
    assert!(!desk.pictures.encoding);
    let quiet = desk.pictures.deadline().unwrap();
    desk.pictures.on_time(quiet);
    desk.want();
    assert_eq!(desk.make().await, 7);
}

#[test]
fn without_pictures_what_is_wanted_counts_as_shown() {
    let mut desk = Desk::new(Choice::None);
    desk.want();
    assert_eq!(desk.shown(), Some(7));
    assert!(desk.pictures.status(&desk.terminal).none.is_some());
}
