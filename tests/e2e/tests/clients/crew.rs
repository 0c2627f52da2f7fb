//! The members of one group: driver processes that take orders and report what they hold and read; and a writer, which
//! reports what was acknowledged.
//!
//! Everything that they say arrives in one channel; a test waits until what all have said so far
//! makes a condition true. A member dies with the crew.
#![expect(
    clippy::disallowed_types,
    reason = "members are processes outside of any broker's environment"
)]
#![expect(clippy::disallowed_methods, reason = "and their output is read by a thread for each")]

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, Write};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::driver::Driver;

/// For anything a group does; a session that must not end meanwhile is longer.
const PATIENCE: Duration = Duration::from_secs(60);
const LONG_SESSION_MS: u32 = 40_000;
const SHORT_SESSION_MS: u32 = 2_000;
const HEARTBEAT_MS: u32 = 300;
pub(super) const PARTITIONS: i32 = 4;

/// Which of Kafka's two group protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Classic,
    Consumer,
}

impl Protocol {
    fn name(self) -> &'static str {
        if self == Self::Classic { "classic" } else { "consumer" }
    }
}

/// How a member joins.
#[derive(Clone, Copy, Default)]
pub(super) struct Joining {
    pub(super) instance: Option<&'static str>,
    /// Another protocol than the crew's.
    pub(super) protocol: Option<Protocol>,
    /// Subscribes to every topic whose name begins with the crew's, by a regular expression that the broker resolves.
    pub(super) by_pattern: bool,
    /// Commits what it has read without being told. Only kcat is asked to.
    pub(super) commits: bool,
    /// Its session ends soon after it falls silent. The consumer protocol's sessions are the broker's.
    pub(super) is_mortal: bool,
}

pub(super) struct Crew {
    driver: Driver,
    protocol: Protocol,
    pub(super) group: String,
    pub(super) topic: String,
    members: Vec<Member>,
    sender: Sender<(usize, Option<Value>)>,
    said: Receiver<(usize, Option<Value>)>,
}

pub(super) struct Member {
    process: Child,
    orders: Option<ChildStdin>,
    errors: File,
    /// Partitions held now.
    pub(super) held: BTreeSet<i64>,
    /// How often its assignment has changed.
    pub(super) changes: usize,
    /// Partition and offset of everything it has read.
    pub(super) read: Vec<(i64, i64)>,
    /// The same of everything that was acknowledged to it.
    pub(super) acked: Vec<(i64, i64)>,
    done: usize,
    has_ended: bool,
    /// Waited for: its number may be another process's by now.
    is_gone: bool,
    /// Killed, or done with the order to leave: its end is no surprise.
    may_end: bool,
}

/// A member's place in its crew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Id(usize);

impl Crew {
    pub(super) fn new(driver: Driver, protocol: Protocol, group: &str, topic: &str) -> Self {
        let (sender, said) = channel();
        let (group, topic) = (group.to_owned(), topic.to_owned());
        Self { driver, protocol, group, topic, members: vec![], sender, said }
    }

    /// Starts a member; it has not joined yet.
    pub(super) fn start(&mut self, broker: SocketAddr, joining: Joining) -> Result<Id> {
        let session = if joining.is_mortal { SHORT_SESSION_MS } else { LONG_SESSION_MS };
        let protocol = joining.protocol.unwrap_or(self.protocol);
        let pattern = joining.by_pattern.then(|| format!("{}.*", self.topic));
        let options = json!({
            "group": self.group, "topic": self.topic, "instance": joining.instance, "pattern": pattern,
            "commits": joining.commits,
            "protocol": protocol.name(), "session_ms": session, "heartbeat_ms": HEARTBEAT_MS,
        });
        let mut command = self.driver.command();
        command.arg("member").arg(broker.to_string()).arg(options.to_string());
        self.spawn(command)
    }

    /// Starts a process of another library that writes record after record to all partitions.
    pub(super) fn start_writer(&mut self, driver: Driver, broker: SocketAddr) -> Result<Id> {
        let mut command = driver.command();
        command.arg("writer").arg(broker.to_string()).arg(&self.topic).arg(PARTITIONS.to_string());
        self.spawn(command)
    }

