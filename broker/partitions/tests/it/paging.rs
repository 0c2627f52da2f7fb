//! Partitions with hundreds of segments: the older ones stand in pages on disk, and nobody notices.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use broker_env::ManualClock;
use broker_env::disk::Disk;
use broker_env::sim::{Call, Fault, FaultDisk, MemDisk, Rule};
use broker_partitions::{LoadError, ReadLimits, ReadPlan, ReadRequest};
use protocol_types::{IsolationLevel, Offset, Timestamp};

use crate::fixture::{DATA, RING, Storage, assert_stored, eventually, stamped};

const SIZE: usize = 60_000;
/// A span, the eighth of the ring that becomes one segment, holds about two batches.
const BATCHES: u64 = 40 * RING / SIZE as u64;
/// Batches that retention leaves.
const KEPT: u64 = BATCHES / 3;
const BASE: i64 = 1_700_000_000_000;

fn sent(seed: u64) -> Vec<u8> {
    stamped(seed, 1, SIZE, None, BASE + seed.cast_signed() * 1_000)
}

fn is_page(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("pages-"))
}

fn files(disk: &dyn Disk, dir: &str, prefix: &str) -> usize {
    let entries = disk.list(&Path::new(DATA).join(dir)).unwrap();
    entries.iter().filter(|entry| entry.name.starts_with(prefix)).count()
}

/// A topic with forty laps of the ring in it, as a kill leaves it. Made once.
fn paged() -> MemDisk {
    static PAGED: OnceLock<MemDisk> = OnceLock::new();
    let made = PAGED.get_or_init(|| {
        let disk = MemDisk::new();
        let storage = Storage::open(&(Arc::new(disk.clone()) as Arc<dyn Disk>), &Arc::default());
        // Nothing expires as long as a test lets no time pass.
        let kept = (KEPT * SIZE as u64).to_string();
        let configs = [("retention.ms", "-1"), ("retention.bytes", kept.as_str())];
        storage.create_topic("t", 1, &configs);
        let partition = storage.partition("t", 0);
        for seed in 0..BATCHES {
            storage.produce_patiently(&partition, &sent(seed));
        }
        assert!(files(&disk, "checkpoint", "pages-") > 0, "older segments are paged");
        // The broker that made them reads through pages already.
        assert_stored(&storage.read(&partition, 5, 1)[0], &sent(5), 5);
        MemDisk::from_image(disk.image())
    });
    MemDisk::from_image(made.image())
}

fn find(storage: &Storage, target: u64) -> Option<u64> {
    let partition = storage.partition("t", 0);
    let target = Timestamp(BASE + target.cast_signed() * 1_000);
    let found =
        storage.partitions.find_timestamp(&partition, target, IsolationLevel::ReadUncommitted);
    storage.block_on(found).unwrap().map(|found| found.offset.0)
}

fn newest(storage: &Storage) -> Option<u64> {
    let partition = storage.partition("t", 0);
    let found = storage.partitions.find_max_timestamp(&partition, IsolationLevel::ReadUncommitted);
    storage.block_on(found).unwrap().map(|found| found.offset.0)
}

/// Reads one batch the way a fetch does.
fn fetch(storage: &Storage, offset: u64) -> Result<Vec<u8>, LoadError> {
    let partition = storage.partition("t", 0);
    let request = ReadRequest {
        offset: Offset(offset),
        bytes_max: 1,
        at_least_one: true,
        isolation: IsolationLevel::ReadUncommitted,
        leader_epoch: None,
    };
    let mut plan = ReadPlan::default();
    let marks = storage.partitions.plan_read(&partition, &request, &mut plan).unwrap();
    let limits = ReadLimits { bytes_max: 1, upto: marks.high_watermark, at_least_one: true };
    let loaded = storage.block_on(storage.partitions.load(&partition, plan, limits))?;
    Ok(loaded.concat())
}

#[test]
fn everything_is_read_and_found_through_pages_after_a_restart() {
    let disk: Arc<dyn Disk> = Arc::new(paged());
    let storage = Storage::open(&disk, &Arc::default());
    let all = storage.read_all(&storage.partition("t", 0), 200_000);
    assert_eq!(all.len() as u64, BATCHES);
    for (offset, stored) in (0..).zip(&all) {
        assert_stored(stored, &sent(offset), offset);
    }
    for target in (0..BATCHES).step_by(41) {
        assert_eq!(find(&storage, target), Some(target));
    }
    assert_eq!(find(&storage, BATCHES), None);
    assert_eq!(newest(&storage), Some(BATCHES - 1));
}

