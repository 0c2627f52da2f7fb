//! `topic delete`.

use clap::Args;
use protocol_types::{ApiKey, ErrorCode};
use protocol_wire::messages::DeleteTopicsRequest;
use protocol_wire::messages::delete_topics_request::DeleteTopicState;
use serde_json::json;

use crate::cli::client::{Client, ConnectArgs, topic_name};
use crate::cli::error::{CliError, Code, partial};
use crate::cli::output::{Output, Rows};
use crate::cli::{OutputArgs, confirm};

/// Delete topics and their records.
#[derive(Debug, Args)]
pub struct Delete {
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// Do not ask.
    #[arg(short, long)]
    yes: bool,
    /// Succeed if the topic is not there.
    #[arg(long)]
    if_exists: bool,
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

impl Delete {
    pub(super) fn run(self) -> Result<(), CliError> {
        let what = format!("{} and all their records", self.names.join(", "));
        confirm(&what, self.yes, self.output.output)?;
        let mut client = Client::connect(&self.connect)?;
        let state = |name: &String| DeleteTopicState::default().with_name(Some(topic_name(name)));
        let names = || self.names.iter();
        // Version 6 and later carry states, earlier ones bare names; the encoder writes what fits.
        let modern = DeleteTopicsRequest::default()
            .with_topics(names().map(state).collect())
            .with_timeout_ms(client.timeout_ms());
        let bare = DeleteTopicsRequest::default()
            .with_topic_names(names().map(|name| topic_name(name)).collect())
            .with_timeout_ms(client.timeout_ms());
        let answer = match client.call(ApiKey::DeleteTopics, (6, 6), &modern) {
            // Nothing was sent yet; after any other error the topics may be gone.
            Err(error) if error.code() == Some(Code::NotServed) => {
                client.call(ApiKey::DeleteTopics, (1, 5), &bare)?
            }
            answer => answer?,
        };
        let mut errors = Vec::new();
        let mut rows = Vec::new();
        for topic in &answer.responses {
            let name = topic.name.as_ref().map_or("", |name| name.0.as_str());
            let unknown = topic.error_code == ErrorCode::UnknownTopicOrPartition.to_wire();
            if topic.error_code == 0 {
                rows.push(json!({ "name": name, "result": "deleted" }));
            } else if !(unknown && self.if_exists) {
                let what = format!("topic \"{name}\"");
                let message = topic.error_message.as_deref();
                errors.push(CliError::refused(&what, topic.error_code, message));
            }
        }
        let rows = Rows { columns: &["name", "result"], rows };
        Output::new(self.output.output).results(&rows, errors.len())?;
        partial(errors, answer.responses.len())
    }
}
