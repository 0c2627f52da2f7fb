use broker_env::crash_safe::{read_file, replace_file};
use broker_env::sim::{Call, Fault, FaultDisk, Kept, MemDisk, RecordingDisk, Rule};
use protocol_types::{LocalId, Lsn, Offset, PartitionIndex, Timestamp, TopicId, TopicPartition};

use super::*;
use crate::checkpoint::{CheckpointState, CheckpointStore, Delta, PartitionChange, read};
use crate::{Candidate, FileId, PAGE_SEGMENTS, PAGING_DUE, PartitionLog, RESIDENT_SEGMENTS};

const GOLDEN_PAGES: &[u8] = include_bytes!("../../../testdata/checkpoint-v2-pages");
const GOLDEN_BASE: &[u8] = include_bytes!("../../../testdata/checkpoint-v2-paged-base");

fn dir() -> &'static Path {
    Path::new("/data/checkpoint")
}

fn is_page(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("pages-"))
}

/// Segment `n`: five offsets, and a timestamp that falls now and then.
fn segment(n: u64) -> SegmentRef {
    SegmentRef {
        file: FileId(n),
        at: 4096,
        len: 1000 + n % 7,
        base: Offset(n * 5),
        end: Offset(n * 5 + 5),
        max_timestamp: Timestamp((1000 + n * 10 - n % 3 * 25).cast_signed()),
        sealed_at: Timestamp(1),
        index: 0,
    }
}

fn change(log_start: Offset, sealed: u64, added: Vec<SegmentRef>) -> PartitionChange {
    PartitionChange {
        local_id: LocalId(1),
        partition: TopicPartition { topic: TopicId([7; 16]), partition: PartitionIndex(0) },
        log_start,
        sealed_end: Offset(sealed * 5),
        pages: Vec::new(),
        added,
        epochs: Vec::new(),
        producers: Vec::new(),
    }
}

/// A broker's way with one partition: what it has in memory, and the checkpoint it keeps.
struct Keeper {
    store: CheckpointStore,
    log: crate::SegmentList,
    log_start: Offset,
    sealed: u64,
    bases: u64,
    /// The most bytes that the list ever took.
    memory: usize,
}

impl Keeper {
    fn new(disk: &Arc<dyn Disk>) -> Self {
        let (store, _) = CheckpointStore::open(Arc::clone(disk), dir()).unwrap();
        let (log, log_start) = (crate::SegmentList::default(), Offset(0));
        Self { store, log, log_start, sealed: 0, bases: 0, memory: 0 }
    }

    fn change(&self, added: Vec<SegmentRef>) -> PartitionChange {
        change(self.log_start, self.sealed, added)
    }

    fn seal(&mut self, count: u64) {
        let added: Vec<SegmentRef> = (self.sealed..self.sealed + count).map(segment).collect();
        self.sealed += count;
        added.iter().for_each(|segment| self.log.push(*segment));
        self.memory = self.memory.max(self.log.memory_bytes());
        let next_file = self.sealed;
        if !self.store.base_due() && self.log.resident().len() < PAGING_DUE {
            let changed = vec![self.change(added)];
            let (covered, removed) = (Lsn(self.sealed), Vec::new());
            self.store.append_delta(&Delta { covered, next_file, changed, removed }).unwrap();
        } else {
            self.write_base();
        }
    }

    fn write_base(&mut self) {
        let pages = self.log.pages().copied().collect();
        let all = PartitionChange { pages, ..self.change(self.log.resident().copied().collect()) };
        let (covered, next_file) = (Lsn(self.sealed), FileId(self.sealed));
        for (_, page) in self.store.write_base(covered, next_file, [all].into_iter()).unwrap() {
            self.log.adopt(page);
        }
        self.store.remove_unnamed_pages();
        self.bases += 1;
    }
}

fn page_files(disk: &dyn Disk) -> Vec<String> {
    let names = disk.list(dir()).unwrap().into_iter().map(|entry| entry.name);
    names.filter(|name| is_page(Path::new(name))).collect()
}

fn recovered(state: &mut CheckpointState) -> PartitionLog {
    let partition = state.partitions.remove(&LocalId(1)).unwrap();
    PartitionLog::recover(partition.state).unwrap()
}

