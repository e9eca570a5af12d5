//! Why an installed model cannot be used; the names that models can have.

use std::io;
use std::path::PathBuf;

/// Why an installed model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The name cannot be a model's.
    #[error(
        "{name:?} cannot be the name of a model: use lower-case letters, digits, '.', '_' and '-', \
         and start with a letter or digit"
    )]
    BadName {
        /// The name.
        name: String,
    },
    /// There is no such model.
    #[error(
        "the model {name} is not installed in {}; `medicosamd model list` shows the installed ones, \
         `medicosamd setup` installs the default one", models.display()
    )]
    NotInstalled {
        /// Its name.
        name: String,
        /// The folder of models.
        models: PathBuf,
    },
    /// Its files are not as they were installed.
    #[error(
        "the model in {} is damaged: {what}; install it again with `medicosamd model import`",
        folder.display()
    )]
    Damaged {
        /// Its folder.
        folder: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// It was converted by another version of this program.
    #[error(
        "the model in {} was made by another version of medicosam; install it again with \
         `medicosamd model import`", folder.display()
    )]
    Outdated {
        /// Its folder.
        folder: PathBuf,
    },
    /// A folder or file cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl OpenError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            OpenError::BadName { .. } => "model-bad-name",
            OpenError::NotInstalled { .. } => "model-not-installed",
            OpenError::Damaged { .. } => "model-damaged",
            OpenError::Outdated { .. } => "model-outdated",
            OpenError::Io { .. } => "model-unreadable",
        }
    }
}

/// Whether a model can have this name: it becomes a folder, and must not lead elsewhere, nor hide.
pub fn check_name(name: &str) -> Result<(), OpenError> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let fits = name.starts_with(plain)
        && name.len() <= 64
        && name
            .chars()
            .all(|c| plain(c) || matches!(c, '.' | '_' | '-'));
    if fits {
        Ok(())
    } else {
        Err(OpenError::BadName {
            name: name.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in ["", ".", "..", "a/b", "../a", ".hidden", "Ä", "UPPER", "a b"] {
            let error = check_name(name).unwrap_err();
            assert_eq!(error.code(), "model-bad-name", "{name:?}");
        }
        assert!(check_name("vit_b-medico.sam2").is_ok());
    }
}
