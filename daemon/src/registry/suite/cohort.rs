//! A case is compared with others again when there are more of them.

use super::*;
use medicosam_shared::quality::{Alone, Quality};

/// A new case with a lesion of this volume, judged when it had nothing to be compared with.
fn of_volume(store: &Registry, name: &str, volume_ml: f64) -> CaseId {
    let path = format!("/in/{name}.nii");
    let id = store.found(&file(&path, name)).unwrap();
    let work = claim(store);
    let mut new = result("profile p", 0.8);
    new.provenance.objects[0].volume_ml = Some(volume_ml);
    new.provenance.quality = Some(Quality {
        score: 0.8,
        reasons: Vec::new(),
        alone: vec![Alone {
            label: new.provenance.objects[0].label,
            score: 0.8,
            compared: None,
        }],
    });
    store.finish(&work.lease, &new).unwrap();
    id
}

pub fn a_case_is_compared_again_when_there_are_more(f: &Fixture) {
    let odd = of_volume(&f.store, "odd", 90.0);
    let score = || {
        let (cases, _) = f.store.cases().unwrap();
        let found = cases.iter().find(|case| case.id == odd).unwrap();
        found.score.unwrap()
    };
    for number in 0..8 {
        let id = of_volume(
            &f.store,
            &format!("small {number}"),
            10.0 + f64::from(number % 3),
        );
        let changed = f.store.renew_scores("p", number as usize + 1).unwrap();
        assert_eq!(changed.contains(&odd), number == 7, "{number}");
        assert!(!changed.contains(&id));
    }
    assert!(score() < 0.5);
    let case = f.store.case(&odd).unwrap();
    let quality = case.revisions[0].provenance.quality.as_ref().unwrap();
    assert_eq!(case.summary.score, Some(quality.score));
    assert_eq!(quality.reasons, ["volume 8.18 times the median of 8 cases"]);
    let recorded = f.store.revision(&odd, 1).unwrap().provenance.quality;
    assert_eq!(recorded.unwrap().score, 0.8, "the revision stays as it was");
    assert_eq!(f.store.renew_scores("other", 8).unwrap(), []);

    for number in 0..20 {
        of_volume(&f.store, &format!("large {number}"), 88.0);
    }
    assert_eq!(f.store.renew_scores("p", 28).unwrap(), [], "too few more");
    assert!(f.store.renew_scores("p", 27).unwrap().contains(&odd));
    assert_eq!(score(), 0.8);
}

pub fn what_was_decided_keeps_its_score(f: &Fixture) {
    let odd = of_volume(&f.store, "odd", 90.0);
    f.store
        .decide(&odd, "ana", &decision(1, Verdict::Approve))
        .unwrap();
    for number in 0..8 {
        of_volume(&f.store, &format!("small {number}"), 10.0);
    }
    assert_eq!(f.store.renew_scores("p", 8).unwrap(), []);
    assert_eq!(f.store.case(&odd).unwrap().summary.score, Some(0.8));
}
