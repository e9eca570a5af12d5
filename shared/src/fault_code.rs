//! The fault codes that programs act on.

use std::fmt;

/// A code on which the daemon or a client decides what to do next. All other codes are for people
/// and scripts; they stay with the errors that have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultCode {
    /// The case has another revision than the one that was looked at.
    OtherRevision,
    /// Another reviewer has decided on the revision.
    AlreadyDecided,
    /// There is no decision to take back.
    NothingDecided,
    /// The draft has another version than the one that was looked at.
    DraftMoved,
    /// There is no draft to change.
    NoDraft,
    /// Where the results of a case go lies something that its revisions did not write.
    OutputChanged,
    /// Where the results of a case go lie those of another case of the same store.
    OutputOtherCase,
    /// The watched folder of the scan is away.
    RootAway,
    /// Nothing answers at the socket.
    DaemonUnreachable,
    /// The connection broke before the answer came.
    ConnectionBroken,
}

impl FaultCode {
    /// The code as it stands in a fault.
    pub const fn as_str(self) -> &'static str {
        match self {
            FaultCode::OtherRevision => "other-revision",
            FaultCode::AlreadyDecided => "already-decided",
            FaultCode::NothingDecided => "nothing-decided",
            FaultCode::DraftMoved => "draft-moved",
            FaultCode::NoDraft => "no-draft",
            FaultCode::OutputChanged => "output-changed",
            FaultCode::OutputOtherCase => "output-other-case",
            FaultCode::RootAway => "root-away",
            FaultCode::DaemonUnreachable => "daemon-unreachable",
            FaultCode::ConnectionBroken => "connection-broken",
        }
    }
}

impl fmt::Display for FaultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<FaultCode> for String {
    fn from(code: FaultCode) -> Self {
        code.as_str().to_owned()
    }
}
