//! Who looks at records while the sealer writes them to a file: one set of observers for each file, made as
//! the file begins. What they are for is no matter of partitions.

use std::fmt;

use broker_log::sealed::SegmentObserver;

type Make = dyn Fn() -> Vec<Box<dyn SegmentObserver>> + Send + Sync;

/// Makes the observers of one sealed file.
pub struct ObserverFactory(Box<Make>);

impl ObserverFactory {
    /// `make` is called on the sealer's thread, and once more for a file that is begun anew after an
    /// error: what observers keep beside the file must bear seeing a record twice.
    #[must_use]
    pub fn new(make: impl Fn() -> Vec<Box<dyn SegmentObserver>> + Send + Sync + 'static) -> Self {
        Self(Box::new(make))
    }

    /// Nobody looks, and no batch is decoded.
    #[must_use]
    pub fn none() -> Self {
        Self::new(Vec::new)
    }

    pub(crate) fn make(&self) -> Vec<Box<dyn SegmentObserver>> {
        (self.0)()
    }
}

impl fmt::Debug for ObserverFactory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObserverFactory").finish_non_exhaustive()
    }
}
