//! The protocol of diameters over the objects of a scan.

use super::evaluation::Propagated;
use super::model::Stage;
use super::volumes::{follow_from, measured};
use crate::commands::error::CommandError;
use crate::evaluate::{Diameters, Truth};
use medicosam_shared::propagation::{MicroSam, Propagation};

/// The scores of each object whose diameters on one slice are all that is known of it.
pub fn evaluate(stage: &mut Stage, truths: &[Truth]) -> Result<Vec<Propagated>, CommandError> {
    let mut rows = Vec::new();
    for truth in truths {
        let Some(diameters) = Diameters::of(truth) else {
            continue;
        };
        let prompts = [
            ("RECIST box", diameters.boxed(truth)),
            ("RECIST points", diameters.points(truth)),
        ];
        for (start, prompt) in prompts {
            let rules = [
                Propagation::default(),
                Propagation::MicroSam(MicroSam::default()),
            ];
            for rule in rules {
                let row = measured(truth, start, rule, stage, |stage| {
                    follow_from(stage, &prompt, rule).map(Some)
                })?;
                rows.extend(row.map(|row| Propagated {
                    diameters: Some(diameters),
                    ..row
                }));
            }
        }
    }
    Ok(rows)
}
