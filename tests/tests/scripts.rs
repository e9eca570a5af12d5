//! The verbs as scripts use them: names, exit statuses, completions, the audit log.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use medicosam_shared::case::{CaseState, CaseSummary};
use medicosam_tests::client::{NO_SOCKET, json, on};
use medicosam_tests::system::{SCAN, System, lung_profile, program};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Output, Stdio};

/// Two scans with similar names, in review.
fn two_cases() -> (System, [CaseSummary; 2]) {
    let mut system = System::new(&lung_profile(10, 11));
    for name in ["sub-010.nii.gz", "sub-011.nii.gz"] {
        system.drop_scan(SCAN, name);
    }
    system.start();
    let cases = ["sub-010.nii.gz", "sub-011.nii.gz"];
    let cases = cases.map(|name| system.until_state(name, CaseState::Review).summary);
    (system, cases)
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("{output:?}"))
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn cases_are_called_by_name_and_what_is_ambiguous_is_refused_with_the_candidates() {
    let (system, [first, second]) = two_cases();
    let run = |arguments: &[&str]| system.medicosam(arguments);
    for name in [&*first.name, "sub-010", &*first.id.0, &first.id.0[..11]] {
        let shown = run(&["show", name, "--json"]);
        assert_eq!(json(&shown)["id"], *first.id.0, "{name}");
    }

    let unclear = run(&["approve", "sub-0", "--json"]);
    assert_eq!(code(&unclear), 1);
    let error = &json(&unclear)["error"];
    assert_eq!(error["code"], "ambiguous-case");
    let candidates = error["candidates"].as_array().unwrap();
    for case in [&first, &second] {
        let told = candidates.iter().find(|c| c["id"] == *case.id.0).unwrap();
        assert_eq!(told["name"], *case.name);
        assert_eq!(told["state"], "review");
        assert!(text(&unclear.stderr).contains(&case.name), "{unclear:?}");
    }
    let listed = run(&["list", "--state", "review,approved", "--ids"]);
    assert_eq!(
        text(&listed.stdout).lines().count(),
        2,
        "nothing was approved"
    );

    let both = run(&["flag", "sub-010", "sub-01", "--reason", "motion", "--json"]);
    assert_eq!(code(&both), 1);
    assert_eq!(json(&both)["cases"][0]["id"], *first.id.0);
    assert_eq!(json(&both)["errors"][0]["error"]["code"], "ambiguous-case");
    assert_eq!(
        code(&run(&["undo", "sub-011"])),
        5,
        "no decision to take back"
    );
    assert_eq!(code(&run(&["approve", "sub-011", "--revision", "7"])), 4);
    assert_eq!(code(&run(&["show", "sub-012"])), 1);
}

