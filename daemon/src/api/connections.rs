//! The connections of the API: accepted, counted, and closed when nothing comes.

use super::opening::Opening;
use super::peer::Peer;
use super::seats::{Guest, Seats};
use axum::extract::ConnectInfo;
use axum::{Extension, Router};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use medicosam_shared::api::ErrorBody;
use medicosam_shared::case::Fault;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// How long nothing is accepted after the system refused to: the reason may pass.
const AFTER_REFUSAL: Duration = Duration::from_millis(500);
/// How long a guest may take to hear that there is no seat, and how many may do so at a time.
const FAREWELL: Duration = Duration::from_secs(1);
const FAREWELLS: usize = 16;
/// A connection of HTTP/2 whose client does not answer this often is closed.
const PING: Duration = Duration::from_secs(30);

/// How connections are treated.
#[derive(Debug, Clone)]
pub struct Manners {
    /// Seats.
    pub seats: Seats,
    /// How long a client may take for the head of a request, and between two requests.
    pub patience: Duration,
}

/// Accepts connections and serves them, without end. They end when the future is dropped.
pub async fn accept(listener: UnixListener, router: Router, manners: Manners) {
    let farewells = Arc::new(Semaphore::new(FAREWELLS));
    let mut was_refused = false;
    let mut served = JoinSet::new();
    loop {
        // Those that have ended.
        while served.try_join_next().is_some() {}
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                if !was_refused {
                    tracing::error!(
                        "no connection can be accepted: {error}; raise the limit of open files (`LimitNOFILE=` in the unit, `ulimit -n`)"
                    );
                }
                was_refused = true;
                sleep(AFTER_REFUSAL).await;
                continue;
            }
        };
        was_refused = false;
        let peer = Peer::of(&stream);
        let guest = match peer.is_owner() {
            true => Guest::Owner,
            false => Guest::Other,
        };
        let Some(seat) = manners.seats.take(guest) else {
            if let Ok(permit) = Arc::clone(&farewells).try_acquire_owned() {
                tracing::warn!(user = peer.name(), "refused a connection: all are taken");
                tokio::spawn(async move {
                    let _ = timeout(FAREWELL, send_away(stream)).await;
                    drop(permit);
                });
            }
            continue;
        };
        let router = router.clone().layer(Extension(ConnectInfo(peer)));
        let patience = manners.patience;
        served.spawn(async move {
            serve(stream, router, patience).await;
            drop(seat);
        });
    }
}

async fn serve(stream: UnixStream, router: Router, patience: Duration) {
    let mut server = Builder::new(TokioExecutor::new());
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(patience);
    server
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING);
    let service = TowerToHyperService::new(router);
    let io = TokioIo::new(Opening::new(stream, patience));
    let served = server.serve_connection(io, service).await;
    if let Err(error) = served {
        tracing::debug!("a connection ended: {error}");
    }
}

/// Tells a client that there is no seat. Its request is read, or the answer would not arrive.
async fn send_away(mut stream: UnixStream) -> std::io::Result<()> {
    let error = ErrorBody {
        error: Fault {
            code: "too-many-connections".to_owned(),
            message: "the daemon has as many connections as it may have".to_owned(),
            hint: "Close other clients, or raise `connections` under [limits].".to_owned(),
        },
    };
    let body = serde_json::to_string(&error).unwrap_or_default();
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await?;
    let mut unread = [0; 4096];
    while stream.read(&mut unread).await? > 0 {}
    Ok(())
}
