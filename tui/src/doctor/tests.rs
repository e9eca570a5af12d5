use super::*;

fn healthy() -> Report {
    Report {
        client: VersionInfo::current(),
        terminal: Ok(Examined {
            name: Some("foot(1.23.0)".to_owned()),
            size: (160, 50),
            cell: (9, 17),
            sixel: true,
            synchronized: true,
            mouse_pixels: true,
            pictures: "sixel",
            reason: "it says that it has sixel".to_owned(),
            patches: Some("off: not tried on this terminal"),
            round_trip_ms: Some(41.23),
            bytes_per_second: Some(9.8e6),
        }),
        surroundings: Surroundings {
            term: "foot".to_owned(),
            true_colour: true,
            ssh: true,
            utf8: true,
            no_colour: false,
        },
        tmux: None,
        daemon: Daemon {
            host: None,
            version: Ok(VersionInfo::current()),
            round_trip_ms: Some(0.4),
        },
        advice: Vec::new(),
    }
}

/// The advice for a report that `change` has made worse.
fn advised(change: impl FnOnce(&mut Report, &mut Examined)) -> String {
    let mut report = healthy();
    let mut terminal = report.terminal.clone().unwrap();
    change(&mut report, &mut terminal);
    report.terminal = Ok(terminal);
    advice::advice(&report).join("\n")
}

#[test]
fn what_is_well_needs_no_advice() {
    assert_eq!(advised(|_, _| {}), "");
    let text = text(&healthy());
    assert!(text.contains("sixel: it says that it has sixel"), "{text}");
    assert!(
        text.contains("41.2 ms from question to answer, 9.8 MB/s"),
        "{text}"
    );
    assert!(text.contains("patches: off: not tried"), "{text}");
    assert!(text.contains("Nothing to mend."), "{text}");
}

#[test]
fn advice_can_be_copied_into_a_file() {
    let tmux = |sixel, outer_sixel, buffer| Tmux {
        version: "3.6".to_owned(),
        sixel,
        outer_sixel,
        buffer,
        ..Tmux::default()
    };
    let old = advised(|report, _| report.tmux = Some(tmux(false, false, None)));
    assert!(
        old.contains("--enable-sixel") && !old.contains("set -"),
        "{old}"
    );
    let new = advised(|report, _| report.tmux = Some(tmux(true, false, Some(1 << 20))));
    assert!(
        new.contains("\nset -as terminal-features ',*:sixel'"),
        "{new}"
    );
    assert!(new.contains("\nset -s input-buffer-size 16777216"), "{new}");
    assert_eq!(
        advised(|report, _| report.tmux = Some(tmux(true, true, Some(16 << 20)))),
        ""
    );
    let around_kitty = |passthrough| Tmux {
        placeholders: true,
        passthrough,
        ..tmux(false, false, None)
    };
    let barred = advised(|report, _| report.tmux = Some(around_kitty(false)));
    assert!(barred.contains("\nset -g allow-passthrough on"), "{barred}");
    assert_eq!(
        advised(|report, _| report.tmux = Some(around_kitty(true))),
        ""
    );
    let slow = advised(|_, terminal| terminal.bytes_per_second = Some(2e5));
    assert!(slow.contains("\nCompression yes"), "{slow}");
    let xterm = advised(|_, terminal| {
        terminal.name = Some("XTerm(379)".to_owned());
        terminal.sixel = false;
    });
    assert!(xterm.contains("xterm -ti vt340"), "{xterm}");
    let silent = advised(|_, terminal| terminal.round_trip_ms = None);
    assert!(silent.contains("--picture"), "{silent}");
    let other = advised(|report, _| {
        report.daemon.version = Ok(VersionInfo {
            build: "0123456789ab".to_owned(),
            ..VersionInfo::current()
        });
    });
    assert!(other.contains("restart the daemon"), "{other}");
}

#[test]
fn a_daemon_or_a_terminal_that_is_missing_is_to_be_mended() {
    let mut report = healthy();
    report.daemon.version = Err(Unanswered {
        why: "lab has no medicosamd".to_owned(),
        hint: "Install it there.".to_owned(),
    });
    report.terminal = Err("there is none".to_owned());
    report.advice = advice::advice(&report);
    assert_eq!(report.advice[0], "lab has no medicosamd\nInstall it there.");
    assert!(report.advice[1].contains("there is none"), "{report:?}");
    let text = text(&report);
    assert!(!text.contains("Nothing to mend."), "{text}");
    assert!(
        text.contains("- lab has no medicosamd\n  Install it there.\n"),
        "{text}"
    );
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["daemon"]["version"]["error"], "lab has no medicosamd");
    assert_eq!(json["advice"].as_array().unwrap().len(), 2);
}

#[test]
fn the_report_is_json_too() {
    let json = serde_json::to_value(healthy()).unwrap();
    assert_eq!(json["terminal"]["sixel"], true);
    assert_eq!(json["daemon"]["round_trip_ms"], 0.4);
    let mut blind = healthy();
    blind.terminal = Err("there is none".to_owned());
    let json = serde_json::to_value(blind).unwrap();
    assert_eq!(json["terminal"]["error"], "there is none");
}
