//! What is durable and what is pending after a sequence of operations.

use std::path::{Path, PathBuf};

use super::choices::Kept;
use super::{DiskOp, Image, Inode, Sync};
use crate::crash_safe::parent_of;
use crate::disk::SECTOR;
use crate::sim::image::{Body, Node};

const SECTOR_U64: u64 = SECTOR as u64;

#[derive(Debug)]
pub(super) struct Model {
    /// What a process sees: every operation applied.
    seen: Image,
    /// What survives for certain.
    durable: Image,
    /// What may survive, in order of issue.
    pending: Vec<Change>,
    /// A write with [`Sync::OwnBytes`] that has not returned yet: file, first and last sector.
    in_flight: Option<(Inode, u64, u64)>,
}

#[derive(Debug)]
enum Change {
    /// `end`: the length of the file this write made, at least.
    Sector {
        file: Inode,
        sector: u64,
        bytes: Box<[u8; SECTOR]>,
        end: u64,
    },
    Meta {
        file: Inode,
        meta: Meta,
    },
    Name {
        dirs: [PathBuf; 2],
        name: Name,
    },
}

#[derive(Clone, Copy, Debug)]
enum Meta {
    Length(u64),
    Allocate(u64),
    Punch { at: u64, len: u64 },
}

#[derive(Debug)]
enum Name {
    Link { path: PathBuf, file: Inode },
    Rename { from: PathBuf, to: PathBuf },
    Unlink(PathBuf),
    RemoveDir(PathBuf),
}

impl Model {
    pub(super) fn new(start: &Image) -> Self {
        Self { seen: start.clone(), durable: start.clone(), pending: Vec::new(), in_flight: None }
    }

    pub(super) fn pending(&self) -> usize {
        self.pending.len()
    }

    pub(super) fn image(&self, kept: &Kept) -> Image {
        let mut image = self.durable.clone();
        for (at, change) in self.pending.iter().enumerate() {
            if kept.has(at) {
                change.apply(&mut image);
            }
        }
        image
    }

    /// Lets the operation before return, then starts `op`. A sync returns at once: while it is in
    /// flight the disk is in one of the states of the point before.
    pub(super) fn issue(&mut self, op: DiskOp) {
        self.settle();
        match op {
            DiskOp::Create { path, file } => {
                self.change_name(
                    [&path, &path],
                    Name::Link { path: path.clone(), file: Inode(file) },
                );
            }
            DiskOp::Write { file, at, bytes, sync } => self.write(Inode(file), at, &bytes, sync),
            DiskOp::SyncData { file } => self.sync_file(Inode(file)),
            DiskOp::Allocate { file, len } => self.change_meta(Inode(file), Meta::Allocate(len)),
            DiskOp::PunchHole { file, at, len } => {
                self.change_meta(Inode(file), Meta::Punch { at, len });
            }
            DiskOp::SetLen { file, len } => self.change_meta(Inode(file), Meta::Length(len)),
            DiskOp::MakeDirs { dir } => {
                // Durable when it returns; that nothing of it is there is the point before.
                let _ = self.seen.make_dirs(&dir);
                let _ = self.durable.make_dirs(&dir);
            }
            DiskOp::Rename { from, to } => {
                let name = Name::Rename { from: from.clone(), to: to.clone() };
                self.change_name([&from, &to], name);
            }
            DiskOp::Remove { path } => {
                self.change_name([&path, &path], Name::Unlink(path.clone()));
            }
            DiskOp::RemoveDirs { dir } => self.remove_dirs(&dir),
            DiskOp::SyncDir { dir } => self.sync_dir(&dir),
            DiskOp::Mark(_) => {}
        }
    }

    /// Lets the operation in flight return: what it promised is durable.
    pub(super) fn settle(&mut self) {
        if let Some((file, first, last)) = self.in_flight.take() {
            self.settle_own_bytes(file, first, last);
        }
    }

    fn sync_file(&mut self, file: Inode) {
        self.pending.retain(|change| change.file() != Some(file));
        self.durable.copy_body(file, &self.seen);
    }

    fn sync_dir(&mut self, dir: &Path) {
        let durable = &mut self.durable;
        self.pending.retain(|change| {
            let synced = change.is_name_in(dir);
            if synced {
                change.apply(durable);
            }
            !synced
        });
    }

