use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use broker_env::disk::OsDisk;
use broker_env::sim::{Call, Fault, FaultDisk, Kept, MemDisk, RecordingDisk, Rule};
use parking_lot::Mutex;
use protocol_records::DecodedBatch;
use protocol_types::Codec;
use rstest::rstest;

use super::*;
use crate::FileId;
use crate::sealed::fixture::{
    DIR, Plan, identity, mem_disk, sample, stored, unpaced, write, write_into,
};
use crate::sealed::{ObservedSection, SealedFile, list, reclaim};

fn open(disk: &Arc<dyn Disk>, file: u64) -> SealedFile {
    SealedFile::open(disk.as_ref(), Path::new(DIR), FileId(file)).unwrap()
}

#[test]
fn a_file_gives_back_what_was_put_in() {
    let disk = mem_disk();
    let meta = write(&disk, 5, &sample()).unwrap();
    let file = open(&disk, 5);
    assert_eq!(*file.identity(), identity(5));
    assert_eq!(file.len(), meta.len);
    assert_eq!(meta.segments.len(), 2);
    for (index, plan) in (0..).zip(sample()) {
        let entry = &file.directory()[index as usize];
        assert_eq!((entry.partition, entry.base), (plan.partition, Offset(plan.base)));
        assert_eq!(entry.len, plan.bytes().len() as u64);
        assert_eq!(&file.bytes(entry.at, entry.len).unwrap()[..], plan.bytes());
        assert_eq!(file.producers(index).unwrap(), plan.producers);
        assert_eq!(file.leader_epochs(index).unwrap(), plan.epochs);
        assert_eq!(file.aborted(index).unwrap(), plan.aborted);
        let segment = meta.segments[index as usize];
        assert_eq!(segment.partition, plan.partition);
        file.check_ref(&segment.segment).unwrap();
    }
    let segment = meta.segments[0].segment;
    assert_eq!((segment.base, segment.end), (Offset(100), Offset(106)));
    assert_eq!(segment.max_timestamp, Timestamp(40));
    assert_eq!(list(disk.as_ref(), Path::new(DIR)).unwrap(), [(FileId(5), meta.len)]);
}

#[test]
fn a_real_file_system_accepts_what_is_written_and_read() {
    let dir = tempfile::tempdir().unwrap();
    let disk: Arc<dyn Disk> = Arc::new(OsDisk);
    let plans = [sample().remove(0), Plan::new(1, 0, &[[1].as_slice(); 9], &[7; 200_001])];
    let writer = SealedFileWriter::create(
        Arc::clone(&disk),
        dir.path(),
        identity(1),
        &WriteLanes::default(),
        unpaced(),
    )
    .unwrap();
    let meta = write_into(writer, &plans).unwrap();
    let file = SealedFile::open(disk.as_ref(), dir.path(), FileId(1)).unwrap();
    for (index, plan) in (0..).zip(&plans) {
        file.verify_segment(index).unwrap();
        let entry = file.directory()[index as usize];
        assert_eq!(&file.bytes(entry.at, entry.len).unwrap()[..], plan.bytes());
    }
    let SegmentRef { file: id, at, len, .. } = meta.segments[1].segment;
    reclaim(disk.as_ref(), dir.path(), id, at..at + len).unwrap();
    file.verify_segment(0).unwrap();
}

#[test]
fn large_segments_start_on_a_block_and_small_ones_are_packed() {
    let disk = mem_disk();
    let large = |partition| Plan::new(partition, 0, &[[1].as_slice(); 3], &[7; 30_000]);
    let small = |partition| Plan::new(partition, 0, &[&[1]], b"small");
    let plans = [small(0), small(1), large(2), small(3), large(4)];
    let meta = write(&disk, 1, &plans).unwrap();
    let at: Vec<(u64, u64)> = meta.segments.iter().map(|s| (s.segment.at, s.segment.len)).collect();
    assert_eq!(at[0].0, 4096);
    assert_eq!(at[1].0, at[0].0 + at[0].1);
    assert_eq!(at[2].0, 8192);
    assert_eq!(at[3].0, at[2].0 + at[2].1);
    assert_eq!(at[4].0 % 4096, 0);
}

