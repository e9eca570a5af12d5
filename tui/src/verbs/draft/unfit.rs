//! Arguments that do not fit together.

use crate::verbs::Error;
use medicosam_shared::case::Fault;

/// What is given does not say what to do.
pub fn unfit(message: String) -> Error {
    Error::WorkFailed {
        fault: Fault {
            code: "draft-unfit".to_owned(),
            message,
            hint: "`medicosam draft --help` has examples.".to_owned(),
        },
    }
}
