//! The loader of sealed files, on files of arbitrary bytes.

use std::path::Path;
use std::sync::Arc;

use broker_env::sim::{MemDisk, Rng};
use broker_log::sealed::{
    FileIdentity, ReadError, SealedFile, SealedFileWriter, SectionKind, SegmentEnd, SegmentHead,
    WriteLanes, path_of,
};
use broker_log::{CachedBatch, EpochStart, FileId, ProducerSnapshot, ReadLimits};
use crc_fast::CrcAlgorithm;
use protocol_records::{BatchBuilder, batches};
use protocol_types::{
    BrokerId, Codec, LeaderEpoch, Offset, PartitionIndex, ProducerEpoch, ProducerId, Sequence,
    Timestamp, TopicId, TopicPartition, to_usize,
};

use crate::{Shape, Target};

use super::disk::{DIR, number, put, read, with_files};

pub const SEALED: Target = Target {
    name: "sealed",
    corpus,
    repair,
    execute,
    ceiling: super::of_client_bytes,
    // Header, segments, footer and trailer lie in blocks of their own.
    shape: Shape { length_max: 256 << 10, grain: 4096 },
};

const FILE: FileId = FileId(7);

fn corpus() -> Vec<Vec<u8>> {
    vec![file(&[(1, 1)]), file(&[(3, 20), (1, 1), (40, 5)]), file(&[(30, 90), (2, 900)])]
}

/// A file of one segment for each pair of batches and records per batch.
fn file(segments: &[(u64, u64)]) -> Vec<u8> {
    let disk = Arc::new(MemDisk::new());
    match write(&disk, segments) {
        Ok(()) => read(&disk, &path_of(Path::new(DIR), FILE)),
        Err(error) => panic!("a sealed file cannot be written: {error}"),
    }
}

fn write(disk: &Arc<MemDisk>, segments: &[(u64, u64)]) -> Result<(), Box<dyn std::error::Error>> {
    use broker_env::disk::Disk;
    disk.create_dir_all(Path::new(DIR))?;
    let identity = FileIdentity {
        file: FILE,
        cluster: [5; 16],
        broker: BrokerId(1),
        created: Timestamp(1_700_000_000_000),
    };
    let disk = Arc::clone(disk) as Arc<dyn Disk>;
    let mut writer = SealedFileWriter::create(
        disk,
        Path::new(DIR),
        identity,
        &WriteLanes::default(),
        Box::new(|_| {}),
    )?;
    for (partition, &(count, records)) in (0..).zip(segments) {
        let base = Offset(1000);
        let batches = stored(base, count, records)?;
        let partition =
            TopicPartition { topic: TopicId([9; 16]), partition: PartitionIndex(partition) };
        let len = batches.iter().map(|batch| batch.len() as u64).sum();
        writer.begin_segment(SegmentHead { partition, base, len })?;
        batches.iter().try_for_each(|batch| writer.push(batch))?;
        writer.end_segment(SegmentEnd {
            producers: &[producer(base)],
            epochs: &[EpochStart { epoch: LeaderEpoch(3), start: base }],
            aborted: &[],
        })?;
    }
    writer.finish()?;
    Ok(())
}

fn stored(
    base: Offset,
    count: u64,
    records: u64,
) -> Result<Vec<Vec<u8>>, protocol_records::BuildError> {
    let batch = |n: u64| {
        let mut builder = BatchBuilder::new(Codec::None)
            .base_offset(Offset(base.0 + n * records))
            .leader_epoch(LeaderEpoch(3));
        for record in 0..records {
            let mut value = [0; 24];
            Rng::new(record).fill(&mut value);
            builder.push(Timestamp((n * 10 + record).cast_signed()), None, Some(&value), &[]);
        }
        builder.build()
    };
    (0..count).map(batch).collect()
}

fn producer(base: Offset) -> ProducerSnapshot {
    let last = CachedBatch {
        base_offset: base,
        max_timestamp: Timestamp(5),
        first_sequence: Sequence(0),
        last_delta: 0,
    };
    ProducerSnapshot {
        id: ProducerId(4),
        epoch: ProducerEpoch(0),
        last_used: Timestamp(5),
        batches: std::iter::once(last).collect(),
    }
}

/// Every checksum, inside out: sections, their table, trailer, header. Positions are those of
/// `docs/formats/sealed-file.md`.
fn repair(input: &mut [u8]) {
    const ENTRY_LEN: usize = 32;
    let Some(trailer) = input.len().checked_sub(64) else { return };
    put(input, trailer + 32, &(input.len() as u64).to_le_bytes());
    let table = number(input, trailer).map_or(0, to_usize).min(input.len());
    let sections = number(input, trailer + 8).map_or(0, |n| to_usize(n & 0xffff_ffff)).min(1000);
    for section in 0..sections {
        let entry = table + section * ENTRY_LEN;
        let place = number(input, entry + 8).zip(number(input, entry + 16));
        let Some((at, len)) = place else { break };
        put_checksum(input, to_usize(at), to_usize(len), entry + 24);
    }
    put_checksum(input, table, sections * ENTRY_LEN, trailer + 16);
    put_checksum(input, trailer, 48, trailer + 48);
    put_checksum(input, 0, 56, 56);
}

/// Writes the checksum of `len` bytes at `at` to `to`.
fn put_checksum(bytes: &mut [u8], at: usize, len: usize, to: usize) {
    let covered = at.checked_add(len).and_then(|end| bytes.get(at..end));
    if let Some(covered) = covered {
        let checksum = crc_fast::checksum(CrcAlgorithm::Crc64Nvme, covered);
        put(bytes, to, &checksum.to_le_bytes());
    }
}

fn execute(input: &[u8]) -> bool {
    let disk = with_files(&[(&path_of(Path::new(DIR), FILE), input)]);
    SealedFile::open(&disk, Path::new(DIR), FILE).and_then(|file| load(&file)).is_ok()
}

/// Everything a reader may ask of a file.
fn load(file: &SealedFile) -> Result<(), ReadError> {
    file.observed(None, SectionKind::FIRST_OBSERVED)?;
    for (index, entry) in (0..).zip(file.directory()) {
        let segment = entry.segment_ref(file.identity(), index);
        file.check_ref(&segment)?;
        file.producers(index)?;
        file.leader_epochs(index)?;
        file.aborted(index)?;
        let map = file.batch_map(index)?;
        let mut from = entry.base;
        loop {
            let limits = ReadLimits { bytes_max: 8 << 10, upto: entry.end, at_least_one: true };
            let read = file.read(&map, &segment, from, limits)?;
            for batch in batches(&read.bytes) {
                assert!(batch.is_ok_and(|batch| batch.crc_matches()), "wrong bytes were read");
            }
            if read.at_end || read.bytes.is_empty() {
                break;
            }
            assert!(read.next > from, "a read that makes no progress");
            from = read.next;
        }
    }
    Ok(())
}
