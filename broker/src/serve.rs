//! `ringtide server`: configuration, start, wait for a signal, drain, stop.
//!
//! Exit codes: 0 after a drained stop, 1 when the start failed (with a reason and a remedy on
//! standard error), 2 for a configuration that cannot be used, 71 when the ring log died.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use broker_env::disk::OsDisk;
use broker_env::{Clock, OsClock, crash_safe, limits};
use clap::Args;
use config::{BrokerConfig, Loader, LogFormat, Profile};
use tokio::signal::unix::{SignalKind, signal};

use crate::banner::Banner;
use crate::cli::Code;
use crate::logging;
use crate::node::Node;

/// Variables with our prefix that are not settings: the command line reads them itself.
const RESERVED: [&str; 4] =
    ["RINGTIDE_BOOTSTRAP", "RINGTIDE_BIN", "RINGTIDE_CONTEXT", "RINGTIDE_CONTEXTS"];

/// How to run a broker. Whatever is not given comes from the file, the environment
/// (`RINGTIDE_SECTION__KEY`) or the built-in defaults, in this order.
#[derive(Clone, Debug, Default, Args)]
pub struct ServerArgs {
    /// TOML file with settings.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Data directory.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where Kafka clients connect; port 0 picks a free one.
    #[arg(long, value_name = "HOST:PORT")]
    kafka: Option<String>,
    /// Where HTTP is served; port 0 picks a free one.
    #[arg(long, value_name = "HOST:PORT")]
    http: Option<String>,
    /// What clients are told to connect to, by comma for several listeners.
    #[arg(long, value_name = "[NAME://]HOST:PORT")]
    advertise: Option<String>,
    /// Write the ports as JSON to this file once the broker is ready.
    #[arg(long, value_name = "FILE")]
    ports_file: Option<PathBuf>,
    /// Any other setting.
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
}

/// Runs a broker until it is told to stop.
#[must_use]
pub fn run(args: &ServerArgs, profile: Profile) -> ExitCode {
    let config = match loader(args, profile).and_then(|loader| Ok(loader.build()?)) {
        Ok(config) => Arc::new(config),
        Err(error) => return fail(&error, Code::Configuration),
    };
    match serve(args, &config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error, Code::StartFailed),
    }
}

/// Everything that was given, from file, environment and command line.
pub(crate) fn loader(args: &ServerArgs, profile: Profile) -> anyhow::Result<Loader> {
    let mut loader = Loader::new(profile);
    if let Some(path) = &args.config {
        let bytes = crash_safe::read_file(&OsDisk, path)
            .with_context(|| format!("read the configuration file {}", path.display()))?
            .with_context(|| format!("there is no configuration file {}", path.display()))?;
        let text = String::from_utf8(bytes).context("the configuration file is not UTF-8")?;
        loader = loader.file(&path.display().to_string(), &text)?;
    }
    loader = loader.environment(std::env::vars_os(), &RESERVED)?;
    let flags = [
        ("data.dir", args.data.as_ref().map(|dir| dir.display().to_string())),
        ("listeners", args.kafka.clone()),
        ("http.bind", args.http.clone()),
        ("advertised.listeners", args.advertise.clone()),
    ];
    for (name, value) in flags {
        if let Some(value) = value {
            loader = loader.flag(name, &value)?;
        }
    }
    for setting in &args.set {
        loader = loader.assignment(setting)?;
    }
    Ok(loader)
}

fn serve(args: &ServerArgs, config: &Arc<BrokerConfig>) -> anyhow::Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(OsClock);
    let began = clock.now();
    let format = match config.log_format {
        LogFormat::Text => logging::Format::Text,
        LogFormat::Json => logging::Format::Json,
        LogFormat::Auto if std::io::IsTerminal::is_terminal(&std::io::stderr()) => {
            logging::Format::Text
        }
        LogFormat::Auto => logging::Format::Json,
    };
    let loggers = logging::install(&config.log_level, format, Arc::clone(&clock))?;
    let file_limit = limits::raise_file_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("control")
        .enable_all()
        .build()
        .context("start the control runtime")?;
    runtime.block_on(async {
        // Before anything is opened: a signal during the start must not be lost.
        let mut terminate = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
        let mut interrupt = signal(SignalKind::interrupt()).context("listen for SIGINT")?;
        let node = Node::start(Arc::clone(config), Arc::clone(&clock), loggers).await?;
        if let Some(path) = &args.ports_file
            && let Err(error) = write_ports(path, &node)
        {
            return Err(give_up(node, error).await);
        }
        let millis = clock.now().nanos_since(began) / 1_000_000;
        Banner { config, node: &node, file_limit, millis }.print();
        tokio::select! {
            _ = terminate.recv() => tracing::info!("SIGTERM: draining"),
            _ = interrupt.recv() => tracing::info!("SIGINT: draining"),
        }
        node.stop().await
    })
}

/// Stops a node that serves already, so that what it acknowledged is written; `why` is what is told.
async fn give_up(node: Node, why: anyhow::Error) -> anyhow::Error {
    tracing::error!(error = %told(&why), "the start failed: draining");
    if let Err(error) = node.stop().await {
        tracing::error!(error = %told(&error), "the stop failed too");
    }
    tracing::info!("stopped");
    why
}

/// Writes the ports whole or not at all: scripts wait for the file to appear.
fn write_ports(path: &Path, node: &Node) -> anyhow::Result<()> {
    let ports = serde_json::json!({ "kafka": node.kafka_port(), "http": node.http_port() });
    crash_safe::replace_file(&OsDisk, path, ports.to_string().as_bytes())
        .with_context(|| format!("write the ports file {}", path.display()))
}

#[expect(clippy::print_stderr, reason = "the last word of a failed start, logger or not")]
fn fail(error: &anyhow::Error, code: Code) -> ExitCode {
    eprintln!("error[{code}]: {}\nsee: ringtide explain {code}", told(error));
    code.exit().code()
}

/// The error and what caused it; a cause that the text before it tells already is not told again.
fn told(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

#[cfg(test)]
mod tests;
