//! What nobody needs and somebody tries: too much of everything, names that are no names, and a
//! configuration that changes while the daemon runs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use medicosam_shared::case::CaseState;
use medicosam_tests::system::{SCAN, System, lung_profile, sample};
use medicosam_tests::waiting::{until, until_some};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;

/// A configuration with these lines under `[limits]`.
fn limited(limits: &str) -> System {
    System::new(&format!("[limits]\n{limits}\n{}", lung_profile(10, 11)))
}

fn head(length: usize) -> String {
    format!(
        "POST /v1/cases/x/note HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
    )
}

/// The status and the body of an answer.
fn answer(mut stream: UnixStream) -> (u16, Value) {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap())
}

/// Whether the client gets an answer.
fn answers(system: &System) -> bool {
    system.medicosam(&["status"]).status.success()
}

fn code(answer: &Value) -> &str {
    answer["error"]["code"].as_str().unwrap()
}

#[test]
fn too_much_of_a_request_is_an_answer_and_never_a_reset() {
    let mut system = limited("request_time = \"1s\"\nconnections = 4");
    system.start();
    let connect = || UnixStream::connect(system.socket()).unwrap();

    let mut long = connect();
    let body = vec![b'x'; 30 << 20];
    long.write_all(head(body.len()).as_bytes()).unwrap();
    long.write_all(&body).unwrap();
    let (status, error) = answer(long);
    assert_eq!((status, code(&error)), (413, "request-too-large"));

    let mut slow = connect();
    slow.write_all(head(100).as_bytes()).unwrap();
    let (status, error) = answer(slow);
    assert_eq!((status, code(&error)), (408, "request-too-slow"));

    // Those that say nothing, or half of a head, are closed after a while.
    for begin in ["", "GET /heal", "PRI * HTT"] {
        let mut silent = connect();
        silent.write_all(begin.as_bytes()).unwrap();
        let mut rest = Vec::new();
        let _ = silent.read_to_end(&mut rest);
    }

    // This user is the daemon's own: the seats that are kept for it count too.
    let mut held = Vec::new();
    let error = loop {
        let mut stream = connect();
        stream
            .write_all(b"GET /v1/live HTTP/1.1\r\nhost: x\r\n\r\n")
            .unwrap();
        let mut begin = [0; 12];
        stream.read_exact(&mut begin).unwrap();
        if begin.ends_with(b"200") {
            held.push(stream);
            continue;
        }
        assert!(begin.ends_with(b"503"), "{begin:?}");
        let mut rest = String::new();
        stream.read_to_string(&mut rest).unwrap();
        let (_, body) = rest.split_once("\r\n\r\n").unwrap();
        break serde_json::from_str::<Value>(body).unwrap();
    };
    assert_eq!(code(&error), "too-many-connections");
    assert!((10..=12).contains(&held.len()), "{}", held.len());
    drop(held);
    until("the daemon to answer", || answers(&system));
}

