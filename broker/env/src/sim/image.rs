//! The contents of a file system as a value: files of shared pages, and a tree of names.
//!
//! A clone costs as much as the number of files; a page is copied when it is first changed. Files
//! live apart from their names, so that a crash may keep the one and lose the other.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use protocol_types::to_usize;

use crate::crash_safe::parent_of;
use crate::disk::{BLOCK, DirEntry, SECTOR};

#[cfg(test)]
mod tests;

/// A file apart from its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Inode(pub(super) u64);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Dir,
    File(Inode),
}

/// Everything on a simulated disk at one moment.
#[derive(Clone, Debug, Default)]
pub struct Image {
    files: BTreeMap<Inode, Arc<Body>>,
    tree: Arc<BTreeMap<PathBuf, Node>>,
    next: u64,
}

impl Image {
    /// Bytes of disk space in use: whole blocks, holes not counted.
    #[must_use]
    pub fn used_bytes(&self) -> u64 {
        self.files.values().map(|body| body.allocated_bytes()).sum()
    }

    pub(super) fn node(&self, path: &Path) -> Option<Node> {
        if is_root(path) { Some(Node::Dir) } else { self.tree.get(path).copied() }
    }

    pub(super) fn file(&self, path: &Path) -> io::Result<Inode> {
        match self.node(path) {
            Some(Node::File(inode)) => Ok(inode),
            Some(Node::Dir) => Err(failed(io::ErrorKind::IsADirectory, path, "is a directory")),
            None => Err(failed(io::ErrorKind::NotFound, path, "no such file")),
        }
    }

    /// A file that no name leads to yet.
    pub(super) fn new_inode(&mut self) -> Inode {
        let inode = Inode(self.next);
        self.next += 1;
        inode
    }

    /// Gives `inode` a name.
    pub(super) fn link(&mut self, path: &Path, inode: Inode) -> io::Result<()> {
        self.require_dir(parent_of(path))?;
        self.files.entry(inode).or_default();
        self.next = self.next.max(inode.0 + 1);
        Arc::make_mut(&mut self.tree).insert(path.to_path_buf(), Node::File(inode));
        Ok(())
    }

    pub(super) fn make_dirs(&mut self, dir: &Path) -> io::Result<()> {
        for dir in dir.ancestors().filter(|dir| !is_root(dir)) {
            match self.node(dir) {
                Some(Node::Dir) => break,
                Some(Node::File(_)) => {
                    return Err(failed(io::ErrorKind::NotADirectory, dir, "is a file"));
                }
                None => Arc::make_mut(&mut self.tree).insert(dir.to_path_buf(), Node::Dir),
            };
        }
        Ok(())
    }