#[test]
fn the_audit_log_is_printed_and_followed_line_by_line() {
    let (system, [first, _]) = two_cases();
    let seen = system.medicosam(&["events"]);
    assert_eq!(code(&seen), 0);
    let entries: Vec<Value> = text(&seen.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let last = entries.last().unwrap()["seq"].as_u64().unwrap();
    assert_eq!(entries.len() as u64, last, "from the first entry on");
    let since = last.to_string();
    let none = system.medicosam(&["events", "--since", &since]);
    assert_eq!((code(&none), text(&none.stdout)), (0, ""));

    let mut follower = on(system.socket())
        .args(["events", "--follow", "--since", &since])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(follower.stdout.take().unwrap()).lines();
    assert_eq!(
        code(&system.medicosam(&["note", "sub-010", "look here"])),
        0
    );
    let entry: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(entry["action"], "noted");
    assert_eq!(entry["case"], *first.id.0);
    assert_eq!(entry["detail"], "look here");
    follower.kill().unwrap();
    follower.wait().unwrap();
}

/// What bash offers where the last word of a line is completed.
fn completed(system: &System, words: &[&str]) -> Vec<String> {
    let script = format!(
        "source <(medicosam completions bash); COMP_WORDS=({}); COMP_CWORD={}; \
         COMP_TYPE=9; _clap_complete_medicosam medicosam '{}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words.join(" "),
        words.len() - 1,
        words[words.len() - 1],
    );
    let folder = program("medicosam").parent().unwrap().to_owned();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let output = Command::new("bash")
        .args(["--norc", "-c", &script])
        .env("PATH", path)
        .env("MEDICOSAM_SOCKET", system.socket())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let lines = text(&output.stdout).lines();
    lines.map(|line| line.trim().to_owned()).collect()
}

#[test]
fn the_shell_completes_cases_states_and_orders() {
    let (system, [first, second]) = two_cases();
    let names = completed(&system, &["medicosam", "approve", "sub"]);
    assert!(names.len() == 2 && names.contains(&first.name), "{names:?}");
    assert!(names.contains(&second.name), "{names:?}");
    let ids = completed(&system, &["medicosam", "show", &first.id.0[..6]]);
    assert_eq!(ids, [&*first.id.0]);
    let orders = completed(&system, &["medicosam", "list", "--sort", "a"]);
    assert_eq!(orders, ["attention", "age"]);
    let states = completed(&system, &["medicosam", "list", "--state", "review,app"]);
    assert_eq!(states, ["review,approved"]);
}

#[test]
fn help_is_short_and_wrong_usage_is_json_too() {
    let run = |arguments: &[&str]| on(NO_SOCKET).args(arguments).output().unwrap();
    let help = run(&["show", "--help"]);
    assert_eq!(code(&help), 0);
    assert!(!text(&help.stdout).contains("--greys"), "{help:?}");
    assert!(text(&help.stdout).lines().count() < 35, "{help:?}");
    let screen = run(&["--help"]);
    assert!(text(&screen.stdout).contains("--greys"), "{screen:?}");
    assert!(
        text(&screen.stdout).contains("4      somebody else"),
        "{screen:?}"
    );
    let list = run(&["list", "--help"]);
    for value in ["attention", "rejected", "score<0.8"] {
        assert!(text(&list.stdout).contains(value), "{value}: {list:?}");
    }
    // Understood, though not listed.
    assert_eq!(code(&run(&["show", "x", "--greys", "16"])), 3);

    let wrong = run(&["list", "--sort", "size", "--json"]);
    assert_eq!(code(&wrong), 2);
    assert_eq!(json(&wrong)["error"]["code"], "usage");

    let doctor = run(&["doctor", "--json"]);
    assert_eq!(code(&doctor), 1, "no daemon, no terminal");
    let advice = json(&doctor)["advice"].clone();
    assert!(
        advice[0].as_str().unwrap().contains("medicosamd run"),
        "{advice}"
    );

    let page = run(&["man"]);
    let page = text(&page.stdout);
    for line in [
        "  score<0.8 ml>=10      also age<2h (s m h d w) revision>1 score:none",
        "  5      there was no decision to take back (`undo`)",
    ] {
        assert!(page.contains(line), "{line}");
    }
}

#[test]
fn what_was_drawn_becomes_the_object_of_a_profile() {
    let (system, [first, _]) = two_cases();
    for unit in ["voxel", "mm", "fraction"] {
        let shown = system.medicosam(&["show", &first.name, "--as-profile", "--unit", unit]);
        assert_eq!(code(&shown), 0, "{shown:?}");
        let object = text(&shown.stdout);
        let config = system.path("drawn.toml");
        let profile = "[[profile]]\nname = \"drawn\"\nwindow = { level = -600, width = 1500 }\n";
        let root = "[[root]]\npath = \"incoming\"\nprofile = \"drawn\"\noutput = \"drawn\"\n";
        std::fs::write(&config, format!("{root}{profile}{object}")).unwrap();
        // The daemon's own parser, and the place of the box on the scan.
        let explained = Command::new(program("medicosamd"))
            .arg("explain")
            .arg(system.path("incoming").join(&first.name))
            .arg("--config")
            .arg(&config)
            .arg("--json")
            .output()
            .unwrap();
        assert!(explained.status.success(), "{object}\n{explained:?}");
        let plan = json(&explained).to_string();
        for place in ["318", "333", "405", "399"] {
            assert!(plan.contains(place), "{unit}: {place} in {plan}");
        }
    }
    let nothing = system.medicosam(&["show", &first.name, "--unit", "mm"]);
    assert_eq!(code(&nothing), 2, "a unit of what?");
}

#[test]
fn a_failed_case_is_put_away_brought_back_and_a_one_shot_run_ends_well() {
    let mut system = System::new(&lung_profile(10, 11));
    std::fs::write(system.path("incoming/broken.nii.gz"), b"no scan").unwrap();
    system.start();
    system.until_state("broken.nii.gz", CaseState::Failed);
    let listed = |filter: &str| {
        let output = system.medicosam(&["list", "--filter", filter, "--ids"]);
        text(&output.stdout).lines().count()
    };
    assert_eq!((listed(""), listed("state:dismissed")), (1, 0));
    let approved = system.medicosam(&["approve", "broken"]);
    assert_eq!(code(&approved), 1);
    let told = text(&approved.stderr);
    assert!(told.contains("retry") && !told.contains("prompt"), "{told}");

    let away = system.medicosam(&["dismiss", "broken", "--json"]);
    assert_eq!(json(&away)["dismissed"], true, "{away:?}");
    assert_eq!((listed(""), listed("state:dismissed")), (0, 1));
    let status = json(&system.medicosam(&["status", "--json"]));
    assert_eq!(status["cases"]["failed"], Value::Null);
    assert!(system.medicosam(&["bring-back", "broken"]).status.success());
    assert_eq!(listed("state:failed"), 1);
    assert!(system.medicosam(&["dismiss", "broken"]).status.success());
    let case = system.wait(system.client().case(&system.cases()[0].id.0));
    let actions: Vec<&str> = case.history.iter().map(|e| e.action.as_str()).collect();
    let end = &actions[actions.len() - 3..];
    assert_eq!(end, ["dismissed", "restored", "dismissed"]);

    system.stop();
    let once = system.medicosamd(&["run", "--oneshot"]).output().unwrap();
    assert!(once.status.success(), "{once:?}");
}

#[test]
fn a_person_without_a_screen_reviews_in_sentences() {
    let (system, [first, second]) = two_cases();
    let mut plain = on(system.socket())
        .args(["plain", "--sort", "name"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let typed = "hello\napprove\nno\nnote ask the surgeon\nreject leaks into the chest wall\n\
                 approve\nyes\n";
    plain
        .stdin
        .take()
        .unwrap()
        .write_all(typed.as_bytes())
        .unwrap();
    let said = plain.wait_with_output().unwrap();
    assert!(said.status.success(), "{said:?}");
    let said = text(&said.stdout);
    for words in [
        "Case 1 of 2.",
        "sub-010.nii.gz, profile",
        " mL on slice 10, estimate 0.",
        "Please type one of",
        "othing was seen: there are no pictures. Type yes to approve all the same.",
        "Noted.",
        "Rejected.",
        "Case 2 of 2.",
        "Approved.",
        "That was the last case.",
    ] {
        assert!(said.contains(words), "{words:?} in {said}");
    }
    let state = |case: &CaseSummary| {
        let shown = system.medicosam(&["show", &case.id.0, "--json"]);
        json(&shown)["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        (&*state(&first), &*state(&second)),
        ("rejected", "approved")
    );
    let again = system.medicosam(&["plain"]);
    assert_eq!(text(&again.stdout), "Nothing waits for review.\n");
}

#[test]
fn keys_are_listed_as_they_are_set() {
    let settings = std::env::temp_dir().join(format!("keys-{}.toml", std::process::id()));
    std::fs::write(&settings, "[keys.review]\napprove = [\"f5\"]\n").unwrap();
    let listed = Command::new(program("medicosam"))
        .args(["keys", "--json", "--config"])
        .arg(&settings)
        .output()
        .unwrap();
    std::fs::remove_file(settings).unwrap();
    let rows = json(&listed);
    let keys = |context: &str| {
        let rows = rows.as_array().unwrap().iter();
        let mut approve = rows.filter(|r| r["context"] == context && r["action"] == "approve");
        approve.next().unwrap()["keys"].clone()
    };
    assert_eq!(keys("review"), serde_json::json!(["f5"]));
    assert_eq!(keys("queue"), serde_json::json!(["a"]));
}