    fn write(&mut self, file: Inode, at: u64, bytes: &[u8], sync: Sync) {
        if bytes.is_empty() {
            return;
        }
        let body = self.seen.body_mut(file);
        let _ = body.write(bytes, at);
        let end = at + bytes.len() as u64;
        let (first, last) = (at / SECTOR_U64, (end - 1) / SECTOR_U64);
        for sector in first..=last {
            let bytes = Box::new(body.sector(sector));
            self.pending.push(Change::Sector { file, sector, bytes, end });
        }
        if sync == Sync::OwnBytes {
            self.in_flight = Some((file, first, last));
        }
    }

    /// The sectors are durable, and with them the file's lengths and holes so far, which lie in
    /// the same journal; other sectors written earlier stay pending.
    fn settle_own_bytes(&mut self, file: Inode, first: u64, last: u64) {
        let pending = std::mem::take(&mut self.pending);
        for change in pending {
            match change {
                Change::Meta { file: of, meta } if of == file => {
                    meta.apply(self.durable.body_mut(file));
                    self.pending.retain(|earlier| !earlier.is_erased_by(file, meta));
                }
                Change::Sector { file: of, sector, .. }
                    if of == file && (first..=last).contains(&sector) =>
                {
                    change.apply(&mut self.durable);
                }
                Change::Meta { .. } | Change::Sector { .. } | Change::Name { .. } => {
                    self.pending.push(change);
                }
            }
        }
    }

    fn change_meta(&mut self, file: Inode, meta: Meta) {
        meta.apply(self.seen.body_mut(file));
        self.pending.push(Change::Meta { file, meta });
    }

    fn change_name(&mut self, paths: [&Path; 2], name: Name) {
        let dirs = paths.map(|path| parent_of(path).to_path_buf());
        let change = Change::Name { dirs, name };
        change.apply(&mut self.seen);
        self.pending.push(change);
    }

    /// Name by name, so that a crash may leave a part; all durable with the parent's sync.
    fn remove_dirs(&mut self, dir: &Path) {
        for path in self.seen.below(dir).into_iter().rev() {
            let name = match self.seen.node(&path) {
                Some(Node::Dir) => Name::RemoveDir(path),
                _ => Name::Unlink(path),
            };
            self.change_name([dir, dir], name);
        }
        self.change_name([dir, dir], Name::RemoveDir(dir.to_path_buf()));
    }
}

impl Change {
    fn file(&self) -> Option<Inode> {
        match self {
            Self::Sector { file, .. } | Self::Meta { file, .. } => Some(*file),
            Self::Name { .. } => None,
        }
    }

    fn is_name_in(&self, dir: &Path) -> bool {
        matches!(self, Self::Name { dirs, .. } if dirs.iter().any(|in_dir| in_dir == dir))
    }

    /// Whether this sector of `file` was cut off or punched by `meta`, issued after it.
    fn is_erased_by(&self, file: Inode, meta: Meta) -> bool {
        let Self::Sector { file: of, sector, .. } = self else { return false };
        let (start, end) = (sector * SECTOR_U64, (sector + 1) * SECTOR_U64);
        *of == file
            && match meta {
                Meta::Length(len) => start >= len,
                Meta::Allocate(_) => false,
                Meta::Punch { at, len } => start >= at && end <= at.saturating_add(len),
            }
    }

    /// A name change whose precondition was itself lost has no effect.
    fn apply(&self, image: &mut Image) {
        match self {
            Self::Sector { file, sector, bytes, end } => {
                let at = sector * SECTOR_U64;
                let body = image.body_mut(*file);
                // The last sector of a write reaches as far as the file does.
                let len = SECTOR_U64.min(end.max(&body.len()) - at);
                let bytes = bytes.split_at(protocol_types::to_usize(len)).0;
                let _ = body.write(bytes, at);
            }
            Self::Meta { file, meta } => meta.apply(image.body_mut(*file)),
            Self::Name { name, .. } => name.apply(image),
        }
    }
}

impl Meta {
    fn apply(self, body: &mut Body) {
        let _ = match self {
            Self::Length(len) => body.set_len(len),
            Self::Allocate(len) => body.allocate(len),
            Self::Punch { at, len } => {
                body.punch(at, len);
                Ok(())
            }
        };
    }
}

impl Name {
    fn apply(&self, image: &mut Image) {
        let _ = match self {
            Self::Link { path, file } => image.link(path, *file),
            Self::Rename { from, to } => image.rename(from, to),
            Self::Unlink(path) => image.unlink(path).map(drop),
            Self::RemoveDir(dir) => image.remove_dir(dir),
        };
    }
}
