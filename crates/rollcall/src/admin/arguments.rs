//! From the body of a request to a command line.

use std::io::Write;
use std::sync::LazyLock;

use clap::{Arg, ArgAction, Command, CommandFactory};
use serde_json::{Map, Value};
use tempfile::TempDir;

use super::operations::Operation;
use super::problem::Problem;
use crate::cli::Cli;

/// How a command line names a file that it reads. The API takes the file's text instead: nobody is to read the server's
/// files through it.
const FILE: &str = "FILE";

/// Options by which the command line writes files: the API answers what they would hold.
const WRITTEN: [&str; 2] = ["out", "html"];

/// A command line, and the files it names.
pub struct CommandLine {
    /// Its words, the program's name first.
    pub words: Vec<String>,
    /// The name of the tenant that it is about.
    pub tenant: Option<String>,
    folder: Option<TempDir>,
}

impl CommandLine {
    /// A text without the folder in which the body's files lie, which is nobody's business.
    pub fn without_folder(&self, text: &str) -> String {
        match &self.folder {
            Some(folder) => text.replace(&format!("{}/", folder.path().display()), ""),
            None => text.to_owned(),
        }
    }
}

/// What the command line can be.
static COMMAND: LazyLock<Command> = LazyLock::new(Cli::command);

/// The command of an operation.
pub fn command(operation: &Operation) -> Option<&'static Command> {
    operation.verb.split(' ').try_fold(&*COMMAND, |command, word| command.find_subcommand(word))
}

/// The arguments that a body can have.
pub fn arguments(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|argument| {
        let name = argument.get_id().as_str();
        !argument.is_global_set() && !WRITTEN.contains(&name) && name != "help" && name != "version"
    })
}

/// Whether the text of a file is wanted.
pub fn is_file(argument: &Arg) -> bool {
    argument.get_value_names().is_some_and(|names| names.iter().any(|name| name.as_str() == FILE))
        || argument.get_id() == "file"
}

/// The command line of an operation with the arguments of a body. An empty body has none.
///
/// # Errors
/// 400 for a body that is no object, an unknown member, or a value of the wrong type.
pub fn command_line(operation: &Operation, body: &[u8]) -> Result<CommandLine, Problem> {
    let mut members: Map<String, Value> = if body.is_empty() {
        Map::new()
    } else {
        serde_json::from_slice(body).map_err(|error| Problem::bad_body(&error.to_string()))?
    };
    let command = command(operation).ok_or_else(Problem::unknown_operation)?;
    let tenant =
        operation.tenant.and_then(|name| members.get(name)).and_then(Value::as_str).map(str::to_owned);
    let mut line = CommandLine { words: vec!["rollcall".to_owned()], tenant, folder: None };
    line.words.extend(operation.verb.split(' ').map(str::to_owned));
    let mut positional = Vec::new();
    for argument in arguments(command) {
        let name = argument.get_id().as_str();
        let Some(value) = members.remove(name) else {
            // Else the next one would take its place.
            if argument.is_required_set() {
                return Err(Problem::bad_body(&format!("the argument {name} is missing")));
            }
            continue;
        };
        let values = line.values(argument, value)?;
        match argument.get_long() {
            None => positional.extend(values),
            Some(long) if matches!(argument.get_action(), ArgAction::SetTrue) => {
                line.words
                    .extend(values.iter().filter(|value| *value == "true").map(|_| format!("--{long}")));
            }
            // One word, so that no value is taken for another option.
            Some(long) => line.words.extend(values.iter().map(|value| format!("--{long}={value}"))),
        }
    }
    if let Some(unknown) = members.keys().next() {
        let known: Vec<_> = arguments(command).map(|argument| argument.get_id().to_string()).collect();
        return Err(Problem::bad_body(&format!(
            "there is no argument {unknown:?}; the arguments are: {}",
            known.join(", ")
        )));
    }
    line.words.push("--".to_owned());
    line.words.extend(positional);
    Ok(line)
}

impl CommandLine {
    /// The words of a value: one, or one for each element of a list.
    fn values(&mut self, argument: &Arg, value: Value) -> Result<Vec<String>, Problem> {
        let name = argument.get_id().as_str();
        let wrong =
            || Problem::bad_body(&format!("{name} must be a text, number or boolean, or a list of such"));
        let values = match value {
            Value::Null => Vec::new(),
            Value::Array(values) => values,
            single => vec![single],
        };
        let texts = values.into_iter().map(|value| match value {
            Value::String(text) => Ok(text),
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(boolean) => Ok(boolean.to_string()),
            // A definition may be sent as the JSON that it is.
            Value::Object(_) if is_file(argument) => Ok(value.to_string()),
            Value::Object(_) | Value::Array(_) | Value::Null => Err(wrong()),
        });
        let texts: Vec<String> = texts.collect::<Result<_, _>>()?;
        if is_file(argument) { texts.iter().map(|text| self.file(name, text)).collect() } else { Ok(texts) }
    }

    /// Writes a text into a file that ends with this command line.
    fn file(&mut self, name: &str, text: &str) -> Result<String, Problem> {
        let folder = match self.folder.take() {
            Some(folder) => folder,
            None => tempfile::tempdir().map_err(|_| Problem::internal())?,
        };
        let path = folder.path().join(name);
        self.folder = Some(folder);
        let written = std::fs::File::create_new(&path).and_then(|mut file| file.write_all(text.as_bytes()));
        written.map_err(|_| Problem::internal())?;
        path.into_os_string().into_string().map_err(|_| Problem::internal())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::admin::operations;

    fn words(verb: &str, body: &Value) -> Result<Vec<String>, Problem> {
        let line = command_line(operations::find(verb).unwrap(), body.to_string().as_bytes())?;
        Ok(line.words[1..].to_vec())
    }

    #[test]
    fn a_body_becomes_a_command_line() {
        for (verb, body, expected) in [
            ("tenant list", json!({}), "tenant list --"),
            (
                "tenant create",
                json!({ "name": "a", "application": "plain" }),
                "tenant create --application=plain -- a",
            ),
            (
                "tenant create",
                json!({ "name": "--help", "application": "--json" }),
                "tenant create --application=--json -- --help",
            ),
            ("tenant delete", json!({ "name": "a", "yes": true }), "tenant delete --yes -- a"),
            ("tenant delete", json!({ "name": "a", "yes": false }), "tenant delete -- a"),
            ("tenant set", json!({ "name": "a", "settings": ["x=1", "y=2"] }), "tenant set -- a x=1 y=2"),
        ] {
            assert_eq!(words(verb, &body).unwrap().join(" "), expected);
        }
    }

    #[test]
    fn what_is_no_argument_is_refused() {
        for body in [json!([]), json!({ "database": "x" }), json!({ "json": true }), json!({ "name": {} })] {
            assert!(words("tenant show", &body).is_err(), "{body}");
        }
        assert!(words("plan", &json!({ "job": "a", "out": "/etc/passwd" })).is_err(), "no file is written");
    }

    #[test]
    fn a_file_is_its_text_and_ends_with_the_request() {
        let operation = operations::find("job apply").unwrap();
        let line = command_line(operation, json!({ "file": "name = \"x\"" }).to_string().as_bytes()).unwrap();
        let path = line.words.last().unwrap().clone();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "name = \"x\"");
        assert_eq!(line.without_folder(&format!("{path}: line 1")), "file: line 1");
        drop(line);
        assert!(!std::path::Path::new(&path).exists());
    }
}
