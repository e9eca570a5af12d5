//! A port in front of another one, as at the other end of a slow line.

use crate::link::Link;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The port. Connections that were made through it live as long as they are used.
pub struct SlowPort {
    port: u16,
    passed: Arc<AtomicUsize>,
}

impl SlowPort {
    /// A port of this machine that leads to `port` over a line: what comes from there comes at its rate, and
    /// half its round trip later.
    ///
    /// # Errors
    /// When there is no free port.
    pub fn before(port: u16, line: Link) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let own = listener.local_addr()?.port();
        let passed = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&passed);
        thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let Ok(far) = TcpStream::connect(("127.0.0.1", port)) else {
                    continue;
                };
                let (Ok(from_near), Ok(to_near)) = (near.try_clone(), near.try_clone()) else {
                    continue;
                };
                let (Ok(from_far), Ok(to_far)) = (far.try_clone(), far.try_clone()) else {
                    continue;
                };
                let count = Arc::clone(&count);
                thread::spawn(move || carry(from_near, to_far, |_| {}));
                thread::spawn(move || {
                    let mut free = Instant::now();
                    carry(from_far, to_near, |bytes| {
                        free = free.max(Instant::now()) + line.time_of(bytes);
                        sleep_until(free + line.round_trip / 2);
                        count.fetch_add(bytes, Ordering::SeqCst);
                    });
                });
            }
        });
        Ok(Self { port: own, passed })
    }

    /// Its number.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Bytes that have come over the line so far.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.passed.load(Ordering::SeqCst)
    }
}

/// Carries bytes in small portions until one end is gone; `pass` takes the time that each needs.
fn carry(mut from: TcpStream, mut to: TcpStream, mut pass: impl FnMut(usize)) {
    let mut buffer = [0; 1500];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        pass(read);
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    // Whether the other end is gone already makes no difference.
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}

fn sleep_until(then: Instant) {
    let wait = then.saturating_duration_since(Instant::now());
    if wait > Duration::ZERO {
        thread::sleep(wait);
    }
}
