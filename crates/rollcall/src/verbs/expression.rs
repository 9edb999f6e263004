//! `rollcall expression`

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result};
use jiff::Timestamp;
use mapping::{Environment, Expression, ParseError, REDACTED, Seed, Signature, Trace, signatures};
use provisioning::person::Person;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::cli;
use crate::entropy;
use crate::failure::refusal;
use crate::installation::Installation;
use crate::output::{Answer, Output, plain, table, write_table};

/// The largest file with an object, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// Evaluates an expression on a user of a job, or as [`without_job`].
///
/// # Errors
/// When the expression can't be read or evaluated, or who is meant is unknown.
pub async fn run(on: &Installation, arguments: &cli::mapping::Expression, output: &Output) -> Result<()> {
    let (Some(job), Some(user)) = (&arguments.job, &arguments.on) else {
        return without_job(arguments, output);
    };
    let expression = parse(arguments)?;
    let (instance, ends) = on.connected(job).await?;
    let person = Person::find(&on.engine(), &instance, &ends, user).await?;
    output.answer(&evaluated(&expression, person.subject.attributes(), on.now())?)
}

/// Evaluates an expression on the object in a file, or on one without attributes; or lists the functions.
///
/// # Errors
/// When the file or the expression can't be read, or the expression not be evaluated.
pub fn without_job(arguments: &cli::mapping::Expression, output: &Output) -> Result<()> {
    if arguments.functions {
        return output.answer(&Functions { functions: signatures() });
    }
    let expression = parse(arguments)?;
    let object = arguments.object.as_deref().map_or_else(|| Ok(Map::new()), object)?;
    output.answer(&evaluated(&expression, &object, Timestamp::now())?)
}

fn parse(arguments: &cli::mapping::Expression) -> Result<Expression> {
    let text = arguments.expression.as_deref().unwrap_or_default();
    Expression::parse(text).map_err(|error| unreadable(text, &error))
}

fn unreadable(text: &str, error: &ParseError) -> anyhow::Error {
    let shown = error.shown_in(text);
    let hint =
        error.hint.clone().unwrap_or_else(|| "docs/mapping.md tells how expressions are written".to_owned());
    refusal(format!("the expression can't be read\n{shown}"), hint)
}

fn object(path: &Path) -> Result<Map<String, Value>> {
    let unreadable = || format!("the object {} can't be read", path.display());
    if fs::metadata(path).with_context(unreadable)?.len() > MAX_BYTES {
        return Err(refusal(
            format!("{} has more than {MAX_BYTES} bytes", path.display()),
            "give one object",
        ));
    }
    let text = fs::read_to_string(path).with_context(unreadable)?;
    serde_json::from_str(&text).map_err(|error| {
        let hint = "write one JSON object, for example {\"mail\": \"adele@contoso.com\"}";
        refusal(format!("{}: {error}", path.display()), hint)
    })
}

fn evaluated(expression: &Expression, object: &Map<String, Value>, now: Timestamp) -> Result<Evaluated> {
    let environment = Environment { now, seed: Seed::new(entropy::bytes()?) };
    let evaluation = expression.evaluate_traced(object, &environment).map_err(|error| {
        refusal(error.to_string(), "look at the attributes that it names, or try a part of it")
    })?;
    let value = if expression.is_redacted() { REDACTED.into() } else { Value::from(evaluation.value) };
    Ok(Evaluated { expression: expression.to_string(), value, trace: evaluation.trace })
}

/// A value and how it came about.
#[derive(Serialize)]
struct Evaluated {
    expression: String,
    value: Value,
    trace: Trace,
}

impl Answer for Evaluated {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}\n", plain(&self.value.to_string()))?;
        print_step(&self.trace, 0, out)
    }
}

/// A step, and below it those it is made of. Traces are no deeper than expressions may be.
fn print_step(trace: &Trace, depth: usize, out: &mut dyn Write) -> io::Result<()> {
    let indent = "  ".repeat(depth);
    let value = Value::from(trace.value.clone()).to_string();
    writeln!(out, "{indent}{} = {}", plain(&trace.expression), plain(&value))?;
    trace.children.iter().try_for_each(|child| print_step(child, depth + 1, out))
}

/// The functions that there are.
#[derive(Serialize)]
struct Functions {
    functions: Vec<Signature>,
}

impl Answer for Functions {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.functions.iter().map(|function| [function.to_string(), function.edition.to_string()]);
        write_table(out, &table(["FUNCTION", "KNOWN IN"], rows), "")
    }
}
