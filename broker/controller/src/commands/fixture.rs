//! What the commands' tests decide upon.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};

use config::{Loader, Profile};

use super::*;
use crate::commands::boot::Boot;

/// Never refuses, and counts what was taken.
#[derive(Debug, Default)]
pub(super) struct CountingQuota(AtomicU32);

impl CountingQuota {
    pub(super) fn taken(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

impl PartitionChangeQuota for CountingQuota {
    fn take(&self, partitions: u32) -> Result<(), CommandError> {
        self.0.fetch_add(partitions, Ordering::Relaxed);
        Ok(())
    }
}

/// An image that commands change, as the controller would.
#[derive(Debug)]
pub(super) struct Fixture {
    pub(super) image: Image,
    pub(super) config: BrokerConfig,
    pub(super) quota: CountingQuota,
    ids: Cell<u8>,
}

impl Fixture {
    /// A booted broker with node.id 1.
    pub(super) fn new() -> Self {
        Self::with(&[])
    }

    pub(super) fn with(flags: &[(&str, &str)]) -> Self {
        let mut loader = Loader::new(Profile::Standard);
        for (name, value) in flags {
            loader = loader.flag(name, value).unwrap();
        }
        let config = loader.build().unwrap();
        let image = Image::empty(&config).unwrap();
        let quota = CountingQuota::default();
        let mut fixture = Self { image, config, quota, ids: Cell::new(0) };
        fixture.run(Boot).unwrap();
        fixture
    }

    /// Decides a command without applying it.
    pub(super) fn decide<C: Command>(
        &self,
        command: C,
    ) -> Result<Decision<C::Outcome>, CommandError> {
        let new_id = || {
            self.ids.set(self.ids.get() + 1);
            [self.ids.get(); 16]
        };
        let facts = Facts {
            image: &self.image,
            config: &self.config,
            now: Timestamp(1_000),
            new_id: &new_id,
            quota: &self.quota,
        };
        command.decide(&facts)
    }

    /// Decides and applies.
    pub(super) fn run<C: Command>(&mut self, command: C) -> Result<C::Outcome, CommandError> {
        let Decision { records, outcome } = self.decide(command)?;
        self.image = self.image.apply(&records).unwrap().0;
        Ok(outcome)
    }
}
