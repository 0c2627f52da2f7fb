//! Whether the broker is ready, and why it no longer is: what `/readyz` says.

use std::sync::{Arc, OnceLock};

/// Shared by whoever serves `/readyz` and whoever knows better. A broker that is not ready any more
/// never is again.
#[derive(Clone, Debug, Default)]
pub struct Readiness(Arc<OnceLock<&'static str>>);

impl Readiness {
    /// From now on `/readyz` says 503, and `why`; the first reason stays.
    pub fn end(&self, why: &'static str) {
        self.0.get_or_init(|| why);
    }

    /// Why the broker is not ready.
    pub(crate) fn ended(&self) -> Option<&'static str> {
        self.0.get().copied()
    }
}
