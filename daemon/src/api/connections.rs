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
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// How long nothing is accepted after the system refused to: the reason may pass.
const AFTER_REFUSAL: Duration = Duration::from_millis(500);
/// How long a guest without a seat is seen off, and how many are at a time; others are left at once.
const FAREWELL: Duration = Duration::from_secs(1);
const FAREWELLS: usize = 4;
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
    let no_seat: Arc<str> = no_seat().into();
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
            let Ok(permit) = Arc::clone(&farewells).try_acquire_owned() else {
                // It does not block: nothing has been written yet.
                let _ = stream
                    .into_std()
                    .and_then(|mut s| s.write_all(no_seat.as_bytes()));
                continue;
            };
            tracing::warn!(user = peer.name(), "refused a connection: all are taken");
            let no_seat = Arc::clone(&no_seat);
            tokio::spawn(async move {
                let _ = timeout(FAREWELL, see_off(stream, &no_seat)).await;
                drop(permit);
            });
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

/// What a client hears if there is no seat.
fn no_seat() -> String {
    let error = ErrorBody {
        error: Fault {
            code: "too-many-connections".to_owned(),
            message: "the daemon has as many connections as it may have".to_owned(),
            hint: "Close other clients, or raise `connections` under [limits].".to_owned(),
        },
    };
    let body = serde_json::to_string(&error).unwrap_or_default();
    format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Tells a client that there is no seat, and reads what it sends: it might lose the answer otherwise.
async fn see_off(mut stream: UnixStream, no_seat: &str) -> std::io::Result<()> {
    stream.write_all(no_seat.as_bytes()).await?;
    stream.shutdown().await?;
    let mut unread = [0; 4096];
    while stream.read(&mut unread).await? > 0 {}
    Ok(())
}
