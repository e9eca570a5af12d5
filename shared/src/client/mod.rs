//! The API as async methods, over the daemon's Unix socket or through ssh.

mod host;
mod queue;
mod reading;
mod slices;
mod ssh;

pub use host::Host;
pub use ssh::{HostError, HostFault, NO_DAEMON, NOT_ALLOWED, READY, SSH_VARIABLE};

use crate::api::{
    API_VERSION, CaseList, DecisionRequest, DraftProgress, DraftRequest, DraftResponse, DraftView,
    ErrorBody, Live, NoteRequest, PromptRequest, PromptResponse, RetryRequest, Status, UndoRequest,
    VersionInfo,
};
use crate::case::{CaseDetail, CaseId, CaseSummary, Event, Fault, RevisionNumber};
use crate::fault_code::FaultCode;
use crate::mask::MaskSet;
use futures_util::{Stream, StreamExt, stream};
use http_body_util::{BodyExt, BodyStream, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::UnixStream;

/// What can go wrong between client and daemon.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens.
    #[error("cannot reach the daemon at {}: {source}", .socket.display())]
    Unreachable {
        /// Where it should be.
        socket: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The connection broke.
    #[error("the connection to the daemon broke while {doing}: {source}")]
    Broken {
        /// What was being done.
        doing: String,
        /// The HTTP library's error.
        source: hyper::Error,
    },
    /// The daemon on another machine cannot be reached, or the connection to it broke.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The daemon speaks another version.
    #[error(
        "the daemon is version {} with API {}, this client is version {} with API {API_VERSION}",
        .daemon.version, .daemon.api, VersionInfo::current().version
    )]
    OtherVersion {
        /// The daemon's versions.
        daemon: VersionInfo,
    },
    /// The daemon refused.
    #[error("{}", .fault.message)]
    Refused {
        /// HTTP status.
        status: u16,
        /// Why.
        fault: Fault,
    },
    /// The daemon's answer makes no sense.
    #[error("the daemon's answer to {doing} cannot be read: {found}")]
    Nonsense {
        /// What was being done.
        doing: String,
        /// What was found.
        found: String,
    },
}

impl ClientError {
    /// Stable code for scripts.
    pub fn code(&self) -> &str {
        match self {
            ClientError::Unreachable { .. } => FaultCode::DaemonUnreachable.as_str(),
            ClientError::Broken { .. } => FaultCode::ConnectionBroken.as_str(),
            ClientError::Host(error) => error.fault.code(),
            ClientError::OtherVersion { .. } => "other-version",
            ClientError::Refused { fault, .. } => &fault.code,
            ClientError::Nonsense { .. } => "answer-unreadable",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &str {
        match self {
            ClientError::Unreachable { .. } => {
                "Is `medicosamd run` running? If it uses another socket, say so with --socket or MEDICOSAM_SOCKET."
            }
            ClientError::Broken { .. } => "Try again; the daemon's log says whether it stopped.",
            ClientError::Host(error) => error.fault.hint(),
            ClientError::OtherVersion { .. } => {
                "Install client and daemon of one version, and restart the daemon."
            }
            ClientError::Refused { fault, .. } => &fault.hint,
            ClientError::Nonsense { .. } => "Check that the socket belongs to medicosamd.",
        }
    }

    /// Whether the daemon said that somebody else was first (409).
    pub fn is_conflict(&self) -> bool {
        matches!(self, ClientError::Refused { status: 409, .. })
    }
}

/// A daemon, here or on another machine. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    way: Way,
}

/// How the daemon is reached.
#[derive(Debug, Clone)]
enum Way {
    /// By its socket. Each request opens a connection of its own, which on a Unix socket costs less
    /// than keeping one healthy.
    Socket(PathBuf),
    /// Through ssh, on one connection.
    Host(Arc<ssh::Link>),
}

impl Client {
    /// A client of the daemon at `socket`; nothing is sent yet.
    pub fn new(socket: impl Into<PathBuf>) -> Self {
        Client {
            way: Way::Socket(socket.into()),
        }
    }

