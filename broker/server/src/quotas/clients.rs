//! Quotas of users and client ids.
//!
//! A connection looks its buckets up when it first needs them and again when a quota changes or its
//! client calls itself otherwise; then it holds them. A bucket is locked for one addition. Buckets
//! nobody holds are kept while something in them counts, so that a client cannot shed its debt by
//! connecting anew.

use std::sync::{
    Arc,
    atomic::{AtomicU32, AtomicU64, Ordering},
};

use broker_controller::{CommandError, PartitionChangeQuota};
use broker_env::{Clock, HashMap};
use broker_limits::{
    BucketName, ClientQuota, ClientQuotas as Bounds, EntityPart, Meter, Sampling, Windows,
};
use broker_metadata::{EntityName, Image};
use config::BrokerConfig;
use parking_lot::Mutex;
use protocol_types::{ErrorCode, Instant};

use super::Throttle;
use crate::metrics::Limit;

#[cfg(test)]
mod tests;

/// Buckets remembered. When more are needed, those that are as good as new are forgotten, then all
/// that no connection holds.
const BUCKETS_MAX: usize = 16_384;

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct ClientQuotas {
    windows: Windows,
    /// 0 while there are no quotas; another number after each change.
    generation: AtomicU64,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    bounds: Bounds,
    changes: u64,
    buckets: HashMap<BucketName, Arc<Bucket>>,
}

/// A bucket that clients share.
#[derive(Debug)]
pub(crate) struct Bucket {
    cause: Limit,
    meter: Mutex<Meter>,
}

impl Bucket {
    /// Records `amount` and says how long to wait.
    pub(crate) fn record(&self, amount: f64, now: Instant) -> Throttle {
        Throttle::new(self.cause, self.meter.lock().record(amount, now))
    }

    /// Records `amount` only if it needs no wait.
    pub(crate) fn try_record(&self, amount: f64, now: Instant) -> Result<(), Throttle> {
        let outcome = self.meter.lock().try_record(amount, now);
        outcome.map_err(|pause| Throttle::new(self.cause, pause))
    }

    /// How long to wait before anything else.
    pub(crate) fn pause(&self, now: Instant) -> Throttle {
        Throttle::new(self.cause, self.meter.lock().pause_ms(now))
    }

    /// The most that passes without a wait.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
    pub(crate) fn largest(&self) -> u64 {
        self.meter.lock().largest() as u64
    }
}

/// The buckets one client fills; none where it may do as much as it likes.
#[derive(Debug)]
pub(crate) struct Charged {
    generation: u64,
    client_id: Box<str>,
    pub(crate) produce: Option<Arc<Bucket>>,
    pub(crate) fetch: Option<Arc<Bucket>>,
    pub(crate) request: Option<Arc<Bucket>>,
    mutation: Option<Arc<Bucket>>,
}

impl Charged {
    /// Records time spent on the client's behalf.
    pub(crate) fn time(&self, nanos: u64, now: Instant) -> Throttle {
        #[expect(clippy::cast_precision_loss, reason = "spans below 2^53 ns")]
        let percent = nanos as f64 / 1e7;
        self.request.as_ref().map_or_else(Throttle::default, |bucket| bucket.record(percent, now))
    }
}

impl ClientQuotas {
    pub(crate) fn new(config: &BrokerConfig, image: &Image) -> Self {
        let quotas = config.quotas;
        let quotas = Self {
            windows: Windows {
                client: Sampling::new(quotas.samples, quotas.sample_seconds),
                controller: Sampling::new(
                    quotas.controller_samples,
                    quotas.controller_sample_seconds,
                ),
            },
            generation: AtomicU64::new(0),
            table: Mutex::default(),
        };
        quotas.follow(image);
        quotas
    }

    /// Takes the quotas over from `image`.
    pub(crate) fn follow(&self, image: &Image) {
        let mut bounds = Bounds::default();
        for (entity, quotas) in image.quotas().iter().filter(|(entity, _)| entity.ip.is_none()) {
            let (user, client_id) = (part(entity.user.as_ref()), part(entity.client_id.as_ref()));
            for (key, value) in quotas {
                if let Some(quota) = ClientQuota::from_key(key) {
                    bounds.set(quota, user.clone(), client_id.clone(), value.0);
                }
            }
        }
        let mut table = self.table.lock();
        table.changes += 1;
        let generation = if bounds.is_empty() { 0 } else { table.changes };
        table.bounds = bounds;
        if generation == 0 {
            table.buckets.clear();
        }
        self.generation.store(generation, Ordering::Release);
    }

    /// Brings what a connection holds up to date for its next request; `true` if it changed.
    pub(crate) fn refresh(
        &self,
        held: &mut Option<Arc<Charged>>,
        user: &str,
        client_id: Option<&str>,
        now: Instant,
    ) -> bool {
        let generation = self.generation.load(Ordering::Relaxed);
        if generation == 0 {
            return held.take().is_some();
        }
        let client_id = client_id.unwrap_or_default();
        let is_current =
            |held: &Arc<Charged>| held.generation == generation && *held.client_id == *client_id;
        if held.as_ref().is_some_and(is_current) {
            return false;
        }
        *held = Some(Arc::new(self.look_up(user, client_id, now)));
        true
    }