#[test]
fn a_hundred_thousand_segments_take_little_memory_and_a_restart_reads_no_page() {
    const SEGMENTS: u64 = 100_000;
    let faults = FaultDisk::over(Arc::new(MemDisk::new()));
    let disk: Arc<dyn Disk> = Arc::new(faults.clone());
    let mut keeper = Keeper::new(&disk);
    for _ in 0..SEGMENTS / 8 {
        keeper.seal(8);
    }
    let pages = keeper.log.pages().len();
    assert!(pages as u64 >= SEGMENTS / PAGE_SEGMENTS as u64 - 3, "{pages}");
    // 6.4 MB if all were resident.
    assert!(keeper.memory < 160_000, "{} bytes resident", keeper.memory);
    // A base tells of every page, and writes only what is new.
    let paged: u64 = page_files(&*disk).iter().map(|name| file_len(&*disk, name)).sum();
    assert!(paged <= 32 * keeper.bases + page_len(PAGE_SEGMENTS) * pages as u64);
    let base = file_len(&*disk, "base");
    assert!(base < 72 * pages as u64 + 60 * PAGING_DUE as u64 + 200, "a base of {base} bytes");
    drop(keeper);

    let read = faults.inject(Rule::on(Call::Read).path(is_page).from_nth(1), Fault::Eio);
    let (_, mut state) = CheckpointStore::open(Arc::clone(&disk), dir()).unwrap();
    let log = recovered(&mut state);
    assert_eq!(read.hits(), 0, "a restart reads no page");
    assert!(log.segments().memory_bytes() < 160_000);
    read.release();

    let cache = PageCache::new(disk, dir().to_path_buf(), 64 << 10);
    for n in (0..SEGMENTS).step_by(97) {
        assert_eq!(by_offset(&log, &cache, n * 5 + 3), segment(n));
        let target = Timestamp((1000 + n * 10).cast_signed());
        let plain = (n.saturating_sub(3)..).map(segment).find(|s| s.max_timestamp >= target);
        assert_eq!(by_time(&log, &cache, target), plain.unwrap());
        assert!(cache.bytes() <= 64 << 10, "{} bytes of pages", cache.bytes());
    }
}

fn file_len(disk: &dyn Disk, name: &str) -> u64 {
    disk.open(&dir().join(name), Open::read()).unwrap().len().unwrap()
}

fn by_offset(log: &PartitionLog, cache: &PageCache, offset: u64) -> SegmentRef {
    let offset = Offset(offset);
    match log.segments().page_from(offset) {
        Some(page) => {
            let inside = cache.load(page).unwrap();
            *inside.iter().find(|segment| segment.end > offset).unwrap()
        }
        None => *log.segments().resident_from(offset).next().unwrap(),
    }
}

fn by_time(log: &PartitionLog, cache: &PageCache, target: Timestamp) -> SegmentRef {
    match log.timestamp_candidate(target, Offset(0), Offset::MAX).unwrap() {
        Candidate::Paged { page, .. } => {
            let inside = cache.load(&page).unwrap();
            *inside.iter().find(|segment| segment.max_timestamp >= target).unwrap()
        }
        Candidate::Sealed { segment, .. } => segment,
        Candidate::Ring { .. } => panic!("nothing is in the ring"),
    }
}

#[test]
fn a_base_rewrites_no_page_and_the_files_of_dead_pages_go() {
    let disk: Arc<dyn Disk> = Arc::new(MemDisk::new());
    let mut keeper = Keeper::new(&disk);
    keeper.seal((RESIDENT_SEGMENTS + 2 * PAGE_SEGMENTS) as u64);
    let contents = |name: &str| read_file(&*disk, &dir().join(name)).unwrap().unwrap();
    let [first] = &page_files(&*disk)[..] else { panic!("{:?}", page_files(&*disk)) };
    let before = contents(first);
    keeper.write_base();
    assert_eq!(page_files(&*disk), std::slice::from_ref(first), "nothing new, no new file");
    keeper.seal(2 * PAGE_SEGMENTS as u64);
    assert_eq!(page_files(&*disk).len(), 2);
    assert!(contents(first) == before);

    // The log start passes both pages of the first file; one of the second lives on in part.
    keeper.log_start = Offset(5 * (2 * PAGE_SEGMENTS as u64 + 7));
    let dropped = keeper.log.drop_below(keeper.log_start);
    assert_eq!((dropped.pages.len(), dropped.segments.len()), (2, 0));
    keeper.write_base();
    assert_eq!(page_files(&*disk).len(), 1);
    drop(keeper);
    let (_, mut state) = CheckpointStore::open(Arc::clone(&disk), dir()).unwrap();
    assert_eq!(recovered(&mut state).segments().pages().len(), 2);
    // Tools see the live segments and no pages.
    let all = read(&*disk, dir()).unwrap().partitions.remove(&LocalId(1)).unwrap().state;
    let live: Vec<SegmentRef> = (2 * PAGE_SEGMENTS as u64 + 7
        ..RESIDENT_SEGMENTS as u64 + 4 * PAGE_SEGMENTS as u64)
        .map(segment)
        .collect();
    assert_eq!((all.pages, all.segments), (Vec::new(), live));
}

/// A checkpoint with one page, and what names it.
fn one_page() -> (Arc<dyn Disk>, PageRef, String) {
    let disk: Arc<dyn Disk> = Arc::new(MemDisk::new());
    let mut keeper = Keeper::new(&disk);
    keeper.seal((RESIDENT_SEGMENTS + PAGE_SEGMENTS) as u64);
    keeper.write_base();
    let page = *keeper.log.pages().next().unwrap();
    (disk, page, pages_name(page.file))
}