    /// A client of the daemon on another machine, at `socket` there if that is not the usual one;
    /// nothing is started yet. The first connection may ask for a passphrase on the terminal, later
    /// ones never do.
    pub fn over_ssh(host: Host, socket: Option<PathBuf>) -> Self {
        Client {
            way: Way::Host(Arc::new(ssh::Link::new(host, socket))),
        }
    }

    /// The machine that the daemon is on, if that is another one.
    pub fn host(&self) -> Option<&Host> {
        match &self.way {
            Way::Socket(_) => None,
            Way::Host(link) => Some(link.host()),
        }
    }

    /// What tells this daemon from others: its machine or its socket.
    pub fn name(&self) -> String {
        match &self.way {
            Way::Socket(socket) => socket.display().to_string(),
            Way::Host(link) => link.host().to_string(),
        }
    }

    /// Asks the daemon for its version, and refuses one that speaks another API.
    pub async fn hello(&self) -> Result<VersionInfo, ClientError> {
        let daemon: VersionInfo = self.get("/version").await?;
        if daemon.api == API_VERSION {
            Ok(daemon)
        } else {
            Err(ClientError::OtherVersion { daemon })
        }
    }

    /// The daemon's status.
    pub async fn status(&self) -> Result<Status, ClientError> {
        self.get("/v1/status").await
    }

    /// All cases.
    pub async fn cases(&self) -> Result<CaseList, ClientError> {
        self.get("/v1/cases").await
    }

    /// Some cases; those that no longer exist are missing.
    pub async fn some_cases(&self, ids: &[CaseId]) -> Result<CaseList, ClientError> {
        let ids: Vec<String> = ids.iter().map(|id| escape(&id.0)).collect();
        self.get(&format!("/v1/cases?ids={}", ids.join(","))).await
    }

    /// One case. `id` may be the beginning of an id, if no other id begins the same.
    pub async fn case(&self, id: &str) -> Result<CaseDetail, ClientError> {
        self.get(&format!("/v1/cases/{}", escape(id))).await
    }

    /// All masks of a revision.
    pub async fn masks(
        &self,
        id: &CaseId,
        revision: RevisionNumber,
    ) -> Result<MaskSet, ClientError> {
        self.get(&format!("/v1/cases/{}/masks/{revision}", escape(&id.0)))
            .await
    }

    /// Decides on a case.
    pub async fn decide(
        &self,
        id: &CaseId,
        request: &DecisionRequest,
    ) -> Result<CaseSummary, ClientError> {
        self.post(&format!("/v1/cases/{}/decision", escape(&id.0)), request)
            .await
    }

    /// Takes back one's own last decision on a case.
    pub async fn undo(
        &self,
        id: &CaseId,
        request: &UndoRequest,
    ) -> Result<CaseSummary, ClientError> {
        self.post(&format!("/v1/cases/{}/undo", escape(&id.0)), request)
            .await
    }

    /// Leaves a note on a case.
    pub async fn note(
        &self,
        id: &CaseId,
        request: &NoteRequest,
    ) -> Result<CaseSummary, ClientError> {
        self.post(&format!("/v1/cases/{}/note", escape(&id.0)), request)
            .await
    }

    /// Asks for other masks and waits for them (the daemon waits up to 30 s).
    pub async fn prompt(
        &self,
        id: &CaseId,
        request: &PromptRequest,
    ) -> Result<PromptResponse, ClientError> {
        self.post(&format!("/v1/cases/{}/prompts", escape(&id.0)), request)
            .await
    }

    /// The caller's draft on a case.
    pub async fn draft(&self, id: &CaseId) -> Result<DraftView, ClientError> {
        self.get(&format!("/v1/cases/{}/draft", escape(&id.0)))
            .await
    }

    /// Changes the caller's draft on a case; waits for masks and revisions (up to 30 s).
    pub async fn change_draft(
        &self,
        id: &CaseId,
        request: &DraftRequest,
    ) -> Result<DraftResponse, ClientError> {
        self.post(&format!("/v1/cases/{}/draft", escape(&id.0)), request)
            .await
    }

