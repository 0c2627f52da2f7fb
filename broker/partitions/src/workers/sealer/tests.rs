use broker_env::disk::Disk;
use broker_env::sim::MemDisk;
use protocol_types::Offset;

use super::*;
use crate::workers::fixture::{append, checkpoint, engine, partition, sealer};

fn mem_disk() -> Arc<dyn Disk> {
    Arc::new(MemDisk::new())
}

#[test]
fn a_log_start_that_rises_after_the_switch_stands_in_the_same_checkpoint() {
    let engine = engine(&mem_disk());
    let partition = partition(1, &[]);
    append(&engine, &partition, 100);
    append(&engine, &partition, 100);
    let mut sealer = sealer(&engine, std::slice::from_ref(&partition));
    let durable = engine.wal.durable();
    let changed = sealer.seal_into_files(&[vec![LocalId(1)]], durable).unwrap();
    let mut state = partition.lock();
    let dropped = state.log.set_log_start(Offset(1));
    state.log_start_moved = true;
    sealer.graves.lock().dropped.merge(dropped);
    drop(state);
    sealer.commit(changed, durable).unwrap();
    assert_eq!(checkpoint(&engine).partitions[&LocalId(1)].state.log_start, Offset(1));
}
