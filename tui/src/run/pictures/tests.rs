use super::*;
use crate::app::Model;
use crate::app::fixture::{press, with_review};
use crate::picture::Indexed;
use crate::run::painter;
use crate::term::Reply;
use crate::term::graphics::Choice;
use crate::term::testing;
use tokio::sync::mpsc::{Receiver, channel};

const AREA: Rect = Rect::new(2, 2, 51, 20);

fn terminal(picture: Choice) -> Terminal {
    testing::terminal(picture, Some((10, 20)), (0, 0))
}

/// The open case, and its pictures on a terminal.
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
        desk.pictures.asked(1, 0, Instant::now());
        desk.pictures.answered(Instant::now());
        desk.terminal.learn(&Reply::Status);
        desk
    }

    fn want(&mut self) {
        self.want_at(Instant::now());
    }

    fn want_at(&mut self, now: Instant) {
        let subject = self.model.subject();
        self.pictures
            .want(&subject, AREA, &self.terminal, true, now);
    }

    fn press(&mut self, keys: &str) {
        press(&mut self.model, keys);
        self.want();
    }

    /// Waits for the picture that is being made; returns the slice it shows.
    async fn make(&mut self) -> u32 {
        let encoded = self.encoded.recv().await.unwrap();
        let index = encoded.wanted.subject.showing.slices[0].index;
        self.pictures.encoded(encoded);
        index
    }

    /// Sends the picture that is ready, if there is one.
    fn send(&mut self) -> bool {
        self.draw().is_some()
    }

    /// Sends the picture that is ready; returns what was to be drawn.
    fn draw(&mut self) -> Option<Option<Drawing>> {
        let drawing = self.pictures.take_ready()?;
        let questions = self.pictures.ask_for_answer(&mut Vec::new());
        self.pictures.asked(questions, 0, Instant::now());
        self.pictures.written();
        Some(drawing)
    }

    /// Makes, sends and shows what is wanted; returns what was drawn.
    async fn show(&mut self) -> Drawing {
        self.want();
        self.make().await;
        let drawing = self.draw().unwrap().unwrap();
        self.pictures.answered(Instant::now());
        self.shown().unwrap();
        drawing
    }

    fn status(&self) -> String {
        self.pictures.status(&self.terminal).text
    }

    fn shown(&mut self) -> Option<u32> {
        self.pictures.take_shown().map(|s| s.slices[0].index)
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
    desk.pictures.answered(Instant::now());
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
    desk.pictures.answered(Instant::now());
    desk.want();
    assert_eq!(desk.make().await, 12, "the slices between are never drawn");
    assert!(desk.send());
    desk.pictures.answered(Instant::now());
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
    desk.pictures.answered(Instant::now());
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
    desk.pictures.answered(Instant::now());
    assert_eq!(desk.pictures.take_shown().unwrap().revision, None);
    desk.press("esc");
    assert_eq!(desk.make().await, 7, "it is drawn again");
}

#[tokio::test]
async fn over_a_slow_line_a_draft_comes_first_and_the_rest_when_nothing_moves() {
    let mut desk = Desk::answering();
    desk.pictures.pace.measured(0, Duration::ZERO);
    desk.pictures.pace.measured(10_000, Duration::from_secs(1));
    desk.want();
    desk.make().await;
    desk.send();
    desk.pictures.answered(Instant::now());
    assert_eq!(desk.shown(), Some(7));
    assert!(
        desk.status().starts_with("draft · sixel"),
        "{}",
        desk.status()
    );
    desk.want();
    assert!(!desk.pictures.encoding, "a draft will do while slices move");

    // After a pause the rest is prepared, but not sent before nothing moves.
    let pause = desk.pictures.deadline().unwrap();
    desk.pictures.on_time(pause);
    desk.want_at(pause);
    desk.make().await;
    assert!(!desk.send(), "slices may still move");
    let rest = desk.pictures.deadline().unwrap();
    assert!(rest > pause);
    desk.pictures.on_time(rest);
    desk.want_at(rest);
    assert!(desk.send());
    desk.pictures.answered(rest);
    assert_eq!(desk.shown(), Some(7));
    assert!(
        desk.status().starts_with("sixel · 32 greys"),
        "{}",
        desk.status()
    );
    desk.want();
    assert!(!desk.pictures.encoding, "there is nothing better");
    assert_eq!(desk.pictures.deadline(), None, "nothing is due any more");

    // The next draft begins where the last one was in time.
    desk.press("j");
    desk.make().await;
    desk.send();
    assert!(desk.status().starts_with("draft"), "{}", desk.status());
}