    fn look_up(&self, user: &str, client_id: &str, now: Instant) -> Charged {
        let mut table = self.table.lock();
        let mut bucket = |quota| {
            let (name, bound) = table.bounds.resolve(quota, user, client_id)?;
            Some(table.bucket(name, bound, self.windows, now))
        };
        Charged {
            produce: bucket(ClientQuota::Produce),
            fetch: bucket(ClientQuota::Fetch),
            request: bucket(ClientQuota::Request),
            mutation: bucket(ClientQuota::ControllerMutation),
            generation: self.generation.load(Ordering::Acquire),
            client_id: client_id.into(),
        }
    }
}

impl Table {
    fn bucket(
        &mut self,
        name: BucketName,
        bound: f64,
        windows: Windows,
        now: Instant,
    ) -> Arc<Bucket> {
        if let Some(bucket) = self.buckets.get(&name) {
            bucket.meter.lock().set_bound(bound);
            return Arc::clone(bucket);
        }
        if self.buckets.len() >= BUCKETS_MAX {
            self.make_room(now);
        }
        let cause = match name.quota {
            ClientQuota::Produce => Limit::QuotaProduce,
            ClientQuota::Fetch => Limit::QuotaFetch,
            ClientQuota::Request => Limit::QuotaRequest,
            ClientQuota::ControllerMutation => Limit::QuotaControllerMutation,
        };
        let meter = Mutex::new(Meter::new(name.quota, bound, windows));
        let bucket = Arc::new(Bucket { cause, meter });
        self.buckets.insert(name, Arc::clone(&bucket));
        bucket
    }

    fn make_room(&mut self, now: Instant) {
        let held = |bucket: &Arc<Bucket>| Arc::strong_count(bucket) > 1;
        self.buckets.retain(|_, bucket| held(bucket) || !bucket.meter.lock().is_spent(now));
        if self.buckets.len() >= BUCKETS_MAX {
            self.buckets.retain(|_, bucket| held(bucket));
        }
    }
}

fn part(name: Option<&EntityName>) -> EntityPart {
    match name {
        None => EntityPart::Any,
        Some(EntityName::Default) => EntityPart::Default,
        Some(EntityName::Named(name)) => EntityPart::Named((**name).into()),
    }
}

/// The quotas of one request that is handled apart, and the wait it has come to.
#[derive(Debug)]
pub(crate) struct RequestQuota {
    charged: Arc<Charged>,
    /// For changes of partitions, in milliseconds.
    mutation_ms: AtomicU32,
}

impl RequestQuota {
    pub(crate) const fn new(charged: Arc<Charged>) -> Self {
        Self { charged, mutation_ms: AtomicU32::new(0) }
    }

    /// The same quotas, for work whose wait is not this request's.
    pub(crate) fn apart(&self) -> Self {
        Self::new(Arc::clone(&self.charged))
    }

    /// How long its client has to wait, with `busy` nanoseconds spent on it.
    pub(crate) fn throttle(&self, busy: u64, now: Instant) -> Throttle {
        let mutation = self.mutation_ms.load(Ordering::Acquire);
        let mutation = Throttle::new(Limit::QuotaControllerMutation, mutation.into());
        self.charged.time(busy, now).or(mutation)
    }
}

/// The quota of partition changes (KIP-599): who is beyond it is refused, or only made to wait if
/// its version of the request knows no such refusal.
#[derive(Debug)]
pub(crate) struct MutationQuota {
    quota: Arc<RequestQuota>,
    clock: Arc<dyn Clock>,
    strict: bool,
}

impl MutationQuota {
    /// `None` where there is no such quota.
    pub(crate) fn of(
        quota: Option<&Arc<RequestQuota>>,
        clock: &Arc<dyn Clock>,
        strict: bool,
    ) -> Option<Self> {
        let quota = quota.filter(|quota| quota.charged.mutation.is_some())?;
        Some(Self { quota: Arc::clone(quota), clock: Arc::clone(clock), strict })
    }
}

impl PartitionChangeQuota for MutationQuota {
    fn take(&self, partitions: u32) -> Result<(), CommandError> {
        let Some(bucket) = &self.quota.charged.mutation else { return Ok(()) };
        let now = self.clock.now();
        let amount = f64::from(partitions);
        let mut meter = bucket.meter.lock();
        let (pause, result) = if self.strict {
            match meter.record_unless_owing(amount, now) {
                Ok(()) => return Ok(()),
                Err(pause) => {
                    let code = ErrorCode::ThrottlingQuotaExceeded;
                    let why = "The throttling quota has been exceeded.";
                    (pause, Err(CommandError::new(code, why)))
                }
            }
        } else {
            (meter.record(amount, now), Ok(()))
        };
        let pause = u32::try_from(pause).unwrap_or(u32::MAX);
        self.quota.mutation_ms.fetch_max(pause, Ordering::AcqRel);
        result
    }
}
