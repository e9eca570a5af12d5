use super::*;
use crate::app::fixture::{noon, summary};
use proptest::prelude::*;

fn case(name: &str) -> CaseSummary {
    CaseSummary {
        name: name.to_owned(),
        reason: Some("leaks into the vessel".to_owned()),
        reviewer: Some("Ana".to_owned()),
        ..summary("3f2a", CaseState::Rejected, Some(0.71))
    }
}

fn fits(filter: &str) -> bool {
    let filter: Filter = filter.parse().unwrap();
    filter.matches(&case("sub-015_T1w.nii.gz"), noon())
}

fn error(filter: &str) -> String {
    filter.parse::<Filter>().unwrap_err().to_string()
}

#[test]
fn fields_are_compared_as_they_are_shown() {
    for filter in [
        "",
        "state:rejected",
        "state:rev,rej",
        "STATE:Rejected",
        "profile:lung",
        "by:ana",
        "reviewer:an",
        "name:t1W",
        "reason:vessel",
        "reason:\"the vessel\"",
        "id:3f",
        "score<0.8",
        "score<=0.71 score>=0.7",
        "score=0.71",
        "score:0.71",
        "ml>20 volume<24",
        "age>2m age<1h",
        "rev:1",
        "!state:review",
        "!score>0.8",
        "state:rej score<0.8 profile:lung",
    ] {
        assert!(fits(filter), "{filter}");
    }
    for filter in [
        "state:review",
        "!state:rejected",
        "by:ben",
        "reason:\"vessel the\"",
        "id:f2",
        "score<0.7",
        "score:none",
        "ml>24",
        "age>1d",
        "revision>1",
        "fault:gzip",
        "state:rej score>0.8",
    ] {
        assert!(!fits(filter), "{filter}");
    }
}

#[test]
fn cases_are_somebodys_or_nobodys() {
    let mine = CaseSummary {
        assigned: Some("Ana".to_owned()),
        yours: true,
        ..case("a.nii")
    };
    let of = |filter: &str, case: &CaseSummary| {
        let filter: Filter = filter.parse().unwrap();
        let again: Filter = filter.to_string().parse().unwrap();
        assert_eq!(filter, again);
        filter.matches(case, noon())
    };
    for filter in [
        "assigned:me",
        "assigned:ana",
        "assigned:ben,me",
        "!assigned:nobody",
    ] {
        assert!(of(filter, &mine), "{filter}");
        assert!(!of(filter, &case("a.nii")), "{filter}");
    }
    assert!(of("assigned:nobody", &case("a.nii")));
    assert!(!of("assigned:ben", &mine));
}

#[test]
fn second_readings_are_told_from_first_ones() {
    let second = CaseSummary {
        reads: Some(medicosam_shared::case::CaseId("3f2a".to_owned())),
        ..case("a.nii")
    };
    for (filter, first) in [("reading:first", true), ("reading:sec", false)] {
        let filter: Filter = filter.parse().unwrap();
        assert_eq!(filter.to_string().parse::<Filter>().unwrap(), filter);
        assert_eq!(filter.matches(&case("a.nii"), noon()), first);
        assert_eq!(filter.matches(&second, noon()), !first);
    }
    assert!(error("reading:third").contains("first and second"));
}

#[test]
fn what_is_not_known_is_not_small() {
    let unscored = summary("x", CaseState::Review, None);
    let matches = |filter: &str| {
        let filter: Filter = filter.parse().unwrap();
        filter.matches(&unscored, noon())
    };
    assert!(!matches("score<0.8"));
    assert!(matches("score:none"));
    assert!(matches("!score<0.8"));
}

#[test]
fn mistakes_say_what_there_is() {
    assert!(error("sate:review").contains("state, profile"));
    assert!(error("state:done").contains("approved"));
    assert!(error("state:").contains("needs a value"));
    assert!(error("state:,").contains("needs a value"));
    assert!(error("score<high").contains("no number"));
    assert!(error("score<nan").contains("no number"));
    assert!(error("age<2").contains("2h"));
    assert!(error("by<ana").contains("by:VALUE"));
}

#[test]
fn what_is_not_finished_does_not_hide_everything() {
    for text in ["state:rej score<", "state:rej scor:", "state:rej age>2"] {
        let (filter, problem) = Filter::unfinished(text);
        assert!(problem.is_some(), "{text}");
        assert!(filter.matches(&case("x"), noon()), "{text}");
        assert!(!filter.is_empty(), "{text}");
    }
}