#[test]
fn a_sparse_file_and_twenty_thousand_points_hold_up_nothing() {
    let mut system = limited("worker_memory = \"8 GiB\"");
    let incoming = system.path("incoming");
    // A header for a small scan, and 20 GiB of nothing behind it.
    let mut sparse = File::create(incoming.join("sparse.nii")).unwrap();
    let mut header = Vec::new();
    flate2::read::MultiGzDecoder::new(File::open(sample(SCAN)).unwrap())
        .take(352)
        .read_to_end(&mut header)
        .unwrap();
    sparse.write_all(&header).unwrap();
    sparse.set_len(20 << 30).unwrap();
    let point = r#"{"slice": 10, "at": [360, 366]}"#;
    let points = vec![point; 20_000].join(",");
    let sidecar = format!(r#"{{"object": [{{"label": 1, "points": [{points}]}}]}}"#);
    std::fs::write(incoming.join("points.prompts.json"), sidecar).unwrap();
    system.drop_scan(SCAN, "points.nii.gz");
    // Names that leave no room for an ending, and bytes that are no text.
    let long = format!("{}.nii.gz", "x".repeat(248));
    system.drop_scan(SCAN, &long);
    let odd = OsStr::from_bytes(b"odd\x1b[31m\n\xff.nii.gz");
    std::fs::copy(sample(SCAN), incoming.join(odd)).unwrap();
    system.start();

    let failed = |name: &str| {
        let case = system.until_state(name, CaseState::Failed);
        case.summary.fault.unwrap().code
    };
    assert_eq!(failed("sparse.nii"), "scan-surplus");
    assert_eq!(failed("points.nii.gz"), "prompts-too-many");
    system.until_state(&long, CaseState::Review);
    system.until("the scan with an odd name", |cases| {
        let odd = cases.iter().find(|case| case.name.starts_with("odd"))?;
        (odd.state == CaseState::Review).then_some(())
    });
    let log = system.log();
    assert!(!log.contains('\u{1b}'), "{log:?}");
    assert!(log.contains("done: segmented"), "{log}");
    assert!(log.contains("failed: "), "{log}");
    system.stop();
}

#[test]
fn what_is_not_dealt_with_is_counted_and_a_state_that_cannot_be_written_is_no_health() {
    let mut system = limited("depth = 2");
    let incoming = system.path("incoming");
    std::fs::create_dir_all(incoming.join("a/b/c")).unwrap();
    std::os::unix::fs::symlink(sample(SCAN), incoming.join("link.nii.gz")).unwrap();
    std::fs::write(incoming.join("scan.dcm"), "DICM").unwrap();
    system.start();
    let status = || -> Value {
        let output = system.medicosam(&["status", "--json"]);
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    };
    let kinds = |status: &Value| -> Vec<(String, u64)> {
        let passed_over = status["roots"][0]["passed_over"].as_array().cloned();
        let kinds = passed_over.unwrap_or_default().into_iter().map(|told| {
            let kind = told["kind"].as_str().unwrap().to_owned();
            (kind, told["count"].as_u64().unwrap())
        });
        kinds.collect()
    };
    let expected = ["too-deep", "link", "other-file"].map(|kind| (kind.to_owned(), 1));
    until("all kinds to be counted", || kinds(&status()) == expected);
    let text = String::from_utf8(system.medicosam(&["status"]).stdout).unwrap();
    assert!(text.contains("passed over: 1 (link)"), "{text}");

    let ask = |path: &str| {
        let mut stream = UnixStream::connect(system.socket()).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    };
    until("the daemon to be ready", || {
        ask("/readyz").contains(" 200 ")
    });
    assert!(ask("/metrics").contains("medicosam_passed_over{kind=\"link\"} 1"));
    // Nothing can be made in a folder that is not there; the store's open files go on as they are.
    std::fs::rename(system.path("state"), system.path("elsewhere")).unwrap();
    for path in ["/healthz", "/readyz"] {
        let answer = ask(path);
        assert!(
            answer.contains(" 503 ") && answer.contains("state-unwritable"),
            "{answer}"
        );
    }
    assert_eq!(status()["troubles"][0]["code"], "state-unwritable");
    std::fs::rename(system.path("elsewhere"), system.path("state")).unwrap();
    assert!(ask("/healthz").contains(" 200 "));
}

#[test]
fn a_configuration_is_read_again_without_losing_work() {
    let mut system = limited("points = 7");
    system.start();
    system.drop_scan(SCAN, SCAN);
    system.until_state(SCAN, CaseState::Review);
    let reload = || {
        let output = system.medicosamd(&["reload"]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.success(), said)
    };
    let logged = |text: &str| {
        until_some(|| {
            let log = system.log();
            log.contains(text).then_some(()).ok_or(log)
        });
    };
    system.configure("points = 7", "points = seven");
    assert!(!reload().0, "one that is not right is not even passed on");
    system.configure("points = seven", "points = 9");
    system.configure("stable_for = \"300ms\"", "stable_for = \"200ms\"");
    assert!(reload().0);
    logged("limits.points: 7 → 9");
    logged("\"300ms\" → \"200ms\"");
    until("the daemon to answer", || answers(&system));
    // What was there is there, and what comes is segmented.
    system.until_state(SCAN, CaseState::Review);
    system.drop_scan(SCAN, "later.nii.gz");
    system.until_state("later.nii.gz", CaseState::Review);
    assert!(reload().0);
    logged("nothing in it has changed");
}