#[test]
fn pages_are_written_as_ever_and_read_for_ever() {
    let (disk, page, name) = one_page();
    let written = read_file(&*disk, &dir().join(&name)).unwrap().unwrap();
    assert!(written == GOLDEN_PAGES, "the format changed: raise its version");
    let base = read_file(&*disk, &dir().join("base")).unwrap().unwrap();
    assert!(base == GOLDEN_BASE, "the format changed: raise its version");
    let segments = read_page(&*disk, dir(), &page).unwrap();
    assert_eq!(segments, (0..PAGE_SEGMENTS as u64).map(segment).collect::<Vec<_>>());
}

#[test]
fn a_torn_or_flipped_page_is_named_and_no_segment_of_it_believed() {
    let (disk, page, name) = one_page();
    let path = dir().join(&name);
    let whole = GOLDEN_PAGES.to_vec();
    let fails = |bytes: &[u8]| {
        replace_file(&*disk, &path, bytes).unwrap();
        let cache = PageCache::new(Arc::clone(&disk), dir().to_path_buf(), 1 << 20);
        cache.load(&page).err().map(|error| error.to_string())
    };
    for at in (0..whole.len()).step_by(7) {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        let error = fails(&flipped);
        assert_eq!(error.is_some(), at >= 32, "byte {at}: {error:?}");
        assert!(error.is_none_or(|error| error.contains(&name)));
    }
    for len in [0, 31, 32, 40, whole.len() - 1] {
        assert!(fails(&whole[..len]).is_some_and(|error| error.contains("not whole")));
    }
    assert_eq!(fails(&whole), None);
}

#[test]
fn without_a_file_that_it_names_a_checkpoint_is_refused() {
    let (disk, _, name) = one_page();
    disk.remove_file(&dir().join(&name)).unwrap();
    let error = CheckpointStore::open(disk, dir()).unwrap_err().to_string();
    assert!(error.contains(&name) && error.contains("missing"), "{error}");
}

#[test]
fn a_page_is_read_from_disk_once() {
    let (disk, page, _) = one_page();
    let faults = FaultDisk::over(disk);
    let cache = PageCache::new(Arc::new(faults.clone()), dir().to_path_buf(), 1 << 20);
    cache.load(&page).unwrap();
    let again = faults.inject(Rule::on(Call::Read).path(is_page).from_nth(1), Fault::Eio);
    cache.load(&page).unwrap();
    assert_eq!(again.hits(), 0);
    let other = PageRef { at: page.at + 1, ..page };
    assert!(cache.load(&other).is_err(), "another place is another page");
}

/// Stops the machine at every point of a life in which segments are paged and pages die, with
/// nothing or all of what was not synced on disk.
#[test]
fn at_every_crash_point_all_pages_that_are_named_are_whole() {
    let recording = RecordingDisk::over(MemDisk::new().image());
    let log = recording.log().clone();
    let disk: Arc<dyn Disk> = Arc::new(recording);
    let mut keeper = Keeper::new(&disk);
    for round in 1..=9_u64 {
        keeper.log_start = Offset(5 * 60 * (round - 1));
        let _ = keeper.log.drop_below(keeper.log_start);
        if round % 3 == 0 {
            keeper.store.require_base();
        }
        keeper.seal(100);
        log.mark(round);
    }
    let (mut points, mut states) = (log.points(), 0);
    while let Some(point) = points.advance() {
        let acknowledged = point.marks().last().copied().unwrap_or(0);
        for kept in [Kept::none(point.pending()), Kept::all(point.pending())] {
            let found: Arc<dyn Disk> = Arc::new(MemDisk::from_image(point.image(&kept)));
            let (mut store, state) = CheckpointStore::open(Arc::clone(&found), dir()).unwrap();
            let round = state.covered.0 / 100;
            assert!(round == acknowledged || round == acknowledged + 1, "{round}, {acknowledged}");
            let segments = |disk: &dyn Disk| {
                let state = read(disk, dir()).unwrap().partitions.remove(&LocalId(1));
                state.map_or_else(Vec::new, |partition| partition.state.segments)
            };
            let live: Vec<SegmentRef> =
                (60 * round.saturating_sub(1)..100 * round).map(segment).collect();
            assert_eq!(segments(&*found), live);
            // The next base says the same, and leaves what it names.
            let (log_start, sealed) = (Offset(300 * round.saturating_sub(1)), 100 * round);
            let log = state.partitions.get(&LocalId(1)).map(|partition| &partition.state);
            let all = log.map(|state| PartitionChange {
                pages: state.pages.clone(),
                ..change(log_start, sealed, state.segments.clone())
            });
            store.write_base(state.covered, FileId(sealed), all.into_iter()).unwrap();
            store.remove_unnamed_pages();
            assert_eq!(segments(&*found), live);
            states += 1;
        }
    }
    assert!(states > 100, "{states} crash states");
}