#[test]
fn writes_are_small_and_paced() {
    let disk = mem_disk();
    let (bytes, largest) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let pace: Pace = {
        let (bytes, largest) = (Arc::clone(&bytes), Arc::clone(&largest));
        Box::new(move |len| {
            bytes.fetch_add(len, Ordering::Relaxed);
            largest.fetch_max(len, Ordering::Relaxed);
        })
    };
    let writer = SealedFileWriter::create(
        Arc::clone(&disk),
        Path::new(DIR),
        identity(1),
        &WriteLanes::default(),
        pace,
    )
    .unwrap();
    let plan = Plan::new(0, 0, &[[1].as_slice(); 20], &[7; 200_000]);
    let meta = write_into(writer, &[plan]).unwrap();
    assert_eq!(bytes.load(Ordering::Relaxed) as u64, meta.len);
    assert_eq!(largest.load(Ordering::Relaxed), 1 << 20);
}

#[rstest]
#[case::flipped_bit(|batch: &mut Vec<u8>| *batch.last_mut().unwrap() ^= 4, "checksum mismatch")]
#[case::cut_off(|batch: &mut Vec<u8>| batch.truncate(70), "not a batch")]
#[case::wrong_offset(|batch: &mut Vec<u8>| batch[7] ^= 1, "does not continue its segment")]
#[case::no_epoch(|batch: &mut Vec<u8>| batch[12..16].fill(0xff), "has no leader epoch")]
#[case::longer(|batch: &mut Vec<u8>| *batch = stored(101, 2, &[5], b"arrived, late"), "its segment ends here, with another length than announced")]
fn r17_only_the_acknowledged_bytes_are_sealed(
    #[case] damage: fn(&mut Vec<u8>),
    #[case] expected: &str,
) {
    let disk = mem_disk();
    let mut plan = Plan::new(0, 100, &[&[10], &[5], &[40]], b"departed");
    let announced = plan.bytes().len() as u64;
    damage(&mut plan.batches[1]);
    let mut writer = SealedFileWriter::create(
        Arc::clone(&disk),
        Path::new(DIR),
        identity(1),
        &WriteLanes::default(),
        unpaced(),
    )
    .unwrap();
    let head = SegmentHead { partition: plan.partition, base: Offset(100), len: announced };
    writer.begin_segment(head).unwrap();
    let pushed = plan.batches.iter().try_for_each(|batch| writer.push(batch));
    let error = pushed.and_then(|()| writer.end_segment(SegmentEnd::default())).unwrap_err();
    assert!(matches!(error, SealError::BadBatch { what, .. } if what == expected), "{error}");
    drop(writer);
    assert_eq!(list(disk.as_ref(), Path::new(DIR)).unwrap(), []);
}

#[rstest]
#[case::no_space_first_write(Call::Write, 1, Fault::NoSpace, true)]
#[case::no_space_later(Call::Write, 3, Fault::NoSpace, true)]
#[case::eio(Call::Write, 2, Fault::Eio, false)]
#[case::short_write(Call::Write, 2, Fault::ShortWrite { bytes: 512 }, false)]
#[case::sync(Call::SyncData, 1, Fault::Eio, false)]
#[case::sync_dir(Call::SyncDir, 1, Fault::Eio, false)]
#[case::open(Call::Open, 1, Fault::NoSpace, true)]
fn a_failing_disk_leaves_no_file_behind(
    #[case] call: Call,
    #[case] nth: u64,
    #[case] fault: Fault,
    #[case] no_space: bool,
) {
    let faults = FaultDisk::over(mem_disk());
    let injected = faults.inject(Rule::on(call).nth(nth), fault);
    let disk: Arc<dyn Disk> = Arc::new(faults);
    let plans = [Plan::new(0, 0, &[[1].as_slice(); 20], &[7; 200_000])];
    let error = write(&disk, 1, &plans).unwrap_err();
    assert_eq!(injected.hits(), 1);
    assert_eq!(matches!(error, SealError::NoSpace { file: FileId(1) }), no_space, "{error}");
    assert_eq!(list(disk.as_ref(), Path::new(DIR)).unwrap(), []);
    write(&disk, 2, &plans).unwrap();
}

