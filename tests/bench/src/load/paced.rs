//! Load at a fixed rate: requests fall due by the clock, on each connection in turn, and wait for
//! nothing. Times count from when a request was due, so a server that stalls pays for all of them.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::{Load, Window};

impl Load {
    /// `per_second` requests a second for `span`; times of all of them, also of those that are
    /// answered later. At the end nothing is in flight.
    pub(crate) fn run_paced(&mut self, per_second: f64, span: Duration) -> Result<Window> {
        self.clear();
        let began = Instant::now();
        let due = |number: u64| began + Duration::from_secs_f64(number as f64 / per_second);
        let mut number = 0;
        let mut events = Vec::with_capacity(256);
        loop {
            let now = Instant::now();
            while due(number) <= now && now < began + span {
                let turn = usize::try_from(number)? % self.connections.len();
                self.connections[turn].owe(due(number));
                self.connections[turn].send_due()?;
                number += 1;
            }
            if now >= began + span {
                break;
            }
            self.wait(&mut events, due(number).saturating_duration_since(Instant::now()))?;
            for event in &events {
                let ready = usize::try_from(event.data.u64())?;
                self.receive(ready)?;
                self.connections[ready].send_due()?;
            }
        }
        let elapsed = began.elapsed();
        self.finish_due()?;
        Ok(self.window(elapsed))
    }

    /// Sends what fell due and could not be sent, and takes in all answers.
    fn finish_due(&mut self) -> Result<()> {
        while self.connections.iter().any(|connection| !connection.is_sent()) {
            for number in 0..self.connections.len() {
                self.connections[number].send_due()?;
                self.receive(number)?;
            }
        }
        self.drain()
    }
}
