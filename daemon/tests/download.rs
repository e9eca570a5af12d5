//! Downloads that are interrupted, from a server that the test directs.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod support;

use medicosam_daemon::download::{self, DownloadError};
use std::path::PathBuf;
use support::server::{Reply, Server};

fn content() -> Vec<u8> {
    (0..600_000u32).map(|i| (i * 7 % 251) as u8).collect()
}

struct Place {
    _folder: tempfile::TempDir,
    part: PathBuf,
}

fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let part = folder.path().join("model.pt.part");
    Place {
        _folder: folder,
        part,
    }
}

fn fetch(server: &Server, place: &Place) -> Result<(), DownloadError> {
    download::fetch(&server.url("/model.pt"), &place.part, &mut |_| {})
}

/// What a finished download leaves behind.
fn assert_whole(place: &Place) {
    assert_eq!(std::fs::read(&place.part).unwrap(), content());
    let folder = place.part.parent().unwrap();
    assert_eq!(
        std::fs::read_dir(folder).unwrap().count(),
        1,
        "notes are gone"
    );
}

#[test]
fn a_connection_that_ends_is_taken_up_where_it_ended() {
    let cut = Reply {
        cut_after: Some(250_000),
        ..Reply::default()
    };
    let server = Server::start(content(), vec![cut, Reply::default()]);
    let place = place();
    let mut seen = Vec::new();
    download::fetch(&server.url("/model.pt"), &place.part, &mut |transfer| {
        seen.push((transfer.bytes, transfer.total));
    })
    .unwrap();
    assert_whole(&place);
    assert_eq!(seen.last(), Some(&(600_000, Some(600_000))));
    assert!(seen.is_sorted());
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].range, None);
    let from = requests[1].range.clone().unwrap();
    let from: u64 = from
        .strip_prefix("bytes=")
        .unwrap()
        .strip_suffix('-')
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=250_000).contains(&from), "{from}");
    assert_eq!(requests[1].if_range.as_deref(), Some("\"v1\""));
}

#[test]
fn a_later_run_goes_on_with_what_an_earlier_one_left() {
    let refused = Reply {
        status: Some(404),
        ..Reply::default()
    };
    let cut = Reply {
        cut_after: Some(250_000),
        ..Reply::default()
    };
    let server = Server::start(content(), vec![cut, refused, Reply::default()]);
    let place = place();
    let error = fetch(&server, &place).unwrap_err();
    assert_eq!(error.code(), "download-refused");
    fetch(&server, &place).unwrap();
    assert_whole(&place);
    assert!(server.requests()[2].range.is_some());
}

#[test]
fn a_server_without_ranges_sends_everything_again() {
    let plain = Reply {
        ranges: false,
        ..Reply::default()
    };
    let cut = Reply {
        cut_after: Some(250_000),
        ..plain
    };
    let server = Server::start(content(), vec![cut, plain]);
    let place = place();
    fetch(&server, &place).unwrap();
    assert_whole(&place);
}

#[test]
fn bytes_of_an_older_version_are_dropped() {
    let cut = Reply {
        cut_after: Some(250_000),
        version: "\"v0\"",
        ..Reply::default()
    };
    let server = Server::start(content(), vec![cut, Reply::default()]);
    let place = place();
    fetch(&server, &place).unwrap();
    assert_whole(&place);
    // Its tag was not that of the second answer, which therefore was the whole file.
    assert_eq!(server.requests()[1].if_range.as_deref(), Some("\"v0\""));
}

#[test]
fn bytes_of_another_address_are_dropped() {
    let cut = Reply {
        cut_after: Some(250_000),
        ..Reply::default()
    };
    let refused = Reply {
        status: Some(403),
        ..Reply::default()
    };
    let server = Server::start(content(), vec![cut, refused, Reply::default()]);
    let place = place();
    fetch(&server, &place).unwrap_err();
    download::fetch(&server.url("/mirror.pt"), &place.part, &mut |_| {}).unwrap();
    assert_whole(&place);
    assert_eq!(server.requests()[2].range, None);
}

#[test]
fn a_page_for_people_is_not_taken_for_the_file() {
    let page = Reply {
        content_type: "text/html; charset=utf-8",
        ..Reply::default()
    };
    let server = Server::start(b"<html>log in</html>".to_vec(), vec![page]);
    let place = place();
    let error = fetch(&server, &place).unwrap_err();
    assert_eq!(error.code(), "download-web-page");
}

#[test]
fn a_second_process_does_not_write_into_the_same_file() {
    let server = Server::start(content(), vec![]);
    let place = place();
    let other = std::fs::File::create(&place.part).unwrap();
    other.lock().unwrap();
    let error = fetch(&server, &place).unwrap_err();
    assert_eq!(error.code(), "download-busy");
    assert!(server.requests().is_empty());
}

#[test]
fn an_address_that_nobody_serves_is_an_error_with_a_hint() {
    let place = place();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/model.pt", free.local_addr().unwrap());
    drop(free);
    let error = download::fetch(&url, &place.part, &mut |_| {}).unwrap_err();
    assert_eq!(error.code(), "download-unreachable");
    assert!(error.to_string().contains("HTTPS_PROXY"), "{error}");
}