#[test]
fn a_log_start_within_a_page_holds_and_gives_the_space_below_it_back() {
    let disk = paged();
    let dyn_disk: Arc<dyn Disk> = Arc::new(disk.clone());
    let storage = Storage::open(&dyn_disk, &Arc::default());
    let partition = storage.partition("t", 0);
    let (before, sealed) = (disk.image().used_bytes(), files(&disk, "segments", ""));
    let low = BATCHES / 4;
    let (log_start, ack) =
        storage.partitions.delete_records(&partition, Some(Offset(low))).unwrap();
    assert_eq!(log_start, Offset(low));
    storage.wait_acked(ack);
    // The next span makes the sealer look into the page.
    let mut end = BATCHES;
    eventually("a quarter of the files to go", || {
        storage.produce_patiently(&partition, &sent(end));
        end += 1;
        files(&disk, "segments", "") < sealed * 7 / 8
    });
    assert!(disk.image().used_bytes() < before);
    drop(storage);
    let storage = Storage::open(&dyn_disk, &Arc::default());
    assert_eq!(storage.partitions.marks(&storage.partition("t", 0)).log_start, Offset(low));
    assert_stored(&fetch(&storage, low).unwrap(), &sent(low), low);
    assert_eq!(find(&storage, 0), Some(low));
    assert_eq!(newest(&storage), Some(end - 1));
}

#[test]
fn retention_reaches_into_pages() {
    let clock = Arc::<ManualClock>::default();
    let dyn_disk: Arc<dyn Disk> = Arc::new(paged());
    let storage = Storage::open(&dyn_disk, &clock);
    let partition = storage.partition("t", 0);
    eventually("a higher log start", || {
        clock.advance(std::time::Duration::from_secs(61));
        storage.partitions.marks(&partition).log_start > Offset(BATCHES / 2)
    });
    let all = storage.read_all(&partition, 200_000);
    // Whole segments go: a part of one more may be left.
    assert!((KEPT..KEPT + 5).contains(&(all.len() as u64)), "{} of {KEPT}", all.len());
    let first = BATCHES - all.len() as u64;
    assert_stored(&all[0], &sent(first), first);
}

#[test]
fn a_deleted_topic_takes_its_pages_and_the_files_they_name_along() {
    let disk = paged();
    let storage = Storage::open(&(Arc::new(disk.clone()) as Arc<dyn Disk>), &Arc::default());
    assert!(files(&disk, "segments", "") > 200);
    storage.delete_topic("t");
    eventually("its files to go", || files(&disk, "segments", "") == 0);
}

#[test]
fn a_page_that_cannot_be_read_fails_reads_of_it_alone_and_no_file_is_removed() {
    let disk = paged();
    let sealed = files(&disk, "segments", "");
    let faults = FaultDisk::over(Arc::new(disk.clone()));
    let fault = faults.inject(Rule::on(Call::Read).path(is_page).from_nth(1), Fault::Eio);
    let dyn_disk: Arc<dyn Disk> = Arc::new(faults);
    // A restart needs no page.
    let storage = Storage::open(&dyn_disk, &Arc::default());
    assert!(matches!(fetch(&storage, 5), Err(LoadError::Page(_))));
    assert!(fault.hits() > 0);
    assert_stored(&fetch(&storage, BATCHES - 40).unwrap(), &sent(BATCHES - 40), BATCHES - 40);
    let partition = storage.partition("t", 0);
    for seed in BATCHES..BATCHES + 40 {
        storage.produce_patiently(&partition, &sent(seed));
    }
    assert!(files(&disk, "segments", "") >= sealed);
    fault.release();
    assert_stored(&fetch(&storage, 5).unwrap(), &sent(5), 5);
}

#[test]
fn a_flipped_bit_in_a_page_is_an_error_and_never_a_wrong_record() {
    let faults = FaultDisk::over(Arc::new(paged()));
    let dyn_disk: Arc<dyn Disk> = Arc::new(faults.clone());
    let flip = Fault::FlipOnRead { at: 200, mask: 0x40 };
    let fault = faults.inject(Rule::on(Call::Read).path(is_page).from_nth(1), flip);
    let storage = Storage::open(&dyn_disk, &Arc::default());
    let error = fetch(&storage, 5).unwrap_err().to_string();
    assert!(error.contains("pages-") && error.contains("checksum"), "{error}");
    assert!(fault.hits() > 0, "the fault landed");
}
