//! Several people and a busy worker at the same store.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use medicosam_shared::api::{PromptRequest, PromptResponse};
use medicosam_shared::case::CaseState;
use medicosam_shared::client::ClientError;
use medicosam_shared::prompt::{Label, SliceBox, SlicePrompt};
use medicosam_tests::system::{SCAN, System, lung_profile};

#[test]
fn of_twenty_prompts_on_one_revision_one_wins_and_the_others_learn_whose() {
    let mut system = System::new(&lung_profile(10, 11));
    system.drop_scan(SCAN, "a.nii.gz");
    system.start();
    let case = system.until_state("a.nii.gz", CaseState::Review);
    let id = case.summary.id.clone();
    let prompt = |n: u32| SlicePrompt {
        label: Label::new(1).unwrap(),
        index: 10,
        bbox: Some(SliceBox {
            x0: 318 + n % 3,
            y0: 333,
            x1: 404,
            y1: 398,
        }),
        points: Vec::new(),
    };
    let answers = system.wait(async {
        let requests = (0..20).map(|n| {
            let (client, id) = (system.client(), id.clone());
            async move {
                let request = PromptRequest {
                    revision: 1,
                    prompts: vec![prompt(n)],
                    boxes: Vec::new(),
                    propagation: None,
                };
                client.prompt(&id, &request).await
            }
        });
        Ok::<_, ClientError>(futures_util::future::join_all(requests).await)
    });
    let won = answers
        .iter()
        .filter(|answer| matches!(answer, Ok(PromptResponse::Revised { revision: 2, .. })));
    assert_eq!(won.count(), 1, "{answers:#?}");
    let who = case_author(&system, &id.0);
    for refused in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        assert!(refused.is_conflict(), "{refused}");
        assert!(refused.to_string().contains(&who), "{refused} names {who}");
    }
    assert_eq!(answers.iter().filter(|answer| answer.is_err()).count(), 19);
    let after = system.wait(system.client().case(&id.0));
    assert_eq!(after.summary.revision, Some(2));
}

fn case_author(system: &System, id: &str) -> String {
    let case = system.wait(system.client().case(id));
    case.current().unwrap().provenance.author.clone()
}
