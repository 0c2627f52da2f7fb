//! The load of growth curves: 64 connections with one request of 1 KB in flight each, a partition each.

use std::time::Duration;

use anyhow::Result;

use crate::admin::Admin;
use crate::bench::now;
use crate::cpu::Cpu;
use crate::frames;
use crate::growth::median;
use crate::load::Load;
use crate::side::{Server, Side};

pub(crate) const TOPIC: &str = "hot";
const CONNECTIONS: i32 = 64;
const BATCH: usize = 1_024;
/// Until then a Java machine still compiles what it runs.
const JAVA_WARMS_UP: Duration = Duration::from_secs(8);
/// Windows of a point, of which the median counts.
const WINDOWS: usize = 3;

/// Connections to the hot topic.
pub(crate) struct Hot {
    load: Load,
    pid: u32,
}

impl Hot {
    /// Creates the topic, without syncs at both sides: what the disk does is not what grows.
    pub(crate) fn create(side: &Side) -> Result<Self> {
        let configs: &[(&str, &str)] =
            if side.is_kafka { &[] } else { &[("flush.policy", "async")] };
        Admin::connect(side.server.address)?.create_topic(TOPIC, CONNECTIONS, configs)?;
        let mut hot = Self::connect(&side.server)?;
        if side.is_kafka {
            hot.load.run(JAVA_WARMS_UP)?;
        }
        hot.settle()?;
        Ok(hot)
    }

    /// To a topic that exists.
    pub(crate) fn connect(server: &Server) -> Result<Self> {
        let batch = frames::batch(BATCH, now())?;
        let trains = (0..CONNECTIONS).map(|own| frames::train(TOPIC, &[own; 4], &batch));
        let trains = trains.collect::<Result<Vec<_>>>()?;
        Ok(Self { load: Load::connect(server.address, &trains, 1)?, pid: server.pid })
    }

    /// Until nothing is refused: Kafka refuses for a while what is sent to a new topic.
    fn settle(&mut self) -> Result<()> {
        for _ in 0..40 {
            if self.load.run(Duration::from_millis(500))?.refused == 0 {
                break;
            }
        }
        self.load.drain()
    }

    /// CPU microseconds of the broker a request.
    pub(crate) fn cpu_us(&mut self, seconds: f64) -> Result<f64> {
        self.load.run(Duration::from_secs_f64(seconds / 4.0))?;
        let mut costs = Vec::new();
        for _ in 0..WINDOWS {
            let before = Cpu::of(self.pid)?;
            let window = self.load.run(Duration::from_secs_f64(seconds / WINDOWS as f64))?;
            let cpu = Cpu::of(self.pid)?.since(before);
            costs.push(cpu.total() * 1e6 / window.batches as f64);
        }
        self.load.drain()?;
        Ok(median(costs).unwrap_or_default())
    }
}
