//! Reference masks beside those of a case.

use super::*;
use medicosam_shared::reference::Reference;

fn reference(name: &str) -> Reference {
    Reference {
        name: name.to_owned(),
        path: format!("/data/{name}.nii.gz"),
        sha256: format!("hash of {name}"),
        labels: Vec::new(),
        by: "ana".to_owned(),
        at: jiff::Timestamp::UNIX_EPOCH,
    }
}

/// The hash of the reference that the picture has, if it has one.
fn drawn(model: &Model) -> Option<String> {
    match model.subject() {
        Subject::Slice(subject) => subject.reference.map(|(sha256, _)| sha256),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_key_draws_one_reference_after_another_and_none_again() {
    let mut model = with_review(&["one"]);
    press(&mut model, "enter");
    press(&mut model, "O");
    let notice = model.notice.as_ref().unwrap();
    assert!(
        notice.text.contains("medicosam reference"),
        "{}",
        notice.text
    );

    let detail = model.review_mut().unwrap().detail.as_mut().unwrap();
    detail.references = vec![reference("atlas"), reference("expert")];
    for name in ["atlas", "expert"] {
        press(&mut model, "O");
        assert_eq!(drawn(&model), Some(format!("hash of {name}")));
    }
    press(&mut model, "space");
    assert_eq!(drawn(&model), None, "hidden like the masks");
    press(&mut model, "space O");
    assert_eq!(drawn(&model), None);

    // What came once is not read again.
    let effects = press(&mut model, "O");
    assert_eq!(effects, []);
    assert_eq!(drawn(&model).as_deref(), Some("hash of atlas"));
    let detail = model.review_mut().unwrap().detail.as_mut().unwrap();
    detail.references.clear();
    assert_eq!(drawn(&model), None, "it was removed");
}
