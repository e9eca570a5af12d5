//! `medicosam status`

use super::table::fields;
use super::{Error, FormatArgs, print};
use medicosam_shared::activity::Activity;
use medicosam_shared::api::{RootStatus, Status, WorkerStatus};
use medicosam_shared::client::Client;
use medicosam_shared::text::printable;
use std::io::Write;

pub(super) async fn run(
    client: &Client,
    args: FormatArgs,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let status = client.status().await?;
    print(out, args.json, &status, text)
}

fn text(status: &Status) -> String {
    let counts: Vec<_> = status
        .cases
        .iter()
        .map(|(state, count)| format!("{count} {}", printable(state)))
        .collect();
    let cases = if counts.is_empty() {
        "none".to_owned()
    } else {
        counts.join(", ")
    };
    let mut text = fields(&[
        (
            "daemon",
            Some(format!(
                "version {}, process {}",
                printable(&status.version.version),
                status.pid
            )),
        ),
        ("cases", Some(cases)),
        (
            "settling",
            (!status.settling.is_empty()).then(|| format!("{} files", status.settling.len())),
        ),
    ]);
    if let Some(pause) = &status.paused {
        let who = printable(&pause.who);
        let since = pause.since.strftime("%Y-%m-%d %H:%M UTC");
        text.push_str(&format!(
            "intake paused by {who} since {since}; `medicosam resume` goes on\n"
        ));
    }
    for fault in &status.troubles {
        text.push_str(&format!(
            "trouble: {}\n  {}\n",
            printable(&fault.message),
            printable(&fault.hint)
        ));
    }
    for root in &status.roots {
        text.push_str(&root_line(root));
    }
    for worker in &status.workers {
        text.push_str(&worker_line(worker));
    }
    for viewer in &status.viewers {
        let who = printable(&viewer.who);
        text.push_str(&format!("{who} looks at {}\n", printable(&viewer.case.0)));
    }
    text
}

fn root_line(root: &RootStatus) -> String {
    let what = if root.away { "not watched: " } else { "" };
    let problem = root
        .problem
        .as_ref()
        .map_or_else(String::new, |p| format!("; {what}{}", printable(p)));
    let mut line = format!(
        "folder {} (profile {}){problem}\n",
        printable(&root.path),
        printable(&root.profile)
    );
    for passed_over in &root.passed_over {
        line.push_str(&format!(
            "  passed over: {} ({}), for example {}\n    {}\n",
            passed_over.count,
            printable(&passed_over.kind),
            printable(&passed_over.example),
            printable(&passed_over.hint)
        ));
    }
    line
}

fn worker_line(worker: &WorkerStatus) -> String {
    let mut line = format!("worker {}: ", worker.number);
    match (&worker.activity, &worker.case, worker.progress) {
        (Activity::Ahead, Some(case), Some(progress)) => line.push_str(&format!(
            "embedding the rest of {case}: {}/{}",
            progress.done, progress.total
        )),
        (activity, case, progress) => {
            line.push_str(&printable(&activity.to_string()));
            if let Some(case) = case {
                line.push_str(&format!(" on {case}"));
            }
            if let Some(progress) = progress {
                line.push_str(&format!(", slice {} of {}", progress.done, progress.total));
            }
        }
    }
    if let Some(device) = &worker.device {
        line.push_str(&format!(", device {}", printable(device)));
    }
    if let Some(runtime) = &worker.runtime {
        line.push_str(&format!(", {}", printable(runtime)));
    }
    if worker.restarts > 0 {
        line.push_str(&format!(", restarted {} times", worker.restarts));
    }
    for fault in worker.fallback.iter().chain(&worker.fault) {
        line.push_str(&format!(
            "\n  {}\n  {}",
            printable(&fault.message),
            printable(&fault.hint)
        ));
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture;
    use medicosam_shared::api::PassedOver;
    use medicosam_shared::case::{CaseId, Fault};
    use medicosam_shared::progress::Progress;

    #[test]
    fn the_daemon_is_told_in_full() {
        let mut status = fixture::status();
        status.roots.push(RootStatus {
            path: "/data/incoming".to_owned(),
            profile: "lung-nodule".to_owned(),
            problem: Some("no such folder".to_owned()),
            away: true,
            passed_over: vec![PassedOver {
                kind: "link".to_owned(),
                count: 3,
                example: "/data/incoming/a.nii".to_owned(),
                hint: "Links are not followed.".to_owned(),
                matters: true,
            }],
        });
        status.troubles.push(Fault {
            code: "state-unwritable".to_owned(),
            message: "nothing can be written into the state folder".to_owned(),
            hint: "Make room on its disk.".to_owned(),
        });
        let worker = &mut status.workers[0];
        worker.activity = Activity::Busy;
        worker.case = Some(CaseId("3f2a".to_owned()));
        worker.progress = Some(Progress { done: 3, total: 11 });
        worker.fault = Some(Fault {
            code: "disk-full".to_owned(),
            message: "writing the mask: no space left".to_owned(),
            hint: "Make room.".to_owned(),
        });
        insta::assert_snapshot!("status", text(&status));
    }

    #[test]
    fn work_ahead_of_need_is_told_from_work_on_a_case() {
        let mut worker = fixture::status().workers.remove(0);
        worker.activity = Activity::Ahead;
        worker.case = Some(CaseId("3f2a".to_owned()));
        worker.progress = Some(Progress {
            done: 12,
            total: 48,
        });
        let line = worker_line(&worker);
        assert!(
            line.starts_with("worker 1: embedding the rest of 3f2a: 12/48"),
            "{line}"
        );
    }
}
