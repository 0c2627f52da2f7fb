//! What clients say they are (KIP-511): so many connections and requests by name and version.
//!
//! Names are checked where they are read; here their number is bounded, and the rest is "other".

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use broker_env::HashMap;
use parking_lot::Mutex;

#[cfg(test)]
mod tests;

/// Names with a version that have a series of their own.
const KNOWN_MAX: usize = 64;
/// A longer name or version is somebody's joke.
const LENGTH_MAX: usize = 64;

/// One name and version.
#[derive(Debug)]
pub(crate) struct Software {
    pub(crate) name: Box<str>,
    pub(crate) version: Box<str>,
    connections: AtomicU64,
    requests: AtomicU64,
}

impl Software {
    fn new(name: &str, version: &str) -> Arc<Self> {
        Arc::new(Self {
            name: name.into(),
            version: version.into(),
            connections: AtomicU64::new(0),
            requests: AtomicU64::new(0),
        })
    }

    pub(crate) fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }
}

/// A connection of some software, until it is dropped.
#[derive(Debug)]
pub(crate) struct InUse(Arc<Software>);

impl InUse {
    /// So many requests were answered.
    pub(crate) fn answered(&self, count: usize) {
        self.0.requests.fetch_add(count as u64, Ordering::Relaxed);
    }
}

impl InUse {
    pub(crate) fn software(&self) -> &Software {
        &self.0
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A name and a version.
type Named = (Box<str>, Box<str>);

/// Everything seen since the start.
#[derive(Debug)]
pub(crate) struct SoftwareTable {
    known: Mutex<HashMap<Named, Arc<Software>>>,
    other: Arc<Software>,
}

impl Default for SoftwareTable {
    fn default() -> Self {
        Self { known: Mutex::default(), other: Software::new("other", "other") }
    }
}

impl SoftwareTable {
    /// A connection introduced itself.
    pub(crate) fn enter(&self, name: &str, version: &str) -> InUse {
        let software = self.find(name, version);
        software.connections.fetch_add(1, Ordering::Relaxed);
        InUse(software)
    }

    fn find(&self, name: &str, version: &str) -> Arc<Software> {
        if name.len() > LENGTH_MAX || version.len() > LENGTH_MAX {
            return Arc::clone(&self.other);
        }
        let mut known = self.known.lock();
        let room = known.len() < KNOWN_MAX;
        match known.get(&(name.into(), version.into())) {
            Some(software) => Arc::clone(software),
            None if room => {
                let software = Software::new(name, version);
                known.insert((name.into(), version.into()), Arc::clone(&software));
                software
            }
            None => Arc::clone(&self.other),
        }
    }

    /// Everything seen, in the order of its name.
    pub(crate) fn all(&self) -> Vec<Arc<Software>> {
        let mut all: Vec<_> = self.known.lock().values().cloned().collect();
        if self.other.requests() > 0 || self.other.connections() > 0 {
            all.push(Arc::clone(&self.other));
        }
        all.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
        all
    }
}