    /// Waits until the caller's draft on a case has a version other than `after`, or for a while.
    pub async fn draft_progress(
        &self,
        id: &CaseId,
        after: u64,
    ) -> Result<DraftProgress, ClientError> {
        let path = format!("/v1/cases/{}/draft/progress?after={after}", escape(&id.0));
        self.get(&path).await
    }

    /// Puts a failed case away.
    pub async fn dismiss(&self, id: &CaseId) -> Result<CaseSummary, ClientError> {
        self.post(&format!("/v1/cases/{}/dismiss", escape(&id.0)), &())
            .await
    }

    /// Brings a case back that was put away.
    pub async fn bring_back(&self, id: &CaseId) -> Result<CaseSummary, ClientError> {
        self.post(&format!("/v1/cases/{}/bring-back", escape(&id.0)), &())
            .await
    }

    /// Tries a failed or paused case again.
    pub async fn retry(
        &self,
        id: &CaseId,
        request: &RetryRequest,
    ) -> Result<CaseSummary, ClientError> {
        self.post(&format!("/v1/cases/{}/retry", escape(&id.0)), request)
            .await
    }

    /// Has the daemon read the scan that will be looked at next. Returns when it is in memory.
    pub async fn read_ahead(&self, id: &CaseId) -> Result<(), ClientError> {
        let path = format!("/v1/cases/{}/read-ahead", escape(&id.0));
        let reply = self.send(Method::POST, &path, None::<&()>).await?;
        reply.body().await.map(|_| ())
    }

    /// The event log from `after` on, then new events as they happen. Ends when the daemon does.
    pub async fn events(
        &self,
        after: u64,
    ) -> Result<impl Stream<Item = Result<Event, ClientError>> + Send + use<>, ClientError> {
        let path = format!("/v1/events?after={after}");
        let reply = self.send(Method::GET, &path, None::<&()>).await?;
        Ok(messages(reply))
    }

    /// Transient state, now and whenever it changes. While the stream is open, others see that its
    /// user looks at `case`.
    pub async fn live(
        &self,
        case: Option<&CaseId>,
    ) -> Result<impl Stream<Item = Result<Live, ClientError>> + Send + use<>, ClientError> {
        let path = match case {
            Some(case) => format!("/v1/live?case={}", escape(&case.0)),
            None => "/v1/live".to_owned(),
        };
        let reply = self.send(Method::GET, &path, None::<&()>).await?;
        Ok(messages(reply))
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        let reply = self.send(Method::GET, path, None::<&()>).await?;
        decode(&reply.body().await?, path)
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        let reply = self.send(Method::POST, path, Some(body)).await?;
        decode(&reply.body().await?, path)
    }

    /// Sends a request; turns an error response into an error.
    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<Reply, ClientError> {
        let doing = format!("{method} {path}");
        let nonsense = |found: String| ClientError::Nonsense {
            doing: doing.clone(),
            found,
        };
        let body = match body {
            Some(body) => serde_json::to_vec(body).map_err(|e| nonsense(e.to_string()))?,
            None => Vec::new(),
        };
        let request = Request::builder()
            .method(method)
            .header("content-type", "application/json");
        let body = Full::new(Bytes::from(body));
        let (response, line) = match &self.way {
            Way::Socket(socket) => {
                let request = request.uri(path).header("host", "medicosam").body(body);
                let request = request.map_err(|e| nonsense(e.to_string()))?;
                (over_socket(socket, request, &doing).await?, None)
            }
            Way::Host(link) => {
                let request = request.uri(format!("http://medicosam{path}")).body(body);
                let request = request.map_err(|e| nonsense(e.to_string()))?;
                let line = link.line().await?;
                (line.send(request).await?, Some(line))
            }
        };
        let reply = Reply {
            response,
            path: path.to_owned(),
            line,
        };
        if reply.response.status().is_success() {
            return Ok(reply);
        }
        Err(reply.refusal().await)
    }
}

/// Sends a request on a connection of its own.
async fn over_socket(
    socket: &PathBuf,
    request: Request<Full<Bytes>>,
    doing: &str,
) -> Result<Response<Incoming>, ClientError> {
    let broken = |source| ClientError::Broken {
        doing: doing.to_owned(),
        source,
    };
    let stream = UnixStream::connect(socket)
        .await
        .map_err(|source| ClientError::Unreachable {
            socket: socket.clone(),
            source,
        })?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    // The task ends with the connection, when the response has been read or dropped.
    tokio::spawn(connection);
    sender.send_request(request).await.map_err(broken)
}

/// The beginning of an answer.
struct Reply {
    response: Response<Incoming>,
    path: String,
    /// What it comes over, if that is ssh.
    line: Option<ssh::Line>,
}

impl Reply {
    /// All of it.
    async fn body(self) -> Result<Bytes, ClientError> {
        match self.response.into_body().collect().await {
            Ok(collected) => Ok(collected.to_bytes()),
            Err(source) => Err(broken(self.line.as_ref(), &self.path, source).await),
        }
    }

