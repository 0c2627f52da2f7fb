//! One consumer that commits ever higher offsets over any number of restarts.

use std::io;
use std::net::SocketAddr;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Error, Result, ensure};
use broker_env::{Clock, OsClock};
use tests_e2e::client::Client;

use super::TOPIC;

/// No commit for so long means that the broker hangs.
const PROGRESS_LIMIT: Duration = Duration::from_secs(60);
const RECONNECT: Duration = Duration::from_millis(5);
/// COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR
const TRY_AGAIN: [i16; 3] = [14, 15, 16];

/// What consumers and the killer share.
pub(super) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    broker: SocketAddr,
    commits: u64,
    is_stopping: bool,
    has_failed: bool,
}

impl Shared {
    pub(super) fn new(broker: SocketAddr) -> Self {
        let state = State { broker, commits: 0, is_stopping: false, has_failed: false };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Waits for `more` commits.
    pub(super) fn wait_commits(&self, more: u64) -> Result<()> {
        let mut state = self.lock();
        let goal = state.commits + more;
        while state.commits < goal {
            ensure!(!state.has_failed, "a consumer has failed");
            let before = state.commits;
            let waited = self.changed.wait_timeout(state, PROGRESS_LIMIT);
            let (locked, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            state = locked;
            let hangs = timeout.timed_out() && state.commits == before;
            ensure!(!hangs, "nothing committed for {PROGRESS_LIMIT:?}");
        }
        Ok(())
    }

    pub(super) fn restarted(&self, broker: SocketAddr) {
        self.lock().broker = broker;
    }

    pub(super) fn stop(&self, has_failed: bool) {
        let mut state = self.lock();
        state.is_stopping = true;
        state.has_failed |= has_failed;
    }

    /// Lets the others know of a consumer's failure.
    pub(super) fn fail_with<T>(&self, result: Result<T>) -> Result<T> {
        if result.is_err() {
            self.lock().has_failed = true;
            self.changed.notify_all();
        }
        result
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// See the module documentation. Five consumers share a group, each has a partition of its own.
pub(super) struct Committer {
    group: String,
    partition: i32,
    /// The highest offset that was acknowledged, and the highest that was sent.
    acknowledged: i64,
    sent: i64,
}

impl Committer {
    pub(super) fn new(number: u16) -> Self {
        let group = format!("group-{}", number / 5);
        Self { group, partition: number.into(), acknowledged: -1, sent: -1 }
    }

    pub(super) const fn commits(&self) -> u64 {
        (self.acknowledged + 1).cast_unsigned()
    }

    /// Commits until it is told to stop.
    pub(super) fn run(mut self, shared: &Shared) -> Result<Self> {
        loop {
            let (broker, is_stopping, has_failed) = {
                let state = shared.lock();
                (state.broker, state.is_stopping, state.has_failed)
            };
            ensure!(!has_failed, "given up");
            match self.session(broker, shared) {
                Ok(()) if is_stopping => return Ok(self),
                Ok(()) => {}
                Err(error) if is_disconnect(&error) => OsClock.sleep(RECONNECT),
                Err(error) => return Err(error),
            }
        }
    }

    /// One connection: looks what is committed, then goes on from there.
    fn session(&mut self, broker: SocketAddr, shared: &Shared) -> Result<()> {
        let mut client = Client::connect(broker)?;
        let (error, _) = client.find_coordinator(&self.group)?;
        ensure!(error == 0 || TRY_AGAIN.contains(&error), "no coordinator: error {error}");
        self.check(&mut client)?;
        while !shared.lock().is_stopping {
            self.sent += 1;
            let commit = [(self.partition, self.sent)];
            match client.commit_offsets(&self.group, TOPIC, commit)? {
                0 => {}
                error if TRY_AGAIN.contains(&error) => {
                    OsClock.sleep(RECONNECT);
                    continue;
                }
                error => anyhow::bail!("commit of {} refused: error {error}", self.sent),
            }
            self.acknowledged = self.sent;
            shared.lock().commits += 1;
            shared.changed.notify_all();
        }
        Ok(())
    }

    /// What is committed is at least what was acknowledged, and nothing that was never sent.
    pub(super) fn check(&self, client: &mut Client) -> Result<()> {
        let (partition, group) = (self.partition, &self.group);
        let committed = loop {
            let (error, offsets) = client.committed_offsets(group, TOPIC, vec![partition])?;
            if error == 0 {
                break offsets.first().copied().unwrap_or(-2);
            }
            ensure!(TRY_AGAIN.contains(&error), "fetch refused: error {error}");
            OsClock.sleep(RECONNECT);
        };
        let (least, most) = (self.acknowledged, self.sent);
        ensure!(
            (least..=most).contains(&committed),
            "{group} {TOPIC}-{partition} stands at {committed}, not between {least} and {most}"
        );
        Ok(())
    }
}

/// A broken connection, against an answer that must not be or none at all.
fn is_disconnect(error: &Error) -> bool {
    use io::ErrorKind::{TimedOut, WouldBlock};
    error.downcast_ref::<io::Error>().is_some_and(|e| !matches!(e.kind(), TimedOut | WouldBlock))
}
