//! Work that blocks, off the shards' threads.
//!
//! A metadata command waits for one sync of the disk. It runs on the runtime's blocking threads,
//! whose number the runtime bounds; a connection has at most one such request under way.

use std::sync::Arc;

use broker_controller::{
    Command, CommandError,
    commands::create_topics::{CreateTopics, NewTopic},
};
use protocol_types::ErrorCode;

use crate::{broker::Broker, request::RequestContext};

/// Blocking threads of one shard. Commands are decided one at a time anyway; the second thread is
/// for what waits for the ring meanwhile.
pub(crate) const THREADS_MAX: usize = 2;

/// Has the controller decide, store and publish `command`.
pub(crate) async fn submit<C>(broker: &Arc<Broker>, command: C) -> Result<C::Outcome, CommandError>
where
    C: Command + Send + 'static,
    C::Outcome: Send + 'static,
{
    let broker = Arc::clone(broker);
    run(move || broker.controller.submit(command)).await?
}

/// As [`submit`], for a request that changes partitions and is under a quota since `strict_since`
/// (KIP-599).
pub(crate) async fn submit_within<C>(
    context: &RequestContext,
    strict_since: i16,
    command: C,
) -> Result<C::Outcome, CommandError>
where
    C: Command + Send + 'static,
    C::Outcome: Send + 'static,
{
    let broker = Arc::clone(&context.broker);
    let Some(quota) = context.mutation_quota(strict_since) else {
        return submit(&broker, command).await;
    };
    run(move || broker.controller.submit_within(command, &quota)).await?
}

/// Runs `work` where it may block.
pub(crate) async fn run<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, CommandError> {
    // Either the runtime is going away, or the work panicked and has been reported as such.
    let lost = |_| CommandError::new(ErrorCode::UnknownServerError, "the broker is stopping");
    tokio::task::spawn_blocking(work).await.map_err(lost)
}

/// Creates topics that the client asked for without saying so; those that cannot be created are as
/// unknown as before. As in Kafka, whose broker sends the controller a CreateTopics of its newest
/// version in the client's name, the client's quota refuses them, and it is not told to wait.
pub(crate) async fn create_on_demand(
    context: &RequestContext,
    topics: Vec<NewTopic>,
) -> Result<(), CommandError> {
    let broker = Arc::clone(&context.broker);
    let command = CreateTopics { topics, validate_only: false };
    let Some(quota) = context.unspoken_mutation_quota() else {
        return submit(&broker, command).await.map(|_| ());
    };
    run(move || broker.controller.submit_within(command, &quota)).await?.map(|_| ())
}
