//! Reference masks.

use super::*;
use medicosam_shared::mask::Rle;
use medicosam_shared::reference::Reference;

fn reference(name: &str, by: &str) -> Reference {
    Reference {
        name: name.into(),
        path: "/data/expert.nii.gz".into(),
        sha256: "abc".into(),
        labels: vec![Label::new(1).unwrap()],
        by: by.into(),
        at: Timestamp::UNIX_EPOCH,
    }
}

fn masks(pixels: u64) -> MaskSet {
    let mut masks = MaskSet::empty(DIMS, Axis::K);
    let runs = Rle::from_runs([(0, pixels)]);
    masks.set_runs(Label::new(1).unwrap(), "thing", 1, runs);
    masks
}

pub fn reference_masks_are_kept_replaced_and_removed(f: &Fixture) {
    let id = reviewed(&f.store);
    let frame = f.store.reference_frame(&id).unwrap();
    assert_eq!((frame.scan, frame.axis), (info(), Axis::K));
    assert_eq!(frame.objects.len(), 1);
    for (name, pixels) in [("b", 3), ("a", 2), ("b", 5)] {
        let reference = reference(name, "ana");
        let kept = f
            .store
            .put_reference(&id, (&reference, &masks(pixels)), None);
        assert_eq!(kept.unwrap(), None, "no work");
    }
    for store in f.opened_again().iter().chain([&f.store]) {
        let names: Vec<String> = store
            .case(&id)
            .unwrap()
            .references
            .into_iter()
            .map(|reference| reference.name)
            .collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(store.reference(&id, "b").unwrap().1, masks(5));
    }
    f.store.remove_reference(&id, "ben", "b").unwrap();
    let error = f.store.remove_reference(&id, "ben", "b").unwrap_err();
    assert_eq!(error.code(), "no-such-reference");
    let history = f.store.case(&id).unwrap().history;
    let noted: Vec<&str> = history.iter().rev().take(2).map(|e| &*e.detail).collect();
    assert!(noted[0].contains("removed") && noted[1].contains("SHA-256 abc"));
    assert_eq!(f.store.case(&id).unwrap().summary.revision, Some(1));
}

pub fn masks_are_put_up_as_they_are_once_and_not_over_a_decision(f: &Fixture) {
    let id = reviewed(&f.store);
    let expert = reference("expert", "ana");
    let put_up = |revision| {
        f.store
            .put_reference(&id, (&expert, &masks(4)), Some(revision))
    };
    assert_eq!(put_up(7).unwrap_err().code(), "other-revision");
    assert_eq!(
        f.store.case(&id).unwrap().references,
        [],
        "nothing has changed"
    );
    put_up(1).unwrap();
    assert_eq!(put_up(1).unwrap_err().code(), "being-corrected");
    let work = claim(&f.store);
    assert_eq!((&*work.author, work.revision), ("ana", Some(1)));
    assert!(matches!(&work.task, Task::PutUp { reference, .. } if reference == "expert"));
    f.store.finish(&work.lease, &result("ana", 0.9)).unwrap();
    assert_eq!(state(&f.store, &id), CaseState::Review);
    f.store
        .decide(&id, "ben", &decision(2, Verdict::Approve))
        .unwrap();
    assert_eq!(put_up(2).unwrap_err().code(), "wrong-state");
}
