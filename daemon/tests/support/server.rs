//! An HTTP server with one file that answers as the test says.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// How one request is answered.
#[derive(Debug, Clone, Copy)]
pub struct Reply {
    /// This status and nothing else, instead of the file.
    pub status: Option<u16>,
    /// Whether ranges are understood.
    pub ranges: bool,
    /// Entity tag of the file.
    pub version: &'static str,
    /// What the file is said to be.
    pub content_type: &'static str,
    /// Bytes of the body after which the connection ends.
    pub cut_after: Option<usize>,
}

impl Default for Reply {
    fn default() -> Self {
        Reply {
            status: None,
            ranges: true,
            version: "\"v1\"",
            content_type: "application/octet-stream",
            cut_after: None,
        }
    }
}

/// What a request asked for.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub range: Option<String>,
    pub if_range: Option<String>,
}

/// A server that runs until the test's process ends.
pub struct Server {
    address: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Serves `content`, the first requests as `replies` say and the others plainly.
    pub fn start(content: Vec<u8>, replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            let mut replies = replies.into_iter();
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                let reply = replies.next().unwrap_or_default();
                let request = read_request(&stream);
                seen.lock().unwrap().push(request.clone());
                // The client may be gone before everything is sent: that is its right.
                let _ = answer(stream, &content, &reply, &request);
            }
        });
        Server { address, requests }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

fn read_request(stream: &TcpStream) -> Request {
    let mut request = Request::default();
    for line in BufReader::new(stream).lines() {
        let line = line.unwrap();
        if line.is_empty() {
            break;
        }
        let Some((name, value)) = line.split_once(": ") else {
            continue;
        };
        match name.to_lowercase().as_str() {
            "range" => request.range = Some(value.to_owned()),
            "if-range" => request.if_range = Some(value.to_owned()),
            _ => {}
        }
    }
    request
}

fn answer(
    mut stream: TcpStream,
    content: &[u8],
    reply: &Reply,
    request: &Request,
) -> std::io::Result<()> {
    if let Some(status) = reply.status {
        return write!(
            stream,
            "HTTP/1.1 {status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
    }
    let start = request
        .range
        .as_deref()
        .filter(|_| reply.ranges)
        .filter(|_| {
            request
                .if_range
                .as_deref()
                .is_none_or(|tag| tag == reply.version)
        })
        .and_then(|range| {
            range
                .strip_prefix("bytes=")?
                .strip_suffix('-')?
                .parse::<usize>()
                .ok()
        });
    let body = &content[start.unwrap_or(0)..];
    let (status, range) = match start {
        Some(start) => {
            let (last, total) = (content.len() - 1, content.len());
            (
                "206 Partial Content",
                format!("Content-Range: bytes {start}-{last}/{total}\r\n"),
            )
        }
        None => ("200 OK", String::new()),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\n{range}Content-Type: {}\r\nContent-Length: {}\r\nETag: {}\r\n\
         Connection: close\r\n\r\n",
        reply.content_type,
        body.len(),
        reply.version
    )?;
    let sent = reply
        .cut_after
        .map_or(body.len(), |cut| cut.min(body.len()));
    stream.write_all(&body[..sent])
}
