//! Load at a fixed rate: requests fall due by the clock, on each connection in turn, and wait for
//! nothing. Times count from when a request was due, so a server that stalls pays for all of them.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::{LONGEST, Load, Window};
use crate::timer::{self, Timer};

impl Load {
    /// `per_second` requests a second for `span`; times of all of them, also of those that are
    /// answered later. At the end nothing is in flight.
    pub(crate) fn run_paced(&mut self, per_second: f64, span: Duration) -> Result<Window> {
        self.clear();
        let mut timer = Timer::in_poll(&self.poll)?;
        let began = Instant::now();
        let due = |number: u64| began + Duration::from_secs_f64(number as f64 / per_second);
        let mut number = 0;
        let mut events = Vec::with_capacity(256);
        loop {
            let now = Instant::now();
            while due(number) <= now && now < began + span {
                let turn = usize::try_from(number)? % self.connections.len();
                self.connections[turn].owe(due(number));
                self.send_due(turn)?;
                number += 1;
            }
            if now >= began + span {
                break;
            }
            timer.ring_at(due(number))?;
            self.wait(&mut events, LONGEST)?;
            for event in events.iter().filter(|event| event.data.u64() != timer::RANG) {
                let ready = usize::try_from(event.data.u64())?;
                self.receive(ready)?;
                self.send_due(ready)?;
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
                self.send_due(number)?;
                self.receive(number)?;
            }
        }
        self.drain()
    }

    fn send_due(&mut self, number: usize) -> Result<()> {
        self.connections[number].send_due(&mut self.late)
    }
}
