//! The checkpoint's base and deltas with arbitrary bytes in both, beside a file of pages that is
//! whole: the base says where in it pages are.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use broker_env::disk::Disk;
use broker_env::sim::MemDisk;
use broker_log::checkpoint::{
    CheckpointError, CheckpointStore, Delta, PageCache, PartitionChange, read,
};
use broker_log::{EpochStart, FileId, PAGE_SEGMENTS, RESIDENT_SEGMENTS, SegmentRef};
use crc_fast::{CrcAlgorithm, Digest};
use protocol_types::{
    LeaderEpoch, LocalId, Lsn, Offset, PartitionIndex, Timestamp, TopicId, TopicPartition, to_usize,
};

use crate::{Shape, Target};

use super::disk::{self, DIR, number, put};

pub const CHECKPOINT: Target = Target {
    name: "checkpoint",
    corpus,
    repair,
    execute,
    ceiling: super::of_client_bytes,
    shape: Shape { length_max: 64 << 10, grain: 0 },
};

/// The base's length stands in front of it; the deltas follow.
const PREFIX_LEN: usize = 4;
/// Segments of which a page is made.
const PAGED: u64 = (PAGE_SEGMENTS + RESIDENT_SEGMENTS) as u64;
const HEADER_LEN: usize = 56;
const FRAME_LEN: usize = 24;

fn base_path() -> PathBuf {
    Path::new(DIR).join("base")
}

/// Of the second base, which is the first that anything stands in.
fn deltas_path() -> PathBuf {
    Path::new(DIR).join("deltas-0000000000000002")
}

fn pages_path() -> PathBuf {
    Path::new(DIR).join("pages-0000000000000001")
}

fn corpus() -> Vec<Vec<u8>> {
    let few = [(0, 0), (1, 1), (5, 4)].map(|(based, deltas)| files(&written(based, deltas, 1)));
    let paged = files(&written(1, 1, PAGED));
    few.into_iter().chain([paged]).collect()
}

/// The file of pages of every run.
fn pages() -> &'static [u8] {
    static PAGES: OnceLock<Vec<u8>> = OnceLock::new();
    PAGES.get_or_init(|| disk::read(&written(1, 0, PAGED), &pages_path()))
}

/// A base of so many partitions with so many segments, and so many deltas that change them.
fn written(based: u32, deltas: u64, segments: u64) -> Arc<MemDisk> {
    let disk = Arc::new(MemDisk::new());
    match write(&disk, based, deltas, segments) {
        Ok(()) => disk,
        Err(error) => panic!("a checkpoint cannot be written: {error}"),
    }
}

fn files(disk: &Arc<MemDisk>) -> Vec<u8> {
    let (base, deltas) = (disk::read(disk, &base_path()), disk::read(disk, &deltas_path()));
    let length = u32::try_from(base.len()).unwrap_or(0);
    [&length.to_le_bytes()[..], &base, &deltas].concat()
}

fn write(
    disk: &Arc<MemDisk>,
    based: u32,
    deltas: u64,
    segments: u64,
) -> Result<(), CheckpointError> {
    let disk = Arc::clone(disk) as Arc<dyn Disk>;
    let (mut store, _) = CheckpointStore::open(disk, Path::new(DIR))?;
    let all = (0..based).map(|partition| change(partition, 0..segments));
    store.write_base(Lsn(4096), FileId(9), all)?;
    for n in 1..=deltas {
        store.append_delta(&Delta {
            covered: Lsn(4096 * (n + 1)),
            next_file: 9 + n,
            changed: (0..based)
                .map(|partition| change(partition, segments + n - 1..segments + n))
                .collect(),
            removed: vec![LocalId(1000)],
        })?;
    }
    Ok(())
}

/// What some spans add to a partition: a segment of ten records each.
fn change(partition: u32, spans: Range<u64>) -> PartitionChange {
    let sealed_end = Offset(10 * spans.end);
    let segment = |n: u64| SegmentRef {
        file: FileId(n),
        at: 4096,
        len: 700,
        base: Offset(10 * n),
        end: Offset(10 * n + 10),
        max_timestamp: Timestamp(5),
        sealed_at: Timestamp(6),
        index: partition,
    };
    PartitionChange {
        local_id: LocalId(partition),
        partition: TopicPartition { topic: TopicId([1; 16]), partition: PartitionIndex(partition) },
        log_start: Offset(0),
        sealed_end,
        pages: Vec::new(),
        added: spans.map(segment).collect(),
        epochs: vec![EpochStart { epoch: LeaderEpoch(1), start: Offset(0) }],
        producers: Vec::new(),
    }
}

/// Header and frame checksums of both files, as `docs/formats/checkpoint.md` has them.
fn repair(input: &mut [u8]) {
    let Some((prefix, files)) = input.split_at_mut_checked(PREFIX_LEN) else { return };
    let length = prefix.first_chunk().copied().map_or(0, u32::from_le_bytes);
    let middle = to_usize(length.into()).min(files.len());
    let (base, deltas) = files.split_at_mut(middle);
    seal(base);
    seal(deltas);
}

fn seal(file: &mut [u8]) {
    let checksum = crc_of(&[file.get(..48).unwrap_or_default()]);
    put(file, 48, &checksum.to_le_bytes());
    let mut at = HEADER_LEN;
    for n in 1_u64.. {
        put(file, at + 8, &n.to_le_bytes());
        let Some(length) = number(file, at).map(|word| to_usize(word >> 32)) else { return };
        let payload_at = at + FRAME_LEN;
        let Some(payload) = file.get(payload_at..payload_at + length) else { return };
        let head = file.get(at..at + 16).unwrap_or_default();
        let checksum = crc_of(&[head, payload]);
        put(file, at + 16, &checksum.to_le_bytes());
        at = payload_at + length;
    }
}

fn crc_of(parts: &[&[u8]]) -> u64 {
    let mut digest = Digest::new(CrcAlgorithm::Crc64Nvme);
    parts.iter().for_each(|part| digest.update(part));
    digest.finalize()
}

fn execute(input: &[u8]) -> bool {
    let Some((prefix, files)) = input.split_first_chunk::<PREFIX_LEN>() else { return false };
    let middle = to_usize(u32::from_le_bytes(*prefix).into()).min(files.len());
    let (base, deltas) = files.split_at(middle);
    let disk = Arc::new(disk::with_files(&[
        (&base_path(), base),
        (&deltas_path(), deltas),
        (&pages_path(), pages()),
    ]));
    let open = || CheckpointStore::open(Arc::clone(&disk) as Arc<dyn Disk>, Path::new(DIR));
    let Ok((_, state)) = open() else { return false };
    let read = read(&*disk, Path::new(DIR));
    let cache = PageCache::new(Arc::clone(&disk) as Arc<dyn Disk>, DIR.into(), 16 << 10);
    let mut paged = state.partitions.values().flat_map(|partition| &partition.state.pages);
    if let Some(page) = paged.next() {
        // A page is whole or an error; tools read all of them or none.
        let whole = cache.load(page).is_ok() && paged.all(|page| cache.load(page).is_ok());
        assert_eq!(read.is_ok(), whole, "tools and broker disagree about a page");
    } else {
        assert!(read.is_ok_and(|read| read == state), "opening dropped more than a torn end");
    }
    true
}
