//! The first bytes of a connection, for which nobody waits without end.
//!
//! They tell HTTP/1 from HTTP/2. The server waits for them without a limit of its own: those begin with the
//! head of a request.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::UnixStream;
use tokio::time::{Sleep, sleep};

/// What a client of HTTP/2 begins with.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A connection that must soon say which protocol it speaks.
pub struct Opening {
    stream: UnixStream,
    /// `None` once it has said so.
    deadline: Option<Pin<Box<Sleep>>>,
    /// Bytes of the preface that have come.
    seen: usize,
}

impl Opening {
    /// A connection that may take as long as this to say which protocol it speaks.
    pub fn new(stream: UnixStream, patience: Duration) -> Self {
        Opening {
            stream,
            deadline: Some(Box::pin(sleep(patience))),
            seen: 0,
        }
    }

    /// Takes bytes that have come.
    fn take(&mut self, bytes: &[u8]) {
        let rest = &PREFACE[self.seen..];
        self.seen += bytes.len().min(rest.len());
        let is_preface = bytes
            .iter()
            .zip(rest)
            .all(|(byte, expected)| byte == expected);
        if !is_preface || self.seen == PREFACE.len() {
            self.deadline = None;
        }
    }
}

impl AsyncRead for Opening {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        if polled.is_ready() {
            if self.deadline.is_some() {
                let come = buffer.filled().get(before..).unwrap_or_default();
                self.take(come);
            }
            return polled;
        }
        let Some(deadline) = &mut self.deadline else {
            return Poll::Pending;
        };
        let is_late = deadline.as_mut().poll(context);
        is_late.map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncWrite for Opening {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test]
    async fn only_one_that_has_not_said_what_it_speaks_is_given_up() {
        for (says, is_given_up) in [
            (&b""[..], true),
            (b"PRI * HTT", true),
            (PREFACE, false),
            (b"GET /", false),
        ] {
            let (mut client, server) = UnixStream::pair().unwrap();
            let mut server = Opening::new(server, Duration::from_millis(20));
            client.write_all(says).await.unwrap();
            let mut first = vec![0; says.len()];
            server.read_exact(&mut first).await.unwrap();
            let next = tokio::time::timeout(Duration::from_millis(60), server.read_u8()).await;
            let kind = next.map(|read| read.unwrap_err().kind()).ok();
            let expected = is_given_up.then_some(io::ErrorKind::TimedOut);
            assert_eq!(kind, expected, "{says:?}");
        }
    }
}