    pub(super) fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        self.require_dir(parent_of(to))?;
        match self.node(from) {
            None => Err(failed(io::ErrorKind::NotFound, from, "no such file")),
            Some(Node::File(inode)) => {
                if self.node(to) == Some(Node::Dir) {
                    return Err(failed(io::ErrorKind::IsADirectory, to, "is a directory"));
                }
                let tree = Arc::make_mut(&mut self.tree);
                tree.remove(from);
                tree.insert(to.to_path_buf(), Node::File(inode));
                Ok(())
            }
            Some(Node::Dir) => self.rename_dir(from, to),
        }
    }

    fn rename_dir(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        if self.node(to).is_some() {
            return Err(failed(io::ErrorKind::AlreadyExists, to, "exists"));
        }
        let moved = self.below(from);
        let tree = Arc::make_mut(&mut self.tree);
        tree.remove(from);
        tree.insert(to.to_path_buf(), Node::Dir);
        for path in moved {
            if let (Some(node), Ok(rest)) = (tree.remove(&path), path.strip_prefix(from)) {
                tree.insert(to.join(rest), node);
            }
        }
        Ok(())
    }

    pub(super) fn unlink(&mut self, path: &Path) -> io::Result<Inode> {
        let inode = self.file(path)?;
        Arc::make_mut(&mut self.tree).remove(path);
        Ok(inode)
    }

    /// Removes an empty directory.
    pub(super) fn remove_dir(&mut self, dir: &Path) -> io::Result<()> {
        self.require_dir(dir)?;
        if !self.below(dir).is_empty() {
            return Err(failed(io::ErrorKind::DirectoryNotEmpty, dir, "is not empty"));
        }
        Arc::make_mut(&mut self.tree).remove(dir);
        Ok(())
    }

    /// Every name below `dir`, deeper ones later.
    pub(super) fn below(&self, dir: &Path) -> Vec<PathBuf> {
        let inside = |path: &&PathBuf| path.as_path() != dir && path.starts_with(dir);
        self.tree.keys().filter(inside).cloned().collect()
    }

    pub(super) fn list(&self, dir: &Path) -> io::Result<Vec<DirEntry>> {
        self.require_dir(dir)?;
        let children = self.tree.iter().filter(|(path, _)| is_child(path, dir));
        Ok(children
            .filter_map(|(path, node)| {
                let name = path.file_name()?.to_str()?.to_owned();
                let (len, is_dir) = match node {
                    Node::Dir => (0, true),
                    Node::File(inode) => (self.body(*inode).len, false),
                };
                Some(DirEntry { name, len, is_dir })
            })
            .collect())
    }

    pub(super) fn require_dir(&self, dir: &Path) -> io::Result<()> {
        match self.node(dir) {
            Some(Node::Dir) => Ok(()),
            Some(Node::File(_)) => Err(failed(io::ErrorKind::NotADirectory, dir, "is a file")),
            None => Err(failed(io::ErrorKind::NotFound, dir, "no such directory")),
        }
    }

    pub(super) fn is_linked(&self, inode: Inode) -> bool {
        self.tree.values().any(|node| *node == Node::File(inode))
    }

    /// Forgets a file whose last name and last handle are gone.
    pub(super) fn forget(&mut self, inode: Inode) {
        self.files.remove(&inode);
    }

    /// The file, empty if it never was written.
    pub(super) fn body(&self, inode: Inode) -> &Body {
        static EMPTY: Body = Body { len: 0, pages: Vec::new() };
        self.files.get(&inode).map_or(&EMPTY, |body| body)
    }

    pub(super) fn body_mut(&mut self, inode: Inode) -> &mut Body {
        Arc::make_mut(self.files.entry(inode).or_default())
    }

    /// Makes a file the same as in `other`, sharing its pages.
    pub(super) fn copy_body(&mut self, inode: Inode, other: &Self) {
        if let Some(body) = other.files.get(&inode) {
            self.files.insert(inode, Arc::clone(body));
        }
    }
}

fn is_root(path: &Path) -> bool {
    path == Path::new("/") || path == Path::new("") || path == Path::new(".")
}

fn is_child(path: &Path, dir: &Path) -> bool {
    let parent = parent_of(path);
    parent == dir || (parent == Path::new(".") && is_root(dir) && dir != Path::new("/"))
}

fn failed(kind: io::ErrorKind, path: &Path, what: &str) -> io::Error {
    io::Error::new(kind, format!("{}: {what}", path.display()))
}

type Page = Arc<[u8; BLOCK]>;

/// The bytes of one file. A page that is absent is a hole and reads as zeros.
#[derive(Clone, Debug, Default)]
pub(super) struct Body {
    len: u64,
    pages: Vec<Option<Page>>,
}

const BLOCK_U64: u64 = BLOCK as u64;
/// Simulated files stay small; a position beyond this is a mistake of the caller.
const LEN_MAX: u64 = 1 << 38;

impl Body {
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    pub(super) fn read(&self, buf: &mut [u8], at: u64) -> usize {
        let len = to_usize(self.len.saturating_sub(at).min(buf.len() as u64));
        let mut rest = buf.split_at_mut(len).0;
        let mut at = at;
        while !rest.is_empty() {
            let within = to_usize(at % BLOCK_U64);
            let (part, more) = rest.split_at_mut(rest.len().min(BLOCK - within));
            match self.page(at / BLOCK_U64) {
                Some(page) => part.copy_from_slice(page.split_at(within).1.split_at(part.len()).0),
                None => part.fill(0),
            }
            at += part.len() as u64;
            rest = more;
        }
        len
    }

