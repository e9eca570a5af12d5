//! The results of an evaluation, for people and for scripts.

use super::model::Times;
use crate::evaluate::{Course, Diameters, METRICS, Metric, Scores, auroc};
use crate::model::Device;
use medicosam_shared::prompt::Label;
use medicosam_shared::propagation::Propagation;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// The least Dice of a result that a person would keep.
const GOOD: f64 = 0.7;

/// Everything measured, over all scans.
#[derive(Debug, Serialize)]
pub struct Evaluation {
    model: String,
    device: String,
    seed: u64,
    /// Surfaces up to this distance in mm count as the same in the NSD.
    nsd_tolerance_mm: f64,
    /// By scan.
    pub scans: Vec<ScanEvaluation>,
    /// Mean of each metric over scans and labels: 2-D by start, then after the last round; 3-D by start and rule.
    means: BTreeMap<String, f64>,
    /// Where the time went.
    pub times: Times,
    decodes_per_second: f64,
    /// How well the score tells results with a Dice of at least 0.7 from others, over all scans.
    auroc: Option<f64>,
}

/// One scan.
#[derive(Debug, Serialize)]
pub struct ScanEvaluation {
    scan: String,
    /// The 2-D protocol.
    pub slices: Vec<Rounds>,
    /// The 3-D protocol.
    pub volumes: Vec<Propagated>,
    /// The protocol of corrections.
    pub corrections: Vec<Corrected>,
    /// The protocol of diameters.
    pub recist: Vec<Propagated>,
    /// The protocol of the CVPR 2025 challenge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cvpr25: Option<Course>,
    /// Good and bad boxes.
    pub judged: Vec<Judged>,
}

/// The result of a box, beside its score.
#[derive(Debug, Serialize)]
pub struct Judged {
    /// The label.
    pub label: Label,
    /// The change to the box, in words.
    pub what: String,
    /// The metrics of the whole object.
    #[serde(flatten)]
    pub scores: Scores,
    /// Its score.
    pub score: f32,
    /// The reasons to doubt it.
    pub reasons: Vec<String>,
}

/// The 2-D protocol of one label.
#[derive(Debug, Serialize)]
pub struct Rounds {
    /// The label.
    pub label: Label,
    /// The first prompt.
    pub start: &'static str,
    /// Whether the mask of each round was given to the next one.
    pub mask_feedback: bool,
    /// Over how many slices.
    pub slices: u32,
    /// The mean of each metric after the first prompt and after each round.
    #[serde(flatten)]
    pub scores: Scores<Vec<Option<f64>>>,
}

/// An object by its 3-D box, then corrected by points.
#[derive(Debug, Serialize)]
pub struct Corrected {
    /// The label.
    pub label: Label,
    /// The box.
    pub start: String,
    /// Each metric of the whole object before the first point and after each.
    #[serde(flatten)]
    pub scores: Scores<Vec<Option<f64>>>,
}

/// An object by one rule of the 3-D protocol.
#[derive(Debug, Serialize)]
pub struct Propagated {
    /// The label.
    pub label: Label,
    /// The prompt.
    pub start: String,
    /// The rule.
    pub rule: Propagation,
    /// Whether its settings were chosen by the truth.
    pub oracle: bool,
    /// The diameters that were the prompt.
    #[serde(flatten)]
    pub diameters: Option<Diameters>,
    /// The metrics of the whole object.
    #[serde(flatten)]
    pub scores: Scores,
    /// Slices with a mask.
    pub slices: u32,
    /// Prompts answered.
    pub decodes: u32,
    /// Seconds without embedding.
    pub seconds: f64,
}

impl Propagated {
    /// The rule in a few words.
    pub fn rule_name(&self) -> String {
        let best = if self.oracle { ", oracle" } else { "" };
        match self.rule {
            Propagation::MicroSam(settings) => {
                format!("{} {}{best}", self.rule.name(), settings.projection.name())
            }
            rule => rule.name().to_owned(),
        }
    }
}

impl ScanEvaluation {
    /// Nothing measured yet.
    pub fn new(scan: &str) -> Self {
        ScanEvaluation {
            scan: scan.to_owned(),
            slices: Vec::new(),
            volumes: Vec::new(),
            corrections: Vec::new(),
            recist: Vec::new(),
            cvpr25: None,
            judged: Vec::new(),
        }
    }
}

impl Evaluation {
    /// Nothing measured yet.
    pub fn new(model: &str, device: Device, seed: u64, nsd_tolerance_mm: f64) -> Self {
        Evaluation {
            model: model.to_owned(),
            device: device.to_string(),
            seed,
            nsd_tolerance_mm,
            scans: Vec::new(),
            means: BTreeMap::new(),
            times: Times::default(),
            decodes_per_second: 0.0,
            auroc: None,
        }
    }