/// Names in the order in which a word finds them.
fn found<'a>(names: &[&'a str], word: &str) -> Vec<&'a str> {
    let filter: Filter = word.parse().unwrap();
    let mut found: Vec<(u32, &str)> = names
        .iter()
        .filter_map(|&name| {
            let case = case(name);
            Some((filter.rank(&case, &Haystack::of(&case), noon())?, name))
        })
        .collect();
    found.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
    found.into_iter().map(|(_, name)| name).collect()
}

#[test]
fn the_word_itself_comes_before_its_letters() {
    let names = [
        "l_i_v_e_r.nii",
        "oliver.nii",
        "ct_liver.nii",
        "liver_2.nii",
        "lxixvxexr.nii",
        "spleen.nii",
    ];
    assert_eq!(
        found(&names, "liver"),
        [
            "liver_2.nii",
            "ct_liver.nii",
            "oliver.nii",
            "l_i_v_e_r.nii",
            "lxixvxexr.nii",
        ]
    );
    assert_eq!(
        found(&["s_x_x_1_5", "sub-015", "sub-15"], "s15"),
        ["sub-15", "sub-015", "s_x_x_1_5"]
    );
}

#[test]
fn words_are_found_in_other_fields_too() {
    assert!(fits("ana"), "reviewer");
    assert!(fits("lung rejected 3f2a"), "profile, state, id");
    assert!(fits("!spleen"));
    assert!(!fits("ana spleen"));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_and_reads_the_same_again(text in ".{0,60}") {
        let (filter, _) = Filter::unfinished(&text);
        let again: Filter = filter.to_string().parse().unwrap();
        prop_assert_eq!(&again, &filter, "{}", filter.to_string());
        filter.matches(&case("sub-015_T1w.nii.gz"), noon());
    }

    #[test]
    fn terms_are_read_and_read_the_same_again(
        text in "(!?(state:(rev|fl|a)|by:[a-c,]{1,3}|(score|ml|rev)(<|<=|>|>=|=|:)[0-9.]{1,4}|age[<>][0-9]{1,3}[smhdw]|\"[a-z :<]{1,5}\"|[a-z!]{1,4}) ?){0,5}"
    ) {
        let (filter, _) = Filter::unfinished(&text);
        let again: Filter = filter.to_string().parse().unwrap();
        prop_assert_eq!(&again, &filter, "{}", filter.to_string());
    }

    #[test]
    fn a_term_and_its_opposite_divide_all_cases(
        term in "(state:review|score[<>]0\\.[0-9]|by:a|ml>2[0-9]|[a-z]{1,3})",
        score in prop::option::of(0.0f32..1.0),
    ) {
        let case = summary("x", CaseState::Review, score);
        let plain: Filter = term.parse().unwrap();
        let not: Filter = format!("!{term}").parse().unwrap();
        prop_assert_ne!(plain.matches(&case, noon()), not.matches(&case, noon()));
    }

    #[test]
    fn letters_that_are_all_there_in_order_are_found(name in "[a-z0-9_é-]{1,20}", keep in prop::collection::vec(any::<bool>(), 20)) {
        let word: String = name.chars().zip(keep).filter_map(|(c, keep)| keep.then_some(c)).collect();
        prop_assert_eq!(fuzzy::quality(&name, &word).is_some(), true);
    }
}

#[test]
fn what_was_put_away_is_shown_only_if_it_is_asked_for() {
    let mut away = summary("away", CaseState::Failed, None);
    away.dismissed = true;
    let failed = summary("failed", CaseState::Failed, None);
    let fits = |filter: &str, case: &CaseSummary| {
        let filter: Filter = filter.parse().unwrap();
        filter.matches(case, noon())
    };
    for filter in [
        "",
        "state:failed",
        "away",
        "!state:review",
        "!state:dismissed",
    ] {
        assert!(!fits(filter, &away), "{filter}");
    }
    for filter in ["state:dismissed", "state:dis", "state:failed,dismissed"] {
        assert!(fits(filter, &away), "{filter}");
    }
    assert!(fits("state:failed", &failed) && !fits("state:dismissed", &failed));
}
