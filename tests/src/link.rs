//! A line between a program and its terminal that has a rate and a delay, like one over SSH from
//! far away.
//!
//! What the program writes goes through at the rate of the line, and then is under way for half
//! the round trip; what the terminal answers and what is typed is under way for the other half.
//! Only as much is taken from the program as the line can carry, so that it has to wait for a
//! slow one.

use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// A line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Bytes a second towards the terminal.
    pub bytes_per_second: u32,
    /// From the program to the terminal and back.
    pub round_trip: Duration,
}

impl Link {
    /// A laptop at home: 10 Mbit/s and 40 ms.
    pub const HOME: Link = Link::mbit(10, 40);
    /// A bad connection: 2 Mbit/s and 40 ms.
    pub const SLOW: Link = Link::mbit(2, 40);

    const fn mbit(rate: u32, round_trip_ms: u64) -> Link {
        Link {
            bytes_per_second: rate * 125_000,
            round_trip: Duration::from_millis(round_trip_ms),
        }
    }

    /// How long so many bytes take to pass, without the delay.
    #[must_use]
    pub fn time_of(self, bytes: usize) -> Duration {
        Duration::from_secs_f64(bytes as f64 / f64::from(self.bytes_per_second))
    }
}

/// Bytes, and when they arrive.
type Parcel = (Instant, Vec<u8>);

/// The terminal's side of a line: reads what arrives, until the program is gone.
pub(crate) struct Display(mpsc::Receiver<Parcel>);

impl Display {
    /// Waits for the next bytes.
    pub(crate) fn receive(&self) -> Option<Vec<u8>> {
        let (arrival, bytes) = self.0.recv().ok()?;
        wait_until(arrival);
        Some(bytes)
    }
}

/// The keyboard's side of a line. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Keyboard {
    parcels: mpsc::Sender<Parcel>,
    delay: Duration,
}

impl Keyboard {
    /// Sends bytes to the program. It fails when there is none any more.
    pub(crate) fn send(&self, bytes: &[u8]) -> io::Result<()> {
        let parcel = (Instant::now() + self.delay, bytes.to_vec());
        let sent = self.parcels.send(parcel);
        sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

/// Lays a line to the program behind `terminal`, the terminal's end of its pseudo-terminal.
pub(crate) fn lay(link: Option<Link>, terminal: &File) -> io::Result<(Display, Keyboard)> {
    let delay = link.map_or(Duration::ZERO, |link| link.round_trip / 2);
    let (display, arriving) = mpsc::channel();
    let mut from_program = terminal.try_clone()?;
    thread::spawn(move || {
        // Small portions, so that the line carries them evenly.
        let mut buffer = vec![0; if link.is_some() { 1500 } else { 64 * 1024 }];
        let mut free = Instant::now();
        // The kernel ends the reading with an error (EIO) when the last program is gone.
        while let Ok(read @ 1..) = from_program.read(&mut buffer) {
            if let Some(link) = link {
                free = free.max(Instant::now()) + link.time_of(read);
                wait_until(free);
            }
            let parcel = (Instant::now() + delay, buffer[..read].to_vec());
            if display.send(parcel).is_err() {
                break;
            }
        }
    });
    let (parcels, typed) = mpsc::channel::<Parcel>();
    let mut to_program = terminal.try_clone()?;
    thread::spawn(move || {
        for (arrival, bytes) in typed {
            wait_until(arrival);
            if to_program.write_all(&bytes).is_err() {
                break;
            }
        }
    });
    Ok((Display(arriving), Keyboard { parcels, delay }))
}

fn wait_until(then: Instant) {
    thread::sleep(then.saturating_duration_since(Instant::now()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::{Program, Pty};
    use std::process::Command;

    #[test]
    fn a_line_has_its_rate_and_its_delay_and_loses_nothing() {
        let link = Link {
            bytes_per_second: 100_000,
            round_trip: Duration::from_millis(60),
        };
        let pty = Pty::open().unwrap();
        let start = Instant::now();
        let mut command = Command::new("sh");
        command.args([
            "-c",
            "stty raw -echo; head -c 1 >/dev/null; head -c 20000 /dev/zero | tr '\\0' x",
        ]);
        let (display, keyboard) = lay(Some(link), &pty.terminal).unwrap();
        let _program = Program::spawn(command, pty.program).unwrap();
        keyboard.send(b"k").unwrap();
        let mut bytes = Vec::new();
        while let Some(more) = display.receive() {
            bytes.extend(more);
        }
        assert!(bytes == b"x".repeat(20_000), "{} bytes", bytes.len());
        let least = Duration::from_millis(200 + 60);
        assert!(start.elapsed() >= least, "{:?}", start.elapsed());
    }
}
