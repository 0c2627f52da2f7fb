//! Records that flow at a fixed rate, and consumers at the end of their topic, in one event loop.
//!
//! Open loop: a request is sent when it is due, whatever the broker does, and its times count from
//! then. Producer `p` of `n` writes partition `p`, every `n`-th request is its own.

mod producer;
mod tail;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use rustix::event::epoll;
use rustix::time::Timespec;

use crate::frames;
use crate::quantile;
use crate::timer::{self, Timer};

use producer::Producer;
use tail::Tail;

/// What flows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stream<'a> {
    pub topic: &'a str,
    /// As many connections write, one to each.
    pub partitions: i32,
    /// One batch of one record.
    pub batch: &'a Bytes,
    /// Batches a second over all partitions.
    pub rate: f64,
}

/// Consumers of a whole topic.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Follow<'a> {
    pub topic: &'a str,
    /// As many connections.
    pub count: usize,
    /// They wait for this much, half a second at most.
    pub bytes_min: i32,
}

/// What a span of flow came to. Times are in microseconds from when a request was due.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Flowed {
    pub acked: u64,
    pub refused: u64,
    pub seconds: f64,
    /// How long after they fell due requests were sent.
    pub late_p99_us: f64,
    pub produce_p50_us: f64,
    pub produce_p99_us: f64,
    /// Bytes of batches that consumers got, over all of them.
    pub delivered: u64,
    pub deliver_p50_us: f64,
    pub deliver_p99_us: f64,
    pub deliver_p999_us: f64,
}

/// See the module documentation.
#[derive(Debug)]
pub(crate) struct Flow {
    poll: rustix::fd::OwnedFd,
    producers: Vec<Producer>,
    tails: Vec<Tail>,
    interval: Duration,
    scratch: Vec<u8>,
    times: Times,
}

#[derive(Debug, Default)]
struct Times {
    late: Vec<u32>,
    produce: Vec<u32>,
    deliver: Vec<u32>,
    refused: u64,
    delivered: u64,
}

impl Flow {
    /// Connects the producers to a topic that exists. What earlier load has left to page caches is written before.
    pub(crate) fn connect(address: SocketAddr, stream: Stream<'_>) -> Result<Self> {
        rustix::fs::sync();
        let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let mut producers = Vec::new();
        for (number, partition) in (0_u64..).zip(0..stream.partitions) {
            let train = frames::train(stream.topic, &[partition; 8], stream.batch)?;
            let producer = Producer::connect(address, train)?;
            let both = epoll::EventFlags::IN | epoll::EventFlags::OUT | epoll::EventFlags::ET;
            epoll::add(&poll, &producer.socket, epoll::EventData::new_u64(number), both)?;
            producers.push(producer);
        }
        let interval = Duration::from_secs_f64(1.0 / stream.rate);
        let (tails, scratch, times) = (Vec::new(), vec![0; 64 << 10], Times::default());
        Ok(Self { poll, producers, tails, interval, scratch, times })
    }

    /// Adds consumers, each on a connection of its own.
    pub(crate) fn follow(&mut self, address: SocketAddr, follow: Follow<'_>) -> Result<()> {
        let Follow { topic, count, bytes_min } = follow;
        for _ in 0..count {
            let next = self.producers.iter().map(|producer| producer.next).collect();
            let tail = Tail::connect(address, topic, bytes_min, next)?;
            let number = u64::try_from(self.producers.len() + self.tails.len())?;
            let edges = epoll::EventFlags::IN | epoll::EventFlags::ET;
            epoll::add(&self.poll, &tail.socket, epoll::EventData::new_u64(number), edges)?;
            self.tails.push(tail);
        }
        Ok(())
    }

    /// Flows for `span`, then waits until everything is answered and delivered.
    pub(crate) fn run(&mut self, span: Duration) -> Result<Flowed> {
        self.times = Times::default();
        let first: Vec<i64> = self.producers.iter().map(|producer| producer.next).collect();
        let mut timer = Timer::in_poll(&self.poll)?;
        let began = Instant::now();
        let mut requests = 0_u32;
        while began.elapsed() < span {
            while began.elapsed() >= self.interval * requests {
                let number = requests as usize % self.producers.len();
                let producer = &mut self.producers[number];
                producer.owe(began + self.interval * requests);
                producer.send(&mut self.times.late)?;
                requests += 1;
            }
            timer.ring_at(began + self.interval * requests)?;
            self.turn(began, &first)?;
        }
        let seconds = began.elapsed().as_secs_f64();
        let deadline = Instant::now() + Duration::from_secs(30);
        while !self.is_quiet() {
            if Instant::now() > deadline {
                bail!("requests stay unanswered or records undelivered");
            }
            self.turn(began, &first)?;
        }
        Ok(self.flowed(seconds))
    }

    /// Waits for something to happen, the timer at latest, and deals with it.
    fn turn(&mut self, began: Instant, first: &[i64]) -> Result<()> {
        let mut events = Vec::with_capacity(256);
        let most = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
        epoll::wait(&self.poll, rustix::buffer::spare_capacity(&mut events), Some(&most))?;
        let count = u32::try_from(self.producers.len())?;
        let due = |partition: usize, offset: i64| -> Option<Instant> {
            let own = u32::try_from(offset - first[partition]).ok()?;
            Some(began + self.interval * (own * count + u32::try_from(partition).ok()?))
        };
        for event in &events {
            if event.data.u64() == timer::RANG {
                continue;
            }
            let number = usize::try_from(event.data.u64())?;
            let times = &mut self.times;
            if let Some(producer) = self.producers.get_mut(number) {
                let now = Instant::now();
                producer.receive(&mut self.scratch, |due, refused| {
                    times.produce.push(quantile::nanos(now, due));
                    times.refused += u64::from(refused);
                })?;
                producer.send(&mut times.late)?;
            } else {
                let tail = self.tails.get_mut(number - self.producers.len());
                tail.context("a consumer's event")?.receive(|partition, offset, len| {
                    let now = Instant::now();
                    times.delivered += len as u64;
                    let due = due(partition, offset);
                    times.deliver.extend(due.map(|due| quantile::nanos(now, due)));
                })?;
            }
        }
        Ok(())
    }

    fn is_quiet(&self) -> bool {
        let ends = || self.producers.iter().map(|producer| producer.next);
        // What was refused is never delivered.
        let refused = self.times.refused > 0;
        self.producers.iter().all(Producer::is_quiet)
            && (refused || self.tails.iter().all(|tail| tail.next.iter().copied().eq(ends())))
    }

    fn flowed(&mut self, seconds: f64) -> Flowed {
        let Times { late, produce, deliver, refused, delivered } = &mut self.times;
        late.sort_unstable();
        produce.sort_unstable();
        deliver.sort_unstable();
        Flowed {
            acked: produce.len() as u64 - *refused,
            refused: *refused,
            seconds,
            late_p99_us: quantile::us(late, 0.99),
            produce_p50_us: quantile::us(produce, 0.5),
            produce_p99_us: quantile::us(produce, 0.99),
            delivered: *delivered,
            deliver_p50_us: quantile::us(deliver, 0.5),
            deliver_p99_us: quantile::us(deliver, 0.99),
            deliver_p999_us: quantile::us(deliver, 0.999),
        }
    }
}
