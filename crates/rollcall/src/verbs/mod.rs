//! The verbs: one file a group, each a function from its arguments to its answer.

mod admin_token;
mod apply;
mod audit;
mod brake;
mod capabilities;
mod check;
mod client;
mod connection;
mod cycle;
mod demo;
mod drift;
mod entra_schema;
mod escrow;
mod explain;
mod expression;
mod import;
mod job;
mod location;
mod log;
mod nudge;
mod plan;
mod plan_page;
mod print;
mod provision;
mod refusals;
mod requests;
mod rollback;
mod schema;
mod seats;
mod serve;
mod sign_in;
mod staged;
mod stream;
mod streams;
mod tenant;
mod test_connection;
mod token;
mod user;
mod webhook;
mod workplace;

use std::process::ExitCode;

use anyhow::Result;
use tracing_subscriber::filter::LevelFilter;

use crate::cli::{Cli, Job, Serve, Verb};
use crate::installation::Installation;
use crate::otlp::Traces;
use crate::output::Output;
use crate::telemetry;

/// Does what the command line says.
///
/// # Errors
/// Why it can't be done.
pub async fn run(cli: Cli) -> Result<ExitCode> {
    let output = Output::standard(cli.options.json);
    let level = if matches!(cli.verb, Verb::Serve(_)) { LevelFilter::INFO } else { LevelFilter::WARN };
    let traces = match &cli.verb {
        Verb::Serve(Serve { otlp: Some(collector), .. }) => Some(Traces::to(&collector.0)?),
        _ => None,
    };
    telemetry::start(level, output.json, traces.as_ref());
    if let Verb::Demo(arguments) = &cli.verb {
        return demo::run(&cli.options, arguments, output).await.map(|()| ExitCode::SUCCESS);
    }
    let verb = match cli.verb {
        Verb::Openapi => {
            output.print(|out| writeln!(out, "{:#}", crate::admin::document()))?;
            return Ok(ExitCode::SUCCESS);
        }
        // It is about somebody else's endpoint, and needs no installation.
        Verb::Check(arguments) => return Box::pin(check::run(arguments, output)).await,
        Verb::Expression(arguments) if arguments.job.is_none() => {
            return expression::without_job(&arguments, &output).map(|()| ExitCode::SUCCESS);
        }
        Verb::Job(Job::ImportEntra(arguments)) => {
            return entra_schema::import(&arguments, &output).map(|()| ExitCode::SUCCESS);
        }
        verb => verb,
    };
    let installation = Installation::open(cli.options.place()?).await?;
    let result = Box::pin(dispatch(verb, installation.clone(), output)).await;
    installation.close().await;
    if let Some(traces) = traces {
        tokio::task::spawn_blocking(|| traces.end()).await?;
    }
    result
}

/// Does what a verb says in an installation, and gives its answer.
///
/// # Errors
/// Why it can't be done.
pub async fn dispatch(verb: Verb, on: Installation, output: Output) -> Result<ExitCode> {
    match verb {
        Verb::Demo(_) | Verb::Check(_) | Verb::Openapi => {}
        Verb::AdminToken(verb) => admin_token::run(&on, verb, output).await?,
        Verb::Serve(arguments) => serve::run(on, &arguments, output).await?,
        Verb::Tenant(verb) => tenant::run(&on, verb, output).await?,
        Verb::Connection(verb) => connection::run(&on, verb, output).await?,
        Verb::Token(verb) => token::run(&on, verb, output).await?,
        Verb::Client(verb) => client::run(&on, verb, output).await?,
        Verb::Webhook(verb) => webhook::run(&on, verb, output).await?,
        Verb::SignIn(verb) => sign_in::run(&on, verb, output).await?,
        Verb::Stream(verb) => stream::run(&on, verb, output).await?,
        Verb::Schema(verb) => schema::run(&on, verb, output).await?,
        Verb::User(verb) => user::run(&on, verb, output).await?,
        Verb::Location(verb) => location::run(&on, verb, output).await?,
        Verb::Workplace(verb) => workplace::run(&on, verb, output).await?,
        Verb::Print(verb) => print::run(&on, verb, output).await?,
        Verb::Refusals(arguments) => refusals::run(&on, &arguments, output).await?,
        Verb::Brake(verb) => brake::run(&on, verb, output).await?,
        Verb::Job(verb) => job::run(&on, verb, output).await?,
        Verb::Escrow(verb) => escrow::run(&on, verb, output).await?,
        Verb::TestConnection(job) => return test_connection::run(&on, &job.job, output).await,
        Verb::Plan(arguments) => plan::run(&on, arguments, output).await?,
        Verb::Apply(arguments) => apply::run(&on, &arguments, output).await?,
        Verb::Rollback(arguments) => rollback::run(&on, &arguments, output).await?,
        Verb::Staged(verb) => staged::run(&on, verb, output).await?,
        Verb::Drift(arguments) => return drift::run(&on, &arguments, output).await,
        Verb::Import(arguments) => import::run(&on, &arguments, output).await?,
        Verb::Cycle(arguments) => cycle::run(&on, &arguments, output).await?,
        Verb::Provision(person) => provision::run(&on, &person, output).await?,
        Verb::Explain(person) => explain::run(&on, &person, output).await?,
        Verb::Expression(arguments) => expression::run(&on, &arguments, &output).await?,
        Verb::Log(arguments) => log::run(&on, &arguments, output).await?,
        Verb::Nudge(arguments) => nudge::run(&on, &arguments, output).await?,
        Verb::Requests(arguments) => requests::run(&on, arguments, output).await?,
        Verb::Audit(verb) => return audit::run(&on, verb, output).await,
    }
    Ok(ExitCode::SUCCESS)
}
