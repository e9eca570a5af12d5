//! What a file is to a scan, by its name alone, and which files of a folder belong together.

use super::error::{Problem, ScanError};
use super::format::{Format, Missing};
use super::formats;
use super::source::Source;
use std::path::{Path, PathBuf};

/// What a file is.
#[derive(Debug, Clone, PartialEq)]
pub enum Role {
    /// A whole scan.
    Scan,
    /// A whole scan where pictures are taken for scans.
    Picture,
    /// One of several files.
    Member(Group),
}

/// The files that make one scan, or several, only together.
#[derive(Debug, Clone)]
pub struct Group {
    format: &'static dyn Format,
    id: PathBuf,
}

impl PartialEq for Group {
    fn eq(&self, other: &Self) -> bool {
        (self.format.name(), &self.id) == (other.format.name(), &other.id)
    }
}

impl Group {
    /// A path that all its files have in common, and no file of another group. It need not exist.
    pub fn id(&self) -> &Path {
        &self.id
    }

    /// The scans that all of its files make, which are `files`, in any order; the file that is
    /// missing if they are not complete. A pure rule: it looks at no file.
    pub fn sources(&self, files: &[PathBuf]) -> Result<Vec<Source>, Missing> {
        let scans = self.format.scans(files)?.into_iter();
        let named = scans.filter_map(|files| Some(Source::group(files.first()?.clone(), files)));
        Ok(named.collect())
    }

    /// The paths that its scans can go by.
    pub fn places(&self) -> Vec<PathBuf> {
        let endings = self.format.endings().iter();
        let of = |ending| {
            let mut path = self.id.clone().into_os_string();
            path.push(ending);
            path.into()
        };
        endings.map(of).collect()
    }
}

/// What a file of this name is; `None` if it is no file of a scan. Its contents are another matter.
pub fn role(path: &Path) -> Option<Role> {
    let format = formats::of(path)?;
    Some(match format.group_of(path) {
        Some(id) => Role::Member(Group { format, id }),
        None if format.is_picture() => Role::Picture,
        None => Role::Scan,
    })
}

impl Source {
    /// The scan that a file belongs to; looks for the other files beside it.
    pub fn find(path: &Path) -> Result<Source, ScanError> {
        let Some(Role::Member(group)) = role(path) else {
            return Ok(Source::file(path));
        };
        let failed = |problem| ScanError::new("looking for the files of", path, problem);
        path.symlink_metadata()
            .map_err(|error| failed(Problem::from_io(error)))?;
        let folder = path.parent().filter(|folder| *folder != Path::new(""));
        let entries = folder.unwrap_or(Path::new(".")).read_dir();
        let entries = entries.map_err(|error| failed(Problem::from_io(error)))?;
        let files: Vec<PathBuf> = entries
            .filter_map(Result::ok)
            .map(|entry| path.with_file_name(entry.file_name()))
            .filter(|path| role(path) == Some(Role::Member(group.clone())))
            .collect();
        let sources = group.sources(&files);
        let sources =
            sources.map_err(|Missing(missing)| failed(Problem::Incomplete { missing }))?;
        let of_file = |source: &Source| source.members().iter().any(|member| member == path);
        let found = sources.into_iter().find(of_file);
        // Another file of the folder has taken its part.
        found.ok_or_else(|| failed(Problem::PassedOver))
    }
}
