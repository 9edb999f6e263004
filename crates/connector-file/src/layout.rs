//! Which files make up the directory.

use crate::limits::{MAX_FILE_BYTES, MAX_GROUP_LINE_BYTES, MAX_LINE_BYTES};
use connector::Error;
use std::fs::File;
use std::path::{Path, PathBuf};

const CHECK_PATH: &str = "check `path` in the job's [source], and that this process may read it";

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    Users,
    Groups,
    Assignments,
}

impl Table {
    pub(crate) fn stem(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Groups => "groups",
            Self::Assignments => "assignments",
        }
    }

    pub(crate) fn max_line_bytes(self) -> usize {
        match self {
            Self::Groups => MAX_GROUP_LINE_BYTES,
            Self::Users | Self::Assignments => MAX_LINE_BYTES,
        }
    }
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    JsonLines,
    Csv,
}

impl Format {
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::JsonLines => "jsonl",
            Self::Csv => "csv",
        }
    }
}

/// One file of the directory.
#[derive(Debug, Clone)]
pub(crate) struct Location {
    pub(crate) table: Table,
    pub(crate) format: Format,
    path: PathBuf,
}

impl Location {
    /// The file as errors name it.
    pub(crate) fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// Opens the file for reading.
    pub(crate) fn open(&self) -> Result<File, Error> {
        let unreadable = |error| Error::source(self.name(), "cannot be opened", CHECK_PATH).caused_by(error);
        let file = File::open(&self.path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        if !metadata.is_file() {
            return Err(Error::source(self.name(), "is not a file", CHECK_PATH));
        }
        if metadata.len() > MAX_FILE_BYTES {
            let detail = format!("holds {} bytes, and at most {MAX_FILE_BYTES} are read", metadata.len());
            return Err(Error::source(
                self.name(),
                detail,
                "read so large a directory through its own connector",
            ));
        }
        Ok(file)
    }
}

/// The files of a directory.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) users: Location,
    pub(crate) groups: Option<Location>,
    pub(crate) assignments: Option<Location>,
}

impl Layout {
    /// Looks which files there are: in a folder by their names, else one file of users by its extension.
    pub(crate) fn discover(path: &Path) -> Result<Self, Error> {
        if !path.is_dir() {
            return Ok(Self { users: single_file(path)?, groups: None, assignments: None });
        }
        let users = in_folder(path, Table::Users)?.ok_or_else(|| {
            let place = path.join("users.jsonl").display().to_string();
            Error::source(place, "does not exist, nor does users.csv beside it", CHECK_PATH)
        })?;
        let groups = in_folder(path, Table::Groups)?;
        let assignments = in_folder(path, Table::Assignments)?;
        Ok(Self { users, groups, assignments })
    }
}

fn single_file(path: &Path) -> Result<Location, Error> {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let format = [Format::JsonLines, Format::Csv]
        .into_iter()
        .find(|format| extension.eq_ignore_ascii_case(format.extension()))
        .ok_or_else(|| {
            Error::source(
                path.display().to_string(),
                "is neither a folder nor a .jsonl or .csv file",
                CHECK_PATH,
            )
        })?;
    Ok(Location { table: Table::Users, format, path: path.to_owned() })
}

fn in_folder(folder: &Path, table: Table) -> Result<Option<Location>, Error> {
    let locate = |format: Format| {
        let path = folder.join(format!("{}.{}", table.stem(), format.extension()));
        path.exists().then_some(Location { table, format, path })
    };
    match (locate(Format::JsonLines), locate(Format::Csv)) {
        (Some(lines), Some(csv)) => Err(Error::source(
            lines.name(),
            format!("exists, and {} too", csv.name()),
            "keep one of the two files; which of them is true cannot be told",
        )),
        (lines, csv) => Ok(lines.or(csv)),
    }
}
