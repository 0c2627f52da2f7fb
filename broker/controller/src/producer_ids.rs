//! Hands out producer ids from blocks. A block's remainder is lost at a restart, so that no id is
//! ever given twice.

use parking_lot::Mutex;
use protocol_types::ProducerId;

use crate::commands::allocate_producer_ids::{AllocateProducerIds, ProducerIdBlock};
use crate::error::CommandError;

/// See the module documentation.
#[derive(Debug, Default)]
pub(crate) struct ProducerIds(Mutex<std::ops::Range<u64>>);

impl ProducerIds {
    /// The next id; `allocate` is called where the block is used up.
    pub(crate) fn next(
        &self,
        allocate: impl FnOnce(AllocateProducerIds) -> Result<ProducerIdBlock, CommandError>,
    ) -> Result<ProducerId, CommandError> {
        let mut block = self.0.lock();
        if block.is_empty() {
            let ProducerIdBlock { first, count } = allocate(AllocateProducerIds)?;
            *block = first.0..first.0 + u64::from(count);
        }
        let id = block.start;
        block.start += 1;
        Ok(ProducerId(id))
    }
}