#[tokio::test]
async fn what_was_prepared_for_a_slice_that_is_no_longer_wanted_is_not_sent() {
    let mut desk = Desk::answering();
    desk.pictures.pace.measured(0, Duration::ZERO);
    desk.pictures.pace.measured(10_000, Duration::from_secs(1));
    desk.want();
    desk.make().await;
    desk.send();
    let pause = Instant::now() + PAUSE;
    desk.pictures.on_time(pause);
    desk.want_at(pause);
    assert!(desk.pictures.encoding, "while the draft is on its way");
    desk.press("j");
    assert_eq!(desk.make().await, 7);
    assert!(!desk.send(), "one in flight");
    desk.pictures.answered(Instant::now());
    desk.want();
    assert!(!desk.send(), "the other slice is wanted by now");
    assert_eq!(desk.make().await, 8);
    assert!(desk.send());
    assert!(desk.status().starts_with("draft"), "{}", desk.status());
}

#[tokio::test]
async fn over_a_fast_line_the_first_picture_is_complete() {
    let mut desk = Desk::answering();
    desk.show().await;
    assert!(
        desk.status().starts_with("sixel · 32 greys"),
        "{}",
        desk.status()
    );
    desk.pictures.on_time(desk.pictures.deadline().unwrap());
    desk.want();
    assert!(!desk.pictures.encoding);
}

/// The wanted picture, drawn from scratch.
fn composed(wanted: &Wanted, detail: Detail) -> Option<Indexed> {
    let order = Order {
        wanted: wanted.clone(),
        draft: None,
        base: None,
        tiles: Arc::default(),
        ahead: false,
    };
    order.picture(detail)
}

/// On a terminal of this name.
fn named(name: &str) -> Desk {
    let mut desk = Desk::answering();
    desk.terminal.learn(&Reply::Version(name.to_owned()));
    desk
}

#[tokio::test]
async fn what_is_drawn_on_the_slice_is_a_patch_where_that_is_safe() {
    for (name, protocol) in [
        ("XTerm(379)", Choice::Sixel),
        ("kitty(0.31.0)", Choice::Kitty),
    ] {
        let mut desk = named(name);
        desk.terminal = {
            let mut terminal = terminal(protocol);
            terminal.learn(&Reply::Version(name.to_owned()));
            terminal
        };
        let whole = desk.show().await;
        assert!(whole.whole);
        for keys in ["e", "l", "b", "L", "J"] {
            press(&mut desk.model, keys);
            let patch = desk.show().await;
            assert!(!patch.whole, "{name}: {keys}");
            let (painter::Pixels::InCells(bytes)
            | painter::Pixels::OverCells(bytes)
            | painter::Pixels::ForText(bytes)) = &patch.pixels;
            assert!(bytes.len() <= 2000, "{name}: {keys}: {} bytes", bytes.len());
            let there = desk.pictures.on_screen.as_ref().unwrap();
            let Some(Form::Pixels {
                picture, detail, ..
            }) = there.form()
            else {
                panic!("{there:?}");
            };
            assert_eq!(
                composed(&there.wanted, *detail).as_ref(),
                Some(&**picture),
                "{name}: {keys}"
            );
        }
        press(&mut desk.model, "esc esc j");
        assert!(desk.show().await.whole, "another slice");
    }
}

