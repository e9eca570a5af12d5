//! Cases as people name them: by id, by the name of the scan, or by the beginning of either.

use super::Error;
use super::error::Candidate;
use medicosam_shared::case::{CaseDetail, CaseId, CaseSummary};
use medicosam_shared::client::Client;
use medicosam_shared::scan_name::stem;
use tokio::sync::OnceCell;

/// Digits of a whole id.
const WHOLE_ID: usize = 12;

/// Finds cases by what people call them. The list is read once, and only if a name is no whole id.
pub struct Names<'c> {
    client: &'c Client,
    cases: OnceCell<Vec<CaseSummary>>,
}

impl<'c> Names<'c> {
    /// Names of the cases of a daemon; nothing is read yet.
    pub fn new(client: &'c Client) -> Self {
        Names {
            client,
            cases: OnceCell::new(),
        }
    }

    /// The case that is called `name`.
    pub async fn find(&self, name: &str) -> Result<CaseId, Error> {
        let id = CaseId(name.to_owned());
        if is_whole_id(name)
            && !self
                .client
                .some_cases(std::slice::from_ref(&id))
                .await?
                .cases
                .is_empty()
        {
            return Ok(id);
        }
        let read = async || Ok::<_, Error>(self.client.cases().await?.cases);
        let cases = self.cases.get_or_try_init(read).await?;
        match called(name, cases).as_slice() {
            // A case that is off the list can still be named by its id, or the daemon says that there
            // is none.
            [] => Ok(id),
            [case] => Ok(case.id.clone()),
            several => Err(Error::Ambiguous {
                name: name.to_owned(),
                candidates: several.iter().map(|case| Candidate::of(case)).collect(),
            }),
        }
    }
}

/// All about the case that is called `name`.
pub async fn detail(client: &Client, name: &str) -> Result<CaseDetail, Error> {
    let id = Names::new(client).find(name).await?;
    Ok(client.case(&id.0).await?)
}

fn is_whole_id(name: &str) -> bool {
    name.len() == WHOLE_ID && name.bytes().all(|c| c.is_ascii_hexdigit())
}

/// The cases that may be meant. A second reading has the name of its first case, and is called by its id.
/// Exact words come first: an id, a path, a name, or a name without its
/// ending. Only if there is none do beginnings count, of ids and of names alike, so that a short
/// text never means one case where it could mean two.
fn called<'a>(name: &str, cases: &'a [CaseSummary]) -> Vec<&'a CaseSummary> {
    let is_named = |case: &CaseSummary| case.reads.is_none();
    let tests: [&dyn Fn(&CaseSummary) -> bool; 4] = [
        &|case| case.id.0 == name,
        &|case| is_named(case) && (case.name == name || case.path == name),
        &|case| is_named(case) && stem(&case.name) == name,
        &|case| case.id.0.starts_with(name) || is_named(case) && case.name.starts_with(name),
    ];
    let found = |test: &dyn Fn(&CaseSummary) -> bool| -> Vec<&CaseSummary> {
        cases.iter().filter(|case| test(case)).collect()
    };
    let mut levels = tests.into_iter().map(found);
    levels.find(|found| !found.is_empty()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::summary;
    use medicosam_shared::case::CaseState;

    fn case(id: &str, name: &str) -> CaseSummary {
        CaseSummary {
            name: name.to_owned(),
            path: format!("/data/incoming/{name}"),
            ..summary(id, CaseState::Review, None)
        }
    }

    fn names(name: &str) -> Vec<String> {
        let cases = [
            case("030aaaaaaaaa", "sub-010.nii.gz"),
            case("3f2a11111111", "sub-011.nii.gz"),
            case("3f2b22222222", "030.nii.gz"),
            case("cafe33333333", "3f2.png"),
            case("cafe44444444", "sub-01.nii.gz"),
        ];
        let found = called(name, &cases);
        found.iter().map(|case| case.id.0[..4].to_owned()).collect()
    }

    #[test]
    fn a_case_is_called_by_id_path_name_or_stem() {
        for name in [
            "3f2a11111111",
            "/data/incoming/sub-011.nii.gz",
            "sub-011.nii.gz",
            "sub-011",
            "sub-011.n",
            "3f2a",
        ] {
            assert_eq!(names(name), ["3f2a"], "{name}");
        }
        assert!(names("sub-02").is_empty());
    }

    #[test]
    fn what_is_exact_comes_before_what_only_begins_so() {
        assert_eq!(names("sub-01"), ["cafe"], "also begins two other names");
        assert_eq!(names("030"), ["3f2b"], "also begins an id");
    }

    #[test]
    fn a_name_means_the_first_case_and_never_its_second_reading() {
        let first = case("3f2a11111111", "sub-011.nii.gz");
        let second = CaseSummary {
            reads: Some(first.id.clone()),
            ..case("77aa22222222", "sub-011.nii.gz")
        };
        let cases = [second, first];
        for (name, id) in [("sub-011", "3f2a11111111"), ("77a", "77aa22222222")] {
            let found = called(name, &cases);
            let ids: Vec<&str> = found.iter().map(|case| &*case.id.0).collect();
            assert_eq!(ids, [id], "{name}");
        }
    }

    #[test]
    fn what_may_mean_several_means_none_of_them() {
        assert_eq!(names("sub"), ["030a", "3f2a", "cafe"]);
        assert_eq!(names("3f"), ["3f2a", "3f2b", "cafe"], "ids and names alike");
    }
}