    pub(super) fn write(&mut self, bytes: &[u8], at: u64) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let end = check_end(at, bytes.len() as u64)?;
        self.len = self.len.max(end);
        let mut rest = bytes;
        let mut at = at;
        while !rest.is_empty() {
            let within = to_usize(at % BLOCK_U64);
            let (part, more) = rest.split_at(rest.len().min(BLOCK - within));
            let page = Arc::make_mut(self.page_mut(at / BLOCK_U64));
            page.split_at_mut(within).1.split_at_mut(part.len()).0.copy_from_slice(part);
            at += part.len() as u64;
            rest = more;
        }
        Ok(())
    }

    pub(super) fn set_len(&mut self, len: u64) -> io::Result<()> {
        check_end(0, len)?;
        if len < self.len {
            self.zero(len, self.len - len);
            self.pages.truncate(to_usize(len.div_ceil(BLOCK_U64)));
        }
        self.len = len;
        Ok(())
    }

    pub(super) fn allocate(&mut self, len: u64) -> io::Result<()> {
        check_end(0, len)?;
        for page in 0..len.div_ceil(BLOCK_U64) {
            self.page_mut(page);
        }
        self.len = self.len.max(len);
        Ok(())
    }

    /// Drops whole pages of the range, zeroes the rest of it.
    pub(super) fn punch(&mut self, at: u64, len: u64) {
        let end = at.saturating_add(len).min(self.len);
        self.zero(at, end.saturating_sub(at));
        // The last page of the file may go although the range ends with the file within it.
        let end_page = if end == self.len { end.div_ceil(BLOCK_U64) } else { end / BLOCK_U64 };
        for page in at.div_ceil(BLOCK_U64)..end_page {
            if let Some(slot) = self.pages.get_mut(to_usize(page)) {
                *slot = None;
            }
        }
    }

    /// The 512 bytes at `sector`, zeros behind the end.
    pub(super) fn sector(&self, sector: u64) -> [u8; SECTOR] {
        let mut bytes = [0; SECTOR];
        self.read(&mut bytes, sector * SECTOR as u64);
        bytes
    }

    pub(super) fn allocated_bytes(&self) -> u64 {
        self.pages.iter().flatten().count() as u64 * BLOCK_U64
    }

    /// Pages that a write or allocation of the range would have to add.
    pub(super) fn missing_bytes(&self, at: u64, len: u64) -> u64 {
        let pages = at / BLOCK_U64..at.saturating_add(len).div_ceil(BLOCK_U64);
        pages.filter(|page| self.page(*page).is_none()).count() as u64 * BLOCK_U64
    }

    fn zero(&mut self, at: u64, len: u64) {
        let end = at + len;
        let mut at = at;
        while at < end {
            let within = to_usize(at % BLOCK_U64);
            let part = to_usize((end - at).min((BLOCK - within) as u64));
            if let Some(Some(page)) = self.pages.get_mut(to_usize(at / BLOCK_U64)) {
                Arc::make_mut(page).split_at_mut(within).1.split_at_mut(part).0.fill(0);
            }
            at += part as u64;
        }
    }

    fn page(&self, page: u64) -> Option<&Page> {
        self.pages.get(to_usize(page)).and_then(Option::as_ref)
    }

    fn page_mut(&mut self, page: u64) -> &mut Page {
        static ZEROS: OnceLock<Page> = OnceLock::new();
        let page = to_usize(page);
        if self.pages.len() <= page {
            self.pages.resize(page + 1, None);
        }
        #[expect(clippy::indexing_slicing, reason = "made long enough above")]
        self.pages[page]
            .get_or_insert_with(|| Arc::clone(ZEROS.get_or_init(|| Arc::new([0; BLOCK]))))
    }
}

fn check_end(at: u64, len: u64) -> io::Result<u64> {
    match at.checked_add(len) {
        Some(end) if end <= LEN_MAX => Ok(end),
        _ => Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("{len} bytes at {at} pass the largest simulated file"),
        )),
    }
}
