//! The checkpoint's two files, base and deltas, with arbitrary bytes in both.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use broker_env::disk::Disk;
use broker_env::sim::MemDisk;
use broker_log::checkpoint::{CheckpointError, CheckpointStore, Delta, PartitionChange, read};
use broker_log::{EpochStart, FileId, SegmentRef};
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
const HEADER_LEN: usize = 56;
const FRAME_LEN: usize = 24;

fn base_path() -> PathBuf {
    Path::new(DIR).join("base")
}

/// Of the second base, which is the first that anything stands in.
fn deltas_path() -> PathBuf {
    Path::new(DIR).join("deltas-0000000000000002")
}

fn corpus() -> Vec<Vec<u8>> {
    [(0, 0), (1, 1), (5, 4)].map(|(based, deltas)| files(based, deltas)).to_vec()
}

/// A base of so many partitions and so many deltas that change them.
fn files(based: u32, deltas: u64) -> Vec<u8> {
    let disk = Arc::new(MemDisk::new());
    match write(&disk, based, deltas) {
        Ok(()) => {}
        Err(error) => panic!("a checkpoint cannot be written: {error}"),
    }
    let (base, deltas) = (disk::read(&disk, &base_path()), disk::read(&disk, &deltas_path()));
    let length = u32::try_from(base.len()).unwrap_or(0);
    [&length.to_le_bytes()[..], &base, &deltas].concat()
}

fn write(disk: &Arc<MemDisk>, based: u32, deltas: u64) -> Result<(), CheckpointError> {
    let disk = Arc::clone(disk) as Arc<dyn Disk>;
    let (mut store, _) = CheckpointStore::open(disk, Path::new(DIR))?;
    let all = (0..based).map(|partition| change(partition, 0));
    store.write_base(Lsn(4096), FileId(9), all)?;
    for n in 1..=deltas {
        store.append_delta(&Delta {
            covered: Lsn(4096 * (n + 1)),
            next_file: 9 + n,
            changed: (0..based).map(|partition| change(partition, n)).collect(),
            removed: vec![LocalId(1000)],
        })?;
    }
    Ok(())
}

/// What span `n` adds to a partition: one segment of ten records.
fn change(partition: u32, n: u64) -> PartitionChange {
    let base = Offset(10 * n);
    let segment = SegmentRef {
        file: FileId(n),
        at: 4096,
        len: 700,
        base,
        end: Offset(base.0 + 10),
        max_timestamp: Timestamp(5),
        sealed_at: Timestamp(6),
        index: partition,
    };
    PartitionChange {
        local_id: LocalId(partition),
        partition: TopicPartition { topic: TopicId([1; 16]), partition: PartitionIndex(partition) },
        log_start: Offset(0),
        sealed_end: segment.end,
        added: vec![segment],
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
    let disk = Arc::new(disk::with_files(&[(&base_path(), base), (&deltas_path(), deltas)]));
    let open = || CheckpointStore::open(Arc::clone(&disk) as Arc<dyn Disk>, Path::new(DIR));
    let Ok((_, state)) = open() else { return false };
    let read = read(&*disk, Path::new(DIR));
    assert!(read.is_ok_and(|read| read == state), "opening dropped more than a torn end");
    true
}
