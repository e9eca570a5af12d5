//! Which case comes next, and whether any scan is begun.

use super::*;

/// Three scans that wait, as they came.
fn three(f: &Fixture) -> [CaseId; 3] {
    ["a", "b", "c"].map(|name| {
        let scan = file(&format!("/in/{name}.nii"), name);
        f.store.found(&scan).unwrap()
    })
}

pub fn a_case_that_is_put_first_is_the_next_and_the_last_one_before_all(f: &Fixture) {
    let [a, b, c] = three(f);
    f.store.hurry(&b, "ana").unwrap();
    f.clock.pass(Duration::from_secs(1));
    f.store.hurry(&c, "ana").unwrap();
    let order = [(); 3].map(|()| claim(&f.store).lease.case);
    assert_eq!(order, [c.clone(), b, a.clone()]);
    let history = f.store.case(&c).unwrap().history;
    assert!(
        history
            .iter()
            .any(|event| event.action == Action::Hurried && event.who == "ana")
    );
    let refused = f.store.hurry(&a, "ana").unwrap_err();
    assert_eq!(refused.code(), "wrong-state", "it does not wait");
}

pub fn a_case_that_waits_for_its_surroundings_need_not_wait_any_longer(f: &Fixture) {
    let [a, ..] = three(f);
    let lease = claim(&f.store).lease;
    f.store
        .fail(&lease, &fault(), FaultClass::Environment)
        .unwrap();
    f.store.hurry(&a, "ana").unwrap();
    assert_eq!(claim(&f.store).lease.case, a);
}

pub fn a_case_that_asks_a_person_is_not_hurried(f: &Fixture) {
    let [a, ..] = three(f);
    let lease = claim(&f.store).lease;
    f.store.fail(&lease, &fault(), FaultClass::Asks).unwrap();
    assert!(f.store.hurry(&a, "ana").is_err());
}

pub fn while_the_intake_is_paused_no_scan_is_begun_and_people_are_answered(f: &Fixture) {
    let reviewed = reviewed(&f.store);
    let b = f.store.found(&file("/in/b.nii", "b")).unwrap();
    let paused = f.store.pause_intake(true, "ana").unwrap().paused.unwrap();
    assert_eq!(paused.who, "ana");
    let again = f.store.pause_intake(true, "ben").unwrap();
    assert_eq!(again.paused, Some(paused.clone()), "it is ana's still");
    assert_eq!(f.store.claim(&worker(1), Lane::Any).unwrap(), None);
    assert!(!f.store.has_due_work().unwrap());
    assert_eq!(f.store.upcoming().unwrap(), None);
    f.store.hurry(&b, "ana").unwrap();
    assert!(!f.store.has_due_work().unwrap());

    f.store
        .request_prompt(&reviewed, "ana", &prompt(1))
        .unwrap();
    assert_eq!(claim(&f.store).lease.case, reviewed);

    let kept = f.opened_again();
    let store = kept.as_ref().unwrap_or(&f.store);
    assert_eq!(store.intake_pause().unwrap(), Some(paused));
    assert_eq!(store.pause_intake(false, "ben").unwrap().paused, None);
    assert_eq!(claim(store).lease.case, b);
    let events = store.events(0, 100).unwrap();
    let said: Vec<_> = events
        .iter()
        .filter(|event| event.case.is_none())
        .map(|event| (event.action, event.who.as_str()))
        .collect();
    assert_eq!(said, [(Action::Halted, "ana"), (Action::Resumed, "ben")]);
}
