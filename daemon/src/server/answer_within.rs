//! Questions to a file system that may never answer.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Asks on a thread of its own, which is left behind if no answer comes within `limit`.
pub fn answer_within<T: Send + 'static>(
    limit: Duration,
    question: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (sender, answer) = mpsc::channel();
    let thread = thread::Builder::new().name("ask".to_owned());
    let asked = thread.spawn(move || {
        let _ = sender.send(question());
    });
    asked.ok()?;
    answer.recv_timeout(limit).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_without_an_answer_is_given_up() {
        assert_eq!(answer_within(Duration::from_secs(30), || 7), Some(7));
        let (_sender, never) = mpsc::channel::<()>();
        let asked = answer_within(Duration::from_millis(10), move || never.recv().is_ok());
        assert_eq!(asked, None);
    }
}
