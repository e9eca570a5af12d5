//! Why a piece of work stopped, and whose fault it is.

use crate::case::{FaultClass, Refusal};
use crate::model::{OpenError, RuntimeError, SamError};
use crate::output::{OutputError, OutputProblem};
use crate::prompts::PromptsError;
use crate::registry::RegistryError;
use crate::scan::{self, ScanError};
use crate::segment::OverlapError;
use crate::segment::correction::CorrectionError;
use medicosam_shared::case::{Fault, FoundResult};
use medicosam_shared::draft::{NOTHING_TO_CORRECT, NOTHING_TO_CORRECT_HINT};

/// Why work stopped.
#[derive(Debug)]
pub enum Failure {
    /// Something is wrong with the scan, the prompt, the model or the machine.
    Fault(Fault, FaultClass),
    /// Another result lies where that of the case goes; a person has to choose.
    Asks(Fault, Box<FoundResult>),
    /// The lease is lost: the work done so far is void, and there is nothing to report.
    LeaseLost,
    /// The store failed, so the fault cannot be filed.
    Store(RegistryError),
    /// The slice is not embedded, and this thread has no encoder.
    NeedsEncoder,
}

impl Failure {
    /// A failure from its parts.
    pub fn new(code: &str, message: impl ToString, hint: &str, class: FaultClass) -> Self {
        let fault = Fault {
            code: code.to_owned(),
            message: message.to_string(),
            hint: hint.to_owned(),
        };
        Failure::Fault(fault, class)
    }
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::Refused(Refusal::LeaseLost(_)) => Failure::LeaseLost,
            RegistryError::Refused(refusal) => Failure::new(
                refusal.code(),
                &refusal,
                refusal.hint(),
                FaultClass::BadInput,
            ),
            RegistryError::Fault(_) => Failure::Store(error),
        }
    }
}

impl From<scan::Class> for FaultClass {
    fn from(class: scan::Class) -> Self {
        match class {
            scan::Class::BadInput => FaultClass::BadInput,
            // It is found again at its new place, or leaves the list if it was deleted.
            scan::Class::Environment | scan::Class::Missing => FaultClass::Environment,
            // The watcher sees the change too, and makes a new case of it.
            scan::Class::Changed => FaultClass::Passing,
        }
    }
}

impl From<ScanError> for Failure {
    fn from(error: ScanError) -> Self {
        Failure::new(error.code(), &error, error.hint(), error.class().into())
    }
}

impl From<PromptsError> for Failure {
    fn from(error: PromptsError) -> Self {
        Failure::new(error.code(), &error, error.hint(), error.class().into())
    }
}

impl From<RuntimeError> for Failure {
    fn from(error: RuntimeError) -> Self {
        let hint =
            "Run `medicosamd setup`, or name a library under [runtime] in the configuration.";
        Failure::new(error.code(), &error, hint, FaultClass::Environment)
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        let hint = "Run `medicosamd setup`; `medicosamd model list` shows the models.";
        Failure::new(error.code(), &error, hint, FaultClass::Environment)
    }
}

impl From<SamError> for Failure {
    fn from(error: SamError) -> Self {
        let (class, hint) = match &error {
            SamError::Prompt(_) => (FaultClass::BadInput, "Correct the prompt."),
            SamError::Device(error) => (FaultClass::Environment, error.hint()),
            SamError::Load { .. } => (
                FaultClass::Environment,
                "Install the model again: `medicosamd setup --verify`.",
            ),
            SamError::Run { .. }
            | SamError::BadResult { .. }
            | SamError::OtherModel { .. }
            | SamError::NotShown => (
                FaultClass::Passing,
                "It is tried again by itself; the daemon's log has more.",
            ),
        };
        Failure::new(error.code(), &error, hint, class)
    }
}

impl From<CorrectionError> for Failure {
    fn from(error: CorrectionError) -> Self {
        match error {
            CorrectionError::Model(error) => error.into(),
            CorrectionError::NothingToCorrect => Failure::new(
                NOTHING_TO_CORRECT,
                &error,
                NOTHING_TO_CORRECT_HINT,
                FaultClass::BadInput,
            ),
        }
    }
}

impl From<OutputError> for Failure {
    fn from(error: OutputError) -> Self {
        let fault = Fault {
            code: error.code().to_owned(),
            message: error.to_string(),
            hint: error.hint().to_owned(),
        };
        match error.problem {
            OutputProblem::Changed(changed) => Failure::Asks(fault, Box::new(changed.found)),
            OutputProblem::Io(_)
            | OutputProblem::NotOurs
            | OutputProblem::OtherDims { .. }
            | OutputProblem::Mask(_)
            | OutputProblem::Json(_) => {
                let class = error.class();
                Failure::Fault(fault, class)
            }
        }
    }
}

impl From<OverlapError> for Failure {
    fn from(error: OverlapError) -> Self {
        let (code, hint) = match &error {
            OverlapError::Refused { .. } => (
                "objects-overlap",
                "Change the prompts, or let one of them have it: overlap = \"keep\" or \"overwrite\" under [profile.masks].",
            ),
            OverlapError::Damaged(_) => (
                "mask-damaged",
                "It is a mistake of this program; the daemon's log has more.",
            ),
        };
        Failure::new(code, &error, hint, FaultClass::BadInput)
    }
}
