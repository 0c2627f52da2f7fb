//! Which sealed files somebody has open, in the cache or for a read that outlives its place there.

use std::sync::Arc;

use broker_env::HashMap;
use parking_lot::Mutex;

use crate::FileId;

/// See the module documentation.
#[derive(Debug, Default)]
pub(super) struct OpenFiles {
    handles: Mutex<HashMap<FileId, u32>>,
}

/// Somebody has the file open, or is about to.
#[derive(Debug)]
pub(super) struct OpenMark {
    files: Arc<OpenFiles>,
    file: FileId,
}

impl OpenFiles {
    /// To be made before the file is opened: whoever then finds it without a mark, and under another name, knows
    /// that nobody reads it.
    pub(super) fn mark(self: &Arc<Self>, file: FileId) -> OpenMark {
        *self.handles.lock().entry(file).or_insert(0) += 1;
        OpenMark { files: Arc::clone(self), file }
    }

    pub(super) fn is_open(&self, file: FileId) -> bool {
        self.handles.lock().contains_key(&file)
    }
}

impl Drop for OpenMark {
    fn drop(&mut self) {
        let mut handles = self.files.handles.lock();
        if let Some(count) = handles.get_mut(&self.file) {
            *count -= 1;
            if *count == 0 {
                handles.remove(&self.file);
            }
        }
    }
}
