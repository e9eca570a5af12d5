//! The API as a script meets it: HTTP by hand over the socket.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use medicosam_shared::case::{Action, CaseState};
use medicosam_tests::system::{SCAN, System, lung_profile, sample};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;

struct Answer {
    status: u16,
    headers: String,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The code of an error, which must come with a hint.
    fn code(&self) -> String {
        let error = &self.json()["error"];
        assert!(!error["hint"].as_str().unwrap().is_empty(), "{error}");
        error["code"].as_str().unwrap().to_owned()
    }
}

fn send(system: &System, method: &str, path: &str, body: &str) -> UnixStream {
    let mut stream = UnixStream::connect(system.socket()).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    stream
}

fn ask(system: &System, method: &str, path: &str, body: &str) -> Answer {
    let mut bytes = Vec::new();
    send(system, method, path, body)
        .read_to_end(&mut bytes)
        .unwrap();
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    let headers = String::from_utf8(bytes[..end].to_vec())
        .unwrap()
        .to_lowercase();
    let status = headers.split(' ').nth(1).unwrap().parse().unwrap();
    Answer {
        status,
        headers,
        body: bytes[end + 4..].to_vec(),
    }
}

#[test]
fn a_script_can_do_everything_and_is_told_what_is_wrong() {
    let mut system = System::new(&lung_profile(10, 11));
    system.start();
    system.drop_scan(SCAN, SCAN);
    let case = system.until_state(SCAN, CaseState::Review);
    let id = case.summary.id.0;
    let get = |path: &str| ask(&system, "GET", path, "");
    let post = |path: &str, body: Value| ask(&system, "POST", path, &body.to_string());

    assert_eq!(get("/version").json()["api"], 2);
    assert_eq!(get("/healthz").body, b"ok\n");
    assert_eq!(get("/readyz").body, b"ready\n");
    let status = get("/v1/status").json();
    assert_eq!(status["cases"]["review"], 1);
    assert_eq!(status["workers"][0]["device"], "cpu", "what really ran");
    assert_eq!(
        get(&format!("/v1/cases/{}", &id[..5])).json()["id"],
        id.as_str()
    );

    let slice = get(&format!("/v1/cases/{id}/slices/axial/10"));
    assert!(
        slice.headers.contains("medicosam-type: int16"),
        "{}",
        slice.headers
    );
    assert_eq!(slice.body.len(), 512 * 512 * 2);
    let png = get(&format!(
        "/v1/cases/{id}/slices/coronal/300?format=png&level=-600&width=1500"
    ));
    assert!(png.body.starts_with(b"\x89PNG"), "{}", png.headers);
    let size: Vec<u8> = [512u32, 21].iter().flat_map(|n| n.to_be_bytes()).collect();
    assert_eq!(png.body[16..24], size);

    for (answer, status, code) in [
        (get("/v1/nothing"), 404, "no-such-path"),
        (
            get(&format!("/v1/cases/{id}/slices/diagonal/1")),
            400,
            "bad-path",
        ),
        (get("/v1/events?after=yesterday"), 400, "bad-query"),
        (get("/v1/cases/ffffffffffff"), 404, "no-such-case"),
        (
            get(&format!("/v1/cases/{id}/slices/axial/21")),
            404,
            "no-such-slice",
        ),
        (
            get(&format!("/v1/cases/{id}/masks/9")),
            404,
            "no-such-revision",
        ),
        (
            post(
                &format!("/v1/cases/{id}/decision"),
                json!({ "revision": 1, "verdict": "reject" }),
            ),
            400,
            "no-reason",
        ),
        (
            post(
                &format!("/v1/cases/{id}/decision"),
                json!({ "revision": 1, "verdict": "approve", "resaon": "typo" }),
            ),
            400,
            "bad-request",
        ),
        (
            post(
                &format!("/v1/cases/{id}/decision"),
                json!({ "revision": 2, "verdict": "approve" }),
            ),
            409,
            "other-revision",
        ),
        (
            post(
                &format!("/v1/cases/{id}/prompts"),
                json!({ "revision": 1, "prompts": [
                    { "label": 1, "index": 10, "box": { "x0": 0, "y0": 0, "x1": 513, "y1": 5 } } ] }),
            ),
            400,
            "prompt-outside",
        ),
        (
            post(&format!("/v1/cases/{id}/retry"), json!(null)),
            409,
            "wrong-state",
        ),
    ] {
        assert_eq!((answer.status, answer.code().as_str()), (status, code));
    }
    assert_eq!(
        system.cases()[0].state,
        CaseState::Review,
        "nothing has happened"
    );
}

#[test]
fn the_event_stream_goes_on_where_it_was_cut() {
    let mut system = System::new(&lung_profile(10, 11));
    system.start();
    let events = |after: u64| {
        let stream = send(&system, "GET", &format!("/v1/events?after={after}"), "");
        BufReader::new(stream).lines().filter_map(|line| {
            let line = line.unwrap();
            serde_json::from_str::<Value>(line.strip_prefix("data:")?).ok()
        })
    };
    // Opened before anything has happened: what comes, comes live.
    let mut live = events(0);
    system.drop_scan(SCAN, SCAN);
    let first = live.next().unwrap();
    assert_eq!(
        (first["seq"].as_u64(), first["action"].as_str()),
        (Some(1), Some("identified"))
    );
    drop(live);
    system.until_state(SCAN, CaseState::Review);
    let rest: Vec<String> = events(1)
        .take(3)
        .map(|event| event["action"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        rest,
        [Action::Claimed, Action::Stage, Action::Revised].map(|a| a.as_str())
    );
}

#[test]
fn a_scan_that_is_replaced_is_not_shown_as_the_old_one() {
    let mut system = System::new(&lung_profile(10, 11));
    system.start();
    system.drop_scan(SCAN, SCAN);
    let case = system.until_state(SCAN, CaseState::Review);
    std::fs::copy(
        sample("mr_brain.nii.gz"),
        system.path("incoming").join(SCAN),
    )
    .unwrap();
    let path = format!("/v1/cases/{}/slices/axial/10", case.summary.id);
    let answer = ask(&system, "GET", &path, "");
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (404, "scan-replaced")
    );
}
