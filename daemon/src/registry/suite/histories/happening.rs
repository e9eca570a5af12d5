//! What can happen in a random history.

use super::*;

/// What can happen. Numbers choose among what there is.
#[derive(Debug, Clone)]
pub(super) enum Happening {
    Appears {
        name: u8,
        content: u8,
    },
    Moves {
        from: u8,
        to: u8,
    },
    Vanishes {
        name: u8,
    },
    Sidecar {
        name: u8,
        content: u8,
    },
    SidecarGoes {
        name: u8,
    },
    Walk,
    Claims {
        worker: u8,
        interactive: bool,
    },
    Finishes {
        worker: u8,
    },
    Fails {
        worker: u8,
        class: FaultClass,
    },
    /// A worker finds somebody's label map where the results go.
    Asks {
        worker: u8,
        content: u8,
    },
    /// The results of a case are to follow its scan; the daemon may die on the way.
    Follows {
        case: u8,
        dies: bool,
    },
    Dies {
        worker: u8,
    },
    Restart,
    TimePasses {
        seconds: u16,
    },
    Prompts {
        person: u8,
        case: u8,
        stale: bool,
    },
    Decides {
        person: u8,
        case: u8,
        verdict: Verdict,
        overrule: bool,
    },
    Undoes {
        person: u8,
        case: u8,
    },
    Notes {
        person: u8,
        case: u8,
    },
    Assigns {
        person: u8,
        case: u8,
        /// To whom; nobody otherwise.
        to: Option<u8>,
    },
    Retries {
        person: u8,
        case: u8,
        choice: Option<OutputChoice>,
        /// The content that the person saw, if they say so.
        seen: Option<u8>,
    },
}

/// Draws one of them.
pub(super) fn happening() -> impl Strategy<Value = Happening> {
    use Happening::*;
    let (name, content, worker, person, case) = (0u8..4, 0u8..3, 0u8..2, 0u8..2, 0u8..6);
    let class = prop::sample::select(vec![
        FaultClass::BadInput,
        FaultClass::Environment,
        FaultClass::Passing,
    ]);
    let choice = prop::sample::select(vec![
        None,
        Some(OutputChoice::Keep),
        Some(OutputChoice::Replace),
    ]);
    let verdict = prop::sample::select(vec![Verdict::Approve, Verdict::Reject, Verdict::Flag]);
    prop_oneof![
        3 => (name.clone(), content.clone()).prop_map(|(name, content)| Appears { name, content }),
        2 => (name.clone(), name.clone()).prop_map(|(from, to)| Moves { from, to }),
        1 => name.clone().prop_map(|name| Vanishes { name }),
        1 => (name.clone(), content.clone())
            .prop_map(|(name, content)| Sidecar { name, content }),
        1 => name.prop_map(|name| SidecarGoes { name }),
        4 => Just(Walk),
        4 => (worker.clone(), any::<bool>())
            .prop_map(|(worker, interactive)| Claims { worker, interactive }),
        4 => worker.clone().prop_map(|worker| Finishes { worker }),
        2 => (worker.clone(), class).prop_map(|(worker, class)| Fails { worker, class }),
        2 => (worker.clone(), content.clone())
            .prop_map(|(worker, content)| Asks { worker, content }),
        2 => (case.clone(), any::<bool>()).prop_map(|(case, dies)| Follows { case, dies }),
        1 => worker.prop_map(|worker| Dies { worker }),
        1 => Just(Restart),
        1 => (1u16..200).prop_map(|seconds| TimePasses { seconds }),
        2 => (person.clone(), case.clone(), any::<bool>())
            .prop_map(|(person, case, stale)| Prompts { person, case, stale }),
        2 => (person.clone(), case.clone(), verdict, any::<bool>()).prop_map(
            |(person, case, verdict, overrule)| Decides { person, case, verdict, overrule }
        ),
        1 => (person.clone(), case.clone()).prop_map(|(person, case)| Undoes { person, case }),
        1 => (person.clone(), case.clone()).prop_map(|(person, case)| Notes { person, case }),
        1 => (person.clone(), case.clone(), prop::option::of(0u8..2))
            .prop_map(|(person, case, to)| Assigns { person, case, to }),
        2 => (person, case, choice, prop::option::of(content)).prop_map(
            |(person, case, choice, seen)| Retries { person, case, choice, seen }
        ),
    ]
}