#[test]
fn a_number_is_never_used_twice() {
    let disk = mem_disk();
    write(&disk, 1, &sample()).unwrap();
    assert!(matches!(write(&disk, 1, &sample()), Err(SealError::Io { doing: "create it", .. })));
    assert_eq!(open(&disk, 1).directory().len(), 2);
}

#[test]
fn a_finished_file_survives_a_crash() {
    let mem = MemDisk::new();
    mem.create_dir_all(Path::new(DIR)).unwrap();
    let recording = RecordingDisk::over(mem.image());
    let log = recording.log().clone();
    let disk: Arc<dyn Disk> = Arc::new(recording);
    write(&disk, 1, &sample()).unwrap();
    log.mark(1);
    let (mut points, mut checked) = (log.points(), 0);
    while let Some(point) = points.advance() {
        if !point.marks().is_empty() {
            let found: Arc<dyn Disk> =
                Arc::new(MemDisk::from_image(point.image(&Kept::none(point.pending()))));
            assert_eq!(open(&found, 1).directory().len(), 2);
            checked += 1;
        }
    }
    assert_eq!(checked, 1);
}

/// Counts what it is shown.
struct Counter {
    records: u32,
    undecodable: u32,
    shown: Arc<AtomicU64>,
    heads: Arc<Mutex<Vec<SegmentHead>>>,
}

impl SegmentObserver for Counter {
    fn begin(&mut self, segment: &SegmentHead) {
        (self.records, self.undecodable) = (0, 0);
        self.heads.lock().push(*segment);
    }

    fn batch(&mut self, batch: &DecodedBatch<'_>) {
        for record in batch.records() {
            assert_eq!(record.unwrap().key, Some(&b"key"[..]));
            self.records += 1;
        }
        self.shown.fetch_add(1, Ordering::Relaxed);
    }

    fn undecodable(&mut self, _: &BatchView<'_>) {
        self.undecodable += 1;
    }

    fn end(&mut self) -> Option<ObservedSection> {
        let kind = SectionKind(77);
        let bytes = [self.records, self.undecodable].map(u32::to_le_bytes).concat();
        (self.records > 0).then_some(ObservedSection { kind, bytes })
    }
}

#[test]
fn observers_see_every_record_once_and_add_sections() {
    let disk = mem_disk();
    let (shown, heads) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(Vec::new())));
    let counter = Counter {
        records: 0,
        undecodable: 0,
        shown: Arc::clone(&shown),
        heads: Arc::clone(&heads),
    };
    let writer = SealedFileWriter::create(
        Arc::clone(&disk),
        Path::new(DIR),
        identity(1),
        &WriteLanes::default(),
        unpaced(),
    );
    let writer = writer.unwrap().observed_by(Box::new(counter));
    // A body no one can read, under a CRC that holds: a producer's doing.
    let mut odd = Plan::new(1, 0, &[&[1], &[2]], b"value");
    odd.batches[1] = undecodable(&odd.batches[1]);
    let plans = [sample().remove(0), odd];
    write_into(writer, &plans).unwrap();

    let file = open(&disk, 1);
    let section = |index| file.observed(Some(index), SectionKind(77)).unwrap().unwrap();
    assert_eq!(section(0)[..], [6, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(section(1)[..], [1, 0, 0, 0, 1, 0, 0, 0]);
    assert_eq!(file.observed(Some(1), SectionKind(78)).unwrap(), None);
    assert_eq!(shown.load(Ordering::Relaxed), 4);
    assert_eq!(heads.lock().len(), 2);
}

/// The batch with its records replaced by what is no gzip, and its CRC taken again.
fn undecodable(batch: &[u8]) -> Vec<u8> {
    let mut odd = batch.to_vec();
    odd[22] = Codec::Gzip as u8;
    odd[61..].fill(0xff);
    let crc = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32Iscsi, &odd[21..]);
    odd[17..21].copy_from_slice(&u32::try_from(crc).unwrap().to_be_bytes());
    odd
}