    /// The error that a response of status 4xx or 5xx carries.
    async fn refusal(self) -> ClientError {
        let status: StatusCode = self.response.status();
        let path = self.path.clone();
        match self.body().await {
            Err(error) => error,
            Ok(body) => match serde_json::from_slice::<ErrorBody>(&body) {
                Ok(body) => ClientError::Refused {
                    status: status.as_u16(),
                    fault: body.error,
                },
                Err(_) => ClientError::Nonsense {
                    doing: path,
                    found: format!("{status}: {}", String::from_utf8_lossy(&body)),
                },
            },
        }
    }
}

/// The error for an answer that broke off.
async fn broken(line: Option<&ssh::Line>, path: &str, source: hyper::Error) -> ClientError {
    match line {
        Some(line) => line.broken(&source).await.into(),
        None => ClientError::Broken {
            doing: format!("reading the answer to {path}"),
            source,
        },
    }
}

fn decode<T: DeserializeOwned>(body: &[u8], path: &str) -> Result<T, ClientError> {
    serde_json::from_slice(body).map_err(|e| ClientError::Nonsense {
        doing: path.to_owned(),
        found: e.to_string(),
    })
}

/// Splits a server-sent event stream into the messages of its `data:` lines.
fn messages<T: DeserializeOwned + Send>(
    reply: Reply,
) -> impl Stream<Item = Result<T, ClientError>> + Send + use<T> {
    struct State<T> {
        body: BodyStream<Incoming>,
        partial: Vec<u8>,
        ready: VecDeque<Result<T, ClientError>>,
        path: String,
        line: Option<ssh::Line>,
    }
    let state = State {
        body: BodyStream::new(reply.response.into_body()),
        partial: Vec::new(),
        ready: VecDeque::new(),
        path: reply.path,
        line: reply.line,
    };
    stream::unfold(state, |mut state| async move {
        loop {
            if let Some(event) = state.ready.pop_front() {
                return Some((event, state));
            }
            let frame = match state.body.next().await? {
                Ok(frame) => frame,
                Err(source) => {
                    let error = broken(state.line.as_ref(), &state.path, source).await;
                    return Some((Err(error), state));
                }
            };
            let Some(data) = frame.data_ref() else {
                continue;
            };
            state.partial.extend_from_slice(data);
            while let Some(end) = state.partial.iter().position(|&b| b == b'\n') {
                let line: Vec<u8> = state.partial.drain(..=end).collect();
                if let Some(data) = line.strip_prefix(b"data:") {
                    state.ready.push_back(decode(data, &state.path));
                }
            }
        }
    })
}

/// Percent-encodes everything that is not a letter, digit, `-` or `_`, for use as a path segment.
fn escape(segment: &str) -> String {
    let mut escaped = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_cannot_leave_their_segment() {
        assert_eq!(escape("ab12"), "ab12");
        assert_eq!(escape("../x?y"), "%2E%2E%2Fx%3Fy");
    }

    #[tokio::test]
    async fn a_missing_daemon_is_an_error_that_says_what_to_do() {
        let client = Client::new("/nonexistent/api.sock");
        let error = client.status().await.unwrap_err();
        assert_eq!(error.code(), "daemon-unreachable");
        assert!(error.hint().contains("medicosamd run"));
    }
}