    /// Takes the means.
    pub fn finish(&mut self) {
        let mut all: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        let mut add = |name: &str, metric: Metric, value: Option<Option<f64>>| {
            // The first metric is the usual one, and goes without its name.
            let name = match metric.name == METRICS[0].name {
                true => name.to_owned(),
                false => format!("{name}, {}", metric.title),
            };
            all.entry(name).or_default().extend(value.flatten());
        };
        for scan in &self.scans {
            for row in &scan.corrections {
                for (metric, rounds) in row.scores.iter() {
                    for (round, value) in rounds.iter().enumerate() {
                        let name = format!("{}, {round} points", row.start);
                        add(&name, metric, Some(*value));
                    }
                }
            }
            for row in &scan.slices {
                let with = if row.mask_feedback { " with masks" } else { "" };
                let name = format!("2-D {}{with}", row.start);
                for (metric, rounds) in row.scores.iter() {
                    add(&name, metric, rounds.first().copied());
                    add(
                        &format!("{name}, corrected"),
                        metric,
                        rounds.last().copied(),
                    );
                }
            }
            for row in scan.volumes.iter().chain(&scan.recist) {
                let name = format!("3-D {}, {}", row.start, row.rule_name());
                for (metric, value) in row.scores.iter() {
                    add(&name, metric, Some(*value));
                }
            }
        }
        for scan in &self.scans {
            for (name, value) in scan.cvpr25.iter().flat_map(figures) {
                all.entry(name.to_owned()).or_default().push(value);
            }
        }
        let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len().max(1) as f64;
        self.means = all
            .into_iter()
            .filter(|(_, values)| !values.is_empty())
            .map(|(name, values)| (name, mean(values)))
            .collect();
        let judged = self.scans.iter().flat_map(|scan| &scan.judged);
        let scores: Vec<(f64, bool)> = judged
            .map(|row| (f64::from(row.score), row.scores.first() >= GOOD))
            .collect();
        self.auroc = auroc(&scores);
        self.decodes_per_second = f64::from(self.times.decodes) / self.times.decode_s.max(1e-9);
    }
}

impl fmt::Display for Evaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} on {}, seed {}", self.model, self.device, self.seed)?;
        for scan in &self.scans {
            writeln!(f, "\n{}", scan.scan)?;
            for row in &scan.slices {
                let with = if row.mask_feedback { " + mask" } else { "" };
                let (label, slices) = (row.label, row.slices);
                let start = format!("{}{with}", row.start);
                for (metric, rounds) in row.scores.iter() {
                    let rounds: Vec<String> = rounds.iter().map(|v| metric.text(*v)).collect();
                    writeln!(
                        f,
                        "  2-D  label {label:<4} {start:<14} {slices:>4} slices  {} {}",
                        metric.title,
                        rounds.join(" ")
                    )?;
                }
            }
            for row in scan.volumes.iter().chain(&scan.recist) {
                writeln!(
                    f,
                    "  3-D  label {:<4} {:<14} {:<34} {}  {:>3} slices  {:>5} decodes  {:>6.1} s",
                    row.label,
                    row.start,
                    row.rule_name(),
                    in_words(&row.scores),
                    row.slices,
                    row.decodes,
                    row.seconds
                )?;
            }
            for row in &scan.corrections {
                for (metric, rounds) in row.scores.iter() {
                    let rounds: Vec<String> = rounds.iter().map(|v| metric.text(*v)).collect();
                    writeln!(
                        f,
                        "  points  label {:<4} {:<14} {} {}",
                        row.label,
                        row.start,
                        metric.title,
                        rounds.join(" ")
                    )?;
                }
            }
            if let Some(course) = &scan.cvpr25 {
                for (title, rounds) in [("Dice", &course.dsc), ("NSD", &course.nsd)] {
                    let rounds: Vec<String> = rounds.iter().map(|v| format!("{v:.3}")).collect();
                    let objects = course.objects;
                    writeln!(
                        f,
                        "  cvpr25  {objects} objects  {title} {}",
                        rounds.join(" ")
                    )?;
                }
                let figures = figures(course).map(|(name, value)| format!("{name} {value:.3}"));
                writeln!(f, "  {}", figures.join("  "))?;
            }
            for row in &scan.judged {
                let reason = row.reasons.first().map_or("", String::as_str);
                writeln!(
                    f,
                    "  box  label {:<4} {:<18} {}  score {:.3}  {reason}",
                    row.label,
                    row.what,
                    in_words(&row.scores),
                    row.score
                )?;
            }
        }
        if let Some(auroc) = self.auroc {
            writeln!(
                f,
                "\nAUROC of the score for a Dice of at least {GOOD}: {auroc:.3}"
            )?;
        }
        writeln!(f, "\nmean {} over scans and labels", METRICS[0].title)?;
        for (name, mean) in &self.means {
            writeln!(f, "  {mean:.3}  {name}")?;
        }
        let t = &self.times;
        writeln!(
            f,
            "\nread {:.1} s, {} slices embedded in {:.1} s, {} prompts answered in {:.1} s ({:.1} a second)",
            t.load_s, t.slices_embedded, t.embed_s, t.decodes, t.decode_s, self.decodes_per_second
        )
    }
}

/// What the challenge ranks by.
fn figures(course: &Course) -> [(&'static str, f64); 4] {
    [
        ("cvpr25 DSC AUC", course.dsc_auc),
        ("cvpr25 NSD AUC", course.nsd_auc),
        ("cvpr25 DSC final", course.dsc_final),
        ("cvpr25 NSD final", course.nsd_final),
    ]
}

/// `Dice 0.912`, and so on for each metric.
pub fn in_words(scores: &Scores) -> String {
    let words = scores
        .iter()
        .map(|(metric, value)| format!("{} {}", metric.title, metric.text(*value)));
    words.collect::<Vec<_>>().join("  ")
}
