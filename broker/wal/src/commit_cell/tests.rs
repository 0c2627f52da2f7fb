use super::*;
use crate::config::NodeIdentity;

#[test]
fn a_cell_reads_back_and_a_torn_one_does_not() {
    let key = Key::of_ring(&[2; 16]);
    let cell = CommitCell {
        identity: Identity { node: NodeIdentity { cluster: [1; 16], broker: 7 }, uuid: [2; 16] },
        sequence: 11,
        incarnation: 2,
        durable_floor: 8192,
        trim_floor: 4096,
    };
    let mut sector = cell.encode(key);
    assert_eq!(CommitCell::decode(&sector, key), Some(cell));
    sector[80] ^= 1;
    assert_eq!(CommitCell::decode(&sector, key), None);
    assert_eq!(CommitCell::decode(&[0; 512], key), None);
}
