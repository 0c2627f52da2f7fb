use broker_env::disk::Sync;
use broker_env::sim::{Call, Fault, FaultDisk, Rule, flip_bits};
use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::sealed::fixture::identity;
use crate::sealed::fixture::{DIR, Plan, mem_disk, sample, write};
use crate::sealed::format::encode_header;

const GOLDEN: &[u8] = include_bytes!("../../../testdata/sealed-v1.sealed");

fn dir() -> &'static Path {
    Path::new(DIR)
}

/// A disk that holds `bytes` as file number 5.
fn disk_with(bytes: &[u8]) -> Arc<dyn Disk> {
    let disk = mem_disk();
    let file = disk.open(&path_of(dir(), FileId(5)), Open::replace()).unwrap();
    file.write_at(bytes, 0, Sync::Later).unwrap();
    disk
}

fn contents(disk: &dyn Disk) -> Vec<u8> {
    let file = disk.open(&path_of(dir(), FileId(5)), Open::read()).unwrap();
    let mut bytes = vec![0; usize::try_from(file.len().unwrap()).unwrap()];
    file.read_exact_at(&mut bytes, 0).unwrap();
    bytes
}

const ALL: ReadLimits = ReadLimits { bytes_max: u64::MAX, upto: Offset::MAX, at_least_one: true };

/// Everything the file says: batches, producers, epochs, transactions of each segment.
type Everything = Vec<(Bytes, Vec<ProducerSnapshot>, Vec<EpochStart>, Vec<AbortedTransaction>)>;

fn everything(disk: &dyn Disk) -> Result<Everything, ReadError> {
    let file = SealedFile::open(disk, dir(), FileId(5))?;
    let segment = |(index, entry): (u32, &DirectoryEntry)| {
        let segment = entry.segment_ref(file.identity(), index);
        let read = file.read(&file.batch_map(index)?, &segment, segment.base, ALL)?;
        assert!(read.at_end && read.next == segment.end);
        Ok((read.bytes, file.producers(index)?, file.leader_epochs(index)?, file.aborted(index)?))
    };
    (0..).zip(file.directory()).map(segment).collect()
}

fn expected() -> Everything {
    let plans = sample().into_iter();
    plans.map(|p| (p.bytes().into(), p.producers, p.epochs, p.aborted)).collect()
}

#[test]
fn version_1_is_read_for_ever() {
    assert_eq!(everything(disk_with(GOLDEN).as_ref()).unwrap(), expected());
}

#[test]
fn the_writer_still_writes_version_1() {
    let disk = mem_disk();
    write(&disk, 5, &sample()).unwrap();
    assert!(contents(disk.as_ref()) == GOLDEN, "the format changed: raise its version");
}

#[test]
fn a_flipped_bit_anywhere_is_named_or_harmless() {
    let (mut named, mut harmless) = (0, 0);
    for at in 0..GOLDEN.len() {
        let mut bytes = GOLDEN.to_vec();
        bytes[at] ^= 1 << (at % 8);
        match everything(disk_with(&bytes).as_ref()) {
            Err(ReadError::Corrupt(corruption)) => {
                assert_eq!(corruption.file, FileId(5));
                assert!(corruption.to_string().contains("0000000000000005"));
                named += 1;
            }
            Err(other) => panic!("byte {at}: {other}"),
            Ok(got) => {
                assert_eq!(got, expected(), "byte {at} was served");
                assert_eq!(GOLDEN[at], 0, "byte {at} is not padding");
                harmless += 1;
            }
        }
    }
    let segments: usize = expected().iter().map(|segment| segment.0.len()).sum();
    assert!(named > segments + 300, "every byte of segments and footer: {named}, not {harmless}");
}

#[rstest]
#[case::empty(0)]
#[case::header_only(4096)]
#[case::torn(6000)]
fn a_file_cut_short_is_corrupt(#[case] len: usize) {
    let error = everything(disk_with(&GOLDEN[..len]).as_ref()).unwrap_err();
    assert!(matches!(error, ReadError::Corrupt(_)), "{error}");
}

#[test]
fn a_file_under_the_name_of_another_is_refused() {
    let disk = disk_with(GOLDEN);
    disk.rename(&path_of(dir(), FileId(5)), &path_of(dir(), FileId(6))).unwrap();
    let error = SealedFile::open(disk.as_ref(), dir(), FileId(6)).unwrap_err();
    assert!(error.to_string().contains("header of another file"), "{error}");
}