#[tokio::test]
async fn where_patches_are_not_known_to_be_safe_there_are_none() {
    for name in ["foot(1.23.0)", "tmux 3.6", "something 1.0"] {
        let mut desk = named(name);
        desk.show().await;
        press(&mut desk.model, "e");
        assert!(desk.show().await.whole, "{name}");
    }
}

#[tokio::test]
async fn a_terminal_that_never_answers_is_not_asked() {
    let mut desk = Desk::new(Choice::Blocks);
    desk.pictures.asked(1, 0, Instant::now());
    desk.want();
    desk.make().await;
    assert!(desk.send());
    assert_eq!(desk.shown(), Some(7), "what is written counts as shown");
    let mut buffer = Buffer::empty(Rect::new(0, 0, 80, 24));
    desk.pictures.draw_cells(&mut buffer);
    let blocks = buffer.content().iter().filter(|c| c.symbol() == "▀");
    assert_eq!(blocks.count(), 51 * 19);
}

#[tokio::test]
async fn a_lost_answer_holds_up_pictures_only_for_a_while() {
    let mut desk = Desk::answering();
    desk.want();
    desk.make().await;
    desk.send();
    let rest = desk.pictures.moving_until.unwrap();
    desk.pictures.on_time(rest);
    let deadline = desk.pictures.deadline().unwrap();
    desk.pictures.on_time(deadline - Duration::from_millis(1));
    assert_eq!(desk.shown(), None);
    desk.pictures.on_time(deadline);
    assert_eq!(desk.shown(), Some(7));
    // It comes after all, and is not taken for that of the next picture.
    desk.pictures.answered(Instant::now());
    desk.press("j");
    desk.make().await;
    desk.send();
    assert_eq!(desk.shown(), None);
    desk.pictures.answered(Instant::now());
    assert_eq!(desk.shown(), Some(8));
}

#[tokio::test]
async fn while_the_window_changes_no_picture_is_made() {
    let mut desk = Desk::answering();
    desk.pictures.resized(Instant::now());
    desk.want();
    assert!(!desk.pictures.encoding);
    let quiet = desk.pictures.not_before.unwrap();
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

#[tokio::test]
async fn past_tmux_a_picture_is_sent_and_named_by_text() {
    let mut desk = Desk::new(Choice::Kitty);
    desk.terminal.learn(&Reply::Version("tmux 3.3a".to_owned()));
    let mut names = Vec::new();
    for keys in ["", "j"] {
        press(&mut desk.model, keys);
        let drawing = desk.show().await;
        let painter::Pixels::ForText(bytes) = &drawing.pixels else {
            panic!("{drawing:?}");
        };
        let place = desk.pictures.on_screen.as_ref().unwrap().wanted.place.cells;
        let size = format!("c={},r={},q=2", place.width, place.height);
        assert!(String::from_utf8_lossy(bytes).contains(&size), "{size}");
        assert_eq!(desk.pictures.covered(), None, "it is text");
        let mut buffer = Buffer::empty(Rect::new(0, 0, 80, 24));
        desk.pictures.draw_cells(&mut buffer);
        for position in place.positions() {
            assert!(buffer[position].symbol().starts_with('\u{10eeee}'));
        }
        assert_eq!(buffer[(0, 0)].symbol(), " ");
        names.push(buffer[place.as_position()].fg);
    }
    assert_ne!(names[0], names[1], "another picture has another name");

    // What tmux may have dropped while it redrew the pane is sent again, once.
    let now = Instant::now();
    assert_eq!(desk.pictures.take_again(), None);
    desk.pictures
        .past_tmux
        .resized(now - Duration::from_secs(1));
    let again = desk.pictures.take_again().unwrap();
    assert!(String::from_utf8_lossy(&again).contains("a=T,U=1"));
    assert_eq!(desk.pictures.take_again(), None);
}
