//! A file of a [`FaultDisk`]. Torn writes and rot go through a second, buffered handle found by
//! path, because they are not aligned: the file still has the name it was opened by.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::{Call, Fault, FaultDisk, flip_bits};
use crate::disk::{DiskFile, Open, Sync};

#[derive(Debug)]
pub(super) struct FaultFile {
    pub(super) disk: FaultDisk,
    pub(super) path: PathBuf,
    pub(super) file: Arc<dyn DiskFile>,
}

impl FaultFile {
    fn check(&self, call: Call) -> io::Result<()> {
        self.disk.check(call, &self.path)
    }
}

impl DiskFile for FaultFile {
    fn read_at(&self, buf: &mut [u8], at: u64) -> io::Result<usize> {
        let fault = self.disk.hit(Call::Read, &self.path, at, buf.len());
        match fault {
            None => self.file.read_at(buf, at),
            Some(Fault::FlipOnRead { at: position, mask }) => {
                let count = self.file.read_at(buf, at)?;
                let within = protocol_types::to_usize(position - at);
                if let Some(byte) = buf.get_mut(within) {
                    *byte ^= mask;
                }
                Ok(count)
            }
            Some(fault) => Err(fault.error()),
        }
    }

    fn write_at(&self, bytes: &[u8], at: u64, sync: Sync) -> io::Result<()> {
        match self.disk.hit(Call::Write, &self.path, at, bytes.len()) {
            None => self.file.write_at(bytes, at, sync),
            Some(Fault::FlipAtRest { at: position, mask }) => {
                self.file.write_at(bytes, at, sync)?;
                flip_bits(&*self.disk.inner, &self.path, position, mask)
            }
            Some(fault @ Fault::ShortWrite { bytes: count }) => {
                let torn = bytes.get(..count).unwrap_or(bytes);
                self.disk.inner.open(&self.path, Open::update())?.write_at(torn, at, sync)?;
                Err(fault.error())
            }
            Some(fault) => Err(fault.error()),
        }
    }

    fn sync_data(&self) -> io::Result<()> {
        self.check(Call::SyncData)?;
        self.file.sync_data()
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        self.check(Call::Allocate)?;
        self.file.allocate(len)
    }

    fn punch_hole(&self, at: u64, len: u64) -> io::Result<()> {
        self.check(Call::PunchHole)?;
        self.file.punch_hole(at, len)
    }

    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.check(Call::SetLen)?;
        self.file.set_len(len)
    }

    fn try_lock(&self) -> io::Result<bool> {
        self.file.try_lock()
    }

    fn drop_cache(&self) -> io::Result<()> {
        self.check(Call::DropCache)?;
        self.file.drop_cache()
    }

    fn is_direct(&self) -> bool {
        self.file.is_direct()
    }
}
