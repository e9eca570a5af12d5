//! `GET /metrics`: the daemon in figures, in Prometheus' text format 0.0.4.
//!
//! Names follow its rules: a prefix of our own, base units (seconds), `_total` for what only grows.
//! What grows starts at 0 with the daemon.

use super::Api;
use super::error::ApiError;
use crate::live_state::Tally;
use crate::store::Queue;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use medicosam_shared::api::{RootStatus, WorkerStatus};
use medicosam_shared::case::{CaseState, Fault};
use std::collections::BTreeMap;
use std::fmt::{Display, Write};

/// `GET /metrics`
pub async fn metrics(State(api): State<Api>) -> Result<impl IntoResponse, ApiError> {
    let (cases, queue) = api
        .ask(|store| Ok((store.counts()?, store.queue()?)))
        .await?;
    let (roots, settling, workers) = api.live.snapshot();
    let figures = Figures {
        cases,
        queue,
        settling: settling.len(),
        passed_over: by_kind(&roots),
        troubles: api.live.troubles(),
        workers,
        tallies: api.live.tallies(),
    };
    Ok((
        [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        figures.render(),
    ))
}

/// What is passed over in all roots, by kind.
fn by_kind(roots: &[RootStatus]) -> BTreeMap<String, u64> {
    let mut kinds = BTreeMap::new();
    for passed_over in roots.iter().flat_map(|root| &root.passed_over) {
        *kinds.entry(passed_over.kind.clone()).or_default() += passed_over.count;
    }
    kinds
}

/// What is shown.
struct Figures {
    cases: BTreeMap<CaseState, u64>,
    queue: Queue,
    settling: usize,
    passed_over: BTreeMap<String, u64>,
    troubles: Vec<Fault>,
    workers: Vec<WorkerStatus>,
    tallies: BTreeMap<String, Tally>,
}

impl Figures {
    fn render(&self) -> String {
        let mut page = Page::default();
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        page.family("build_info", "gauge", "The version that runs; always 1.");
        page.sample("build_info", &version, 1);

        page.family("cases", "gauge", "Cases by state.");
        for state in CaseState::ALL {
            let count = self.cases.get(&state).copied().unwrap_or(0);
            page.sample("cases", &[("state", &state.to_string())], count);
        }
        page.family(
            "queue_length",
            "gauge",
            "Work that no worker has taken yet.",
        );
        for (lane, length) in [
            ("interactive", self.queue.interactive),
            ("bulk", self.queue.bulk),
        ] {
            page.sample("queue_length", &[("lane", lane)], length);
        }
        page.family(
            "unfinished_files",
            "gauge",
            "Files that are still being written.",
        );
        page.sample("unfinished_files", &[], self.settling);

        page.family(
            "passed_over",
            "gauge",
            "Files and folders in watched folders that are not dealt with, by kind.",
        );
        for (kind, count) in &self.passed_over {
            page.sample("passed_over", &[("kind", kind)], count);
        }
        page.family(
            "trouble",
            "gauge",
            "What keeps the daemon itself from working; 1 while it does.",
        );
        for trouble in &self.troubles {
            page.sample("trouble", &[("code", &trouble.code)], 1);
        }
        self.workers(&mut page);
        self.tallies(&mut page);
        page.0
    }

    fn workers(&self, page: &mut Page) {
        page.family("worker_up", "gauge", "Whether the worker's process runs.");
        for worker in &self.workers {
            let up = u8::from(worker.pid.is_some());
            page.sample("worker_up", &[("worker", &worker.number.to_string())], up);
        }
        page.family(
            "worker_busy",
            "gauge",
            "Whether the worker has a case in hand.",
        );
        for worker in &self.workers {
            let busy = u8::from(worker.case.is_some());
            page.sample(
                "worker_busy",
                &[("worker", &worker.number.to_string())],
                busy,
            );
        }
        page.family(
            "worker_device_info",
            "gauge",
            "The device that the worker runs on, and whether a better one was passed over; always 1.",
        );
        for worker in &self.workers {
            if let Some(device) = &worker.device {
                let fallback = worker.fallback.is_some().to_string();
                let labels = [
                    ("worker", worker.number.to_string()),
                    ("device", device.clone()),
                    ("fallback", fallback),
                ];
                let labels = labels
                    .each_ref()
                    .map(|(name, value)| (*name, value.as_str()));
                page.sample("worker_device_info", &labels, 1);
            }
        }
        page.family(
            "worker_restarts_total",
            "counter",
            "How often the worker crashed or hung and was started again.",
        );
        for worker in &self.workers {
            let labels = [("worker", &*worker.number.to_string())];
            page.sample("worker_restarts_total", &labels, worker.restarts);
        }
    }

    fn tallies(&self, page: &mut Page) {
        page.family("revisions_total", "counter", "Segmentations made.");
        self.by_device(page, "revisions_total", |tally| tally.revisions);
        page.family(
            "embedding_cache_hits_total",
            "counter",
            "Slices whose embedding was there already.",
        );
        self.by_device(page, "embedding_cache_hits_total", |tally| tally.cached);
        page.family(
            "slice_embedding_seconds",
            "summary",
            "Embedding of one slice.",
        );
        self.by_device(page, "slice_embedding_seconds_sum", |tally| tally.embed_s);
        self.by_device(page, "slice_embedding_seconds_count", |tally| tally.slices);
        page.family(
            "prompt_decoding_seconds",
            "summary",
            "Answering of one prompt.",
        );
        self.by_device(page, "prompt_decoding_seconds_sum", |tally| tally.decode_s);
        self.by_device(page, "prompt_decoding_seconds_count", |tally| tally.decodes);
    }

    fn by_device<T: Display>(&self, page: &mut Page, name: &str, value: impl Fn(&Tally) -> T) {
        for (device, tally) in &self.tallies {
            page.sample(name, &[("device", device)], value(tally));
        }
    }
}

/// The text, as it grows.
#[derive(Default)]
struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string cannot fail.
        let _ = write!(
            self.0,
            "# HELP medicosam_{name} {help}\n# TYPE medicosam_{name} {kind}\n"
        );
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let _ = write!(self.0, "medicosam_{name}");
        for (place, (label, text)) in labels.iter().enumerate() {
            let text = text
                .replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('\n', "\\n");
            let before = if place == 0 { '{' } else { ',' };
            let _ = write!(self.0, "{before}{label}=\"{text}\"");
        }
        let after = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.0, "{after} {value}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{HashMap, HashSet};

    fn figures() -> String {
        let worker = |number, device: &str| WorkerStatus {
            number,
            pid: Some(7),
            activity: medicosam_shared::activity::Activity::Idle,
            case: None,
            device: Some(device.to_owned()),
            fallback: None,
            restarts: number,
            runtime: None,
            progress: None,
            fault: None,
        };
        let tally = Tally {
            revisions: 2,
            slices: 11,
            cached: 3,
            embed_s: 8.25,
            decodes: 14,
            decode_s: 0.7,
        };
        Figures {
            cases: BTreeMap::from([(CaseState::Review, 4)]),
            queue: Queue {
                interactive: 1,
                bulk: 2,
            },
            settling: 1,
            passed_over: BTreeMap::from([("link".to_owned(), 3)]),
            troubles: vec![Fault {
                code: "state-unwritable".to_owned(),
                message: "full".to_owned(),
                hint: "make room".to_owned(),
            }],
            workers: vec![worker(1, "cuda:0"), worker(2, "odd \"\\\n name")],
            tallies: BTreeMap::from([("cpu".to_owned(), tally), ("cuda:0".to_owned(), tally)]),
        }
        .render()
    }

    /// The rules that `promtool check metrics` and the format's specification hold a page to.
    #[test]
    fn the_page_keeps_the_rules_of_the_format() {
        let page = figures();
        assert!(page.ends_with('\n'));
        let mut kinds: HashMap<&str, &str> = HashMap::new();
        let mut helped = HashSet::new();
        let mut seen = HashSet::new();
        let mut current = "";
        for line in page.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, text) = help.split_once(' ').unwrap();
                assert!(helped.insert(name), "{name} is explained twice");
                assert!(!text.is_empty());
                current = name;
                continue;
            }
            if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').unwrap();
                assert_eq!(name, current, "HELP and TYPE go together");
                assert_eq!(kinds.insert(name, kind), None);
                assert_eq!(kind == "counter", name.ends_with("_total"), "{name}");
                assert!(["counter", "gauge", "summary"].contains(&kind));
                let plain = |c: char| c.is_ascii_lowercase() || c == '_';
                assert!(name.starts_with("medicosam_") && name.chars().all(plain));
                for unit in ["milli", "_ms", "minutes", "mega", "kilo"] {
                    assert!(!name.contains(unit), "{name} is not in base units");
                }
                continue;
            }
            let (series, value) = line.rsplit_once(' ').unwrap();
            assert!(seen.insert(series), "{series} is there twice");
            value.parse::<f64>().unwrap();
            let name = series.split('{').next().unwrap();
            let family = match kinds.get(current) {
                Some(&"summary") => {
                    assert!(name.ends_with("_sum") || name.ends_with("_count"), "{name}");
                    name.rsplit_once('_').unwrap().0
                }
                _ => name,
            };
            assert_eq!(family, current, "samples follow their family");
            assert!(kinds.contains_key(family) && helped.contains(family));
        }
    }

    #[test]
    fn figures_and_labels_are_those_that_were_given() {
        let page = figures();
        for line in [
            r#"medicosam_cases{state="review"} 4"#,
            r#"medicosam_cases{state="failed"} 0"#,
            r#"medicosam_queue_length{lane="interactive"} 1"#,
            r#"medicosam_passed_over{kind="link"} 3"#,
            r#"medicosam_trouble{code="state-unwritable"} 1"#,
            r#"medicosam_worker_restarts_total{worker="2"} 2"#,
            r#"medicosam_slice_embedding_seconds_sum{device="cuda:0"} 8.25"#,
            r#"medicosam_slice_embedding_seconds_count{device="cuda:0"} 11"#,
            r#"medicosam_worker_device_info{worker="1",device="cuda:0",fallback="false"} 1"#,
            r#"medicosam_worker_device_info{worker="2",device="odd \"\\\n name",fallback="false"} 1"#,
        ] {
            assert!(page.lines().any(|found| found == line), "{line}\n{page}");
        }
    }
}
