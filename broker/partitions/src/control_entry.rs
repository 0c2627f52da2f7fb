//! Entries of the ring that are the broker's own: no data, always synced.

use broker_wal::{Class, Entry, EntryKind, Full};
use protocol_types::{FlushPolicy, LocalId};

use crate::Storage;
use crate::append::Ack;

impl Storage {
    /// Appends one entry of `kind` about the partition `local`, which takes its room from `class`.
    ///
    /// # Errors
    /// When there is no room for it.
    pub(crate) fn append_control(
        &self,
        kind: EntryKind,
        local: LocalId,
        class: Class,
        payload: &[u8],
    ) -> Result<Ack, Full> {
        let len = payload.len() as u64;
        let admission = self.wal.admit(class, 1, len, len)?;
        let flush = FlushPolicy::Fsync;
        let entry = Entry { kind, local_id: local, class, flush, parts: [payload, &[]] };
        let lsn = self.wal.append(admission, &[entry], &mut Vec::with_capacity(1));
        Ok(Ack { lsn, policy: flush })
    }
}