    fn spawn(&mut self, mut command: Command) -> Result<Id> {
        let errors = tempfile::tempfile()?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors.try_clone()?);
        // A group of its own, so that what it starts dies with it.
        let mut process = command.process_group(0).spawn()?;
        let id = self.members.len();
        let lines = BufReader::new(process.stdout.take().context("no stdout")?);
        let sender = self.sender.clone();
        thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                let _ = sender.send((id, serde_json::from_str(&line).ok()));
            }
            let _ = sender.send((id, None));
        });
        self.members.push(Member {
            orders: process.stdin.take(),
            process,
            errors,
            held: BTreeSet::new(),
            changes: 0,
            read: vec![],
            acked: vec![],
            done: 0,
            has_ended: false,
            is_gone: false,
            may_end: false,
        });
        Ok(Id(id))
    }

    pub(super) fn member(&self, id: Id) -> Result<&Member> {
        self.members.get(id.0).context("no such member")
    }

    /// Waits until what the members have said makes it true.
    pub(super) fn until(&mut self, what: &str, is: impl Fn(&Self) -> Result<bool>) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while !is(self)? {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok((id, line)) = self.said.recv_timeout(left) else {
                bail!("{:?}: not in time: {what}; {}", self.driver, self.describe());
            };
            let member = self.members.get_mut(id).context("no such member")?;
            member.hear(line.as_ref()).with_context(|| format!("{:?}: {what}", self.driver))?;
        }
        Ok(())
    }

    /// Waits until these members hold every partition between them, each at least one, none twice.
    pub(super) fn until_shared(&mut self, what: &str, by: &[Id]) -> Result<()> {
        self.until(what, |crew| {
            let (mut held, mut count) = (BTreeSet::new(), 0);
            for id in by {
                let member = crew.member(*id)?;
                held.extend(&member.held);
                count += member.held.len();
                if member.held.is_empty() {
                    return Ok(false);
                }
            }
            Ok(count == held.len() && held == (0..i64::from(PARTITIONS)).collect())
        })
    }

    /// Tells a member what to do and waits until it is done.
    pub(super) fn order(&mut self, id: Id, order: &str) -> Result<()> {
        let member = self.members.get_mut(id.0).context("no such member")?;
        let done = member.done;
        let orders = member.orders.as_mut().context("no stdin")?;
        writeln!(orders, "{order}").and_then(|()| orders.flush())?;
        self.until(order, |crew| Ok(crew.member(id)?.done > done))
    }

    /// Leaves the group as a client does that is closed, and ends.
    pub(super) fn leave(&mut self, id: Id) -> Result<()> {
        self.order(id, "leave")?;
        self.until("end of a member", |crew| Ok(crew.member(id)?.has_ended))?;
        let member = self.members.get_mut(id.0).context("no such member")?;
        let status = member.process.wait()?;
        member.is_gone = true;
        ensure!(status.success(), "a member fails while it leaves: {status}");
        Ok(())
    }

    /// SIGKILL, without a word to the broker.
    pub(super) fn kill(&mut self, id: Id) -> Result<()> {
        let member = self.members.get_mut(id.0).context("no such member")?;
        member.may_end = true;
        member.kill();
        Ok(())
    }

    /// Forgets what a member has read so far.
    pub(super) fn forget_read(&mut self, id: Id) -> Result<()> {
        self.members.get_mut(id.0).context("no such member")?.read.clear();
        Ok(())
    }

    fn describe(&self) -> String {
        let describe = |(id, member): (usize, &Member)| {
            let (held, read, ended) = (&member.held, member.read.len(), member.has_ended);
            let acked = member.acked.len();
            format!("member {id} holds {held:?}, has read {read}, written {acked}, ended: {ended}")
        };
        self.members.iter().enumerate().map(describe).collect::<Vec<_>>().join("; ")
    }
}

impl Member {
    fn hear(&mut self, line: Option<&Value>) -> Result<()> {
        let Some(line) = line else {
            self.has_ended = true;
            let mut said = String::new();
            self.errors.rewind()?;
            self.errors.read_to_string(&mut said)?;
            ensure!(self.may_end, "a member has ended by itself, it said:\n{said}");
            return Ok(());
        };
        if let Some(held) = line["assigned"].as_array() {
            let held = held.iter().filter_map(Value::as_i64).collect();
            // Some libraries also say that nothing has changed.
            self.changes += usize::from(self.held != held);
            self.held = held;
        } else if line["read"].is_array() {
            self.read.push(serde_json::from_value(line["read"].clone())?);
        } else if line["acked"].is_array() {
            self.acked.push(serde_json::from_value(line["acked"].clone())?);
        } else {
            ensure!(line["done"].is_string(), "unknown line {line}");
            self.may_end = line["done"] == "leave";
            self.done += 1;
        }
        Ok(())
    }

    fn kill(&mut self) {
        if self.is_gone {
            return;
        }
        let group = format!("-{}", self.process.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.process.wait();
        self.is_gone = true;
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        for member in &mut self.members {
            member.kill();
        }
    }
}