#[test]
fn a_newer_major_is_refused_by_name() {
    let mut bytes = GOLDEN.to_vec();
    let mut header = encode_header(&identity(5));
    (header[8], header[10], header[12]) = (2, 3, 2);
    let sum = checksum(&header[..56]);
    header[56..64].copy_from_slice(&sum.to_le_bytes());
    bytes[..64].copy_from_slice(&header);
    let error = everything(disk_with(&bytes).as_ref()).unwrap_err();
    assert!(error.to_string().contains("has format 2.3"), "{error}");

    // A newer file that says that version 1 can read it.
    header[12] = 1;
    let sum = checksum(&header[..56]);
    header[56..64].copy_from_slice(&sum.to_le_bytes());
    bytes[..64].copy_from_slice(&header);
    assert_eq!(everything(disk_with(&bytes).as_ref()).unwrap(), expected());
}

#[rstest]
#[case::missing(Call::Open, Fault::Eio, "cannot open it")]
#[case::unreadable(Call::Read, Fault::Eio, "cannot read it")]
#[case::flipped_in_the_segment(Call::Read, Fault::FlipOnRead { at: 4200, mask: 2 }, "segment 0: batch is not the one written at byte")]
fn a_fault_of_the_disk_is_an_error(#[case] call: Call, #[case] fault: Fault, #[case] says: &str) {
    let disk = FaultDisk::over(disk_with(GOLDEN));
    let injected = disk.inject(Rule::on(call).from_nth(1), fault);
    let error = everything(&disk).unwrap_err();
    assert!(injected.hits() > 0);
    assert!(error.to_string().contains(says), "{error}");
}

#[test]
fn flips_at_rest_are_found_in_place() {
    let disk = disk_with(GOLDEN);
    flip_bits(disk.as_ref(), &path_of(dir(), FileId(5)), 4096 + 15, 1).unwrap();
    let error = everything(disk.as_ref()).unwrap_err();
    assert!(error.to_string().contains("segment 0: batch is not the one written at byte 4096"));
}

#[test]
fn a_segment_the_directory_does_not_know_is_refused() {
    let disk = disk_with(GOLDEN);
    let file = SealedFile::open(disk.as_ref(), dir(), FileId(5)).unwrap();
    let known = file.directory()[0].segment_ref(file.identity(), 0);
    file.check_ref(&known).unwrap();
    assert!(file.check_ref(&SegmentRef { len: known.len - 1, ..known }).is_err());
    assert!(file.check_ref(&SegmentRef { index: 9, ..known }).is_err());
}

/// The answer by walking over the batches.
fn model(plan: &Plan, from: u64, limits: ReadLimits) -> (Vec<u8>, u64) {
    let (mut bytes, mut next, mut base) = (Vec::new(), from, plan.base);
    for batch in &plan.batches {
        let records = BatchView::parse(batch).unwrap().next_offset_delta();
        let end = base + records;
        base = end;
        if end <= from {
            continue;
        }
        let fits = (bytes.len() + batch.len()) as u64 <= limits.bytes_max;
        let must = bytes.is_empty() && limits.at_least_one;
        if end > limits.upto.0 || !(fits || must) {
            break;
        }
        bytes.extend_from_slice(batch);
        next = end;
    }
    (bytes, next)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn reads_agree_with_walking_over_the_batches(
        sizes in prop::collection::vec((1..4_usize, 0..300_usize), 1..30),
        from in 45..120_u64,
        bytes_max in 0..3000_u64,
        upto in 40..130_u64,
        at_least_one: bool,
    ) {
        let mut plan = Plan::new(0, 50, &[], b"");
        let mut next = 50;
        for &(records, len) in &sizes {
            let value = vec![9; len];
            plan.batches.push(crate::sealed::fixture::stored(next, 2, &vec![1; records], &value));
            next += records as u64;
        }
        let disk = mem_disk();
        let meta = write(&disk, 5, std::slice::from_ref(&plan)).unwrap();
        let file = SealedFile::open(disk.as_ref(), dir(), FileId(5)).unwrap();
        let limits = ReadLimits { bytes_max, upto: Offset(upto), at_least_one };
        let map = file.batch_map(0).unwrap();
        let got = file.read(&map, &meta.segments[0].segment, Offset(from), limits).unwrap();
        let (bytes, end) = model(&plan, from, limits);
        prop_assert_eq!(&got.bytes[..], &bytes[..]);
        prop_assert_eq!(got.next, Offset(end));
        if !bytes.is_empty() {
            prop_assert_eq!(got.at_end, end == next);
        }
    }

    #[test]
    fn rubbish_is_never_served(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
    ) {
        let mut bytes = GOLDEN.to_vec();
        for (at, byte) in &edits {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        if let Ok(got) = everything(disk_with(&bytes).as_ref()) {
            prop_assert_eq!(got, expected());
        }
    }
}
