use proptest::prelude::*;

use super::*;

fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2, u8::try_from(bytes.len()).unwrap()];
    out.extend_from_slice(bytes);
    out
}

fn fixed(number: u8, bits: u64) -> Vec<u8> {
    [vec![number << 3 | 1], bits.to_le_bytes().to_vec()].concat()
}

fn attribute(name: &str, value: &str) -> Vec<u8> {
    let any = field(1, value.as_bytes());
    field(7, &[field(1, name.as_bytes()), field(2, &any)].concat())
}

fn metric(name: &str, kind: u8, data: &[u8]) -> Vec<u8> {
    field(2, &[field(1, name.as_bytes()), field(kind, data)].concat())
}

fn push(metrics: &[Vec<u8>]) -> Vec<u8> {
    let resource = field(1, b"");
    field(1, &[resource, field(2, &metrics.concat())].concat())
}

fn read(push: &[u8]) -> Result<Vec<(String, String, f64, bool)>, Malformed> {
    let mut points = Vec::new();
    read_points(push, &mut |point| {
        let labels: Vec<String> =
            point.attributes.iter().map(|a| format!("{}={}", a.name, a.value)).collect();
        points.push((point.metric.to_owned(), labels.join(","), point.value, point.is_delta));
    })?;
    Ok(points)
}

#[test]
fn gauges_and_sums_are_read_with_their_attributes() {
    let gauge = field(1, &[fixed(4, 2.5_f64.to_bits()), attribute("node", "1")].concat());
    let delta = [field(1, &fixed(6, 7)), vec![2 << 3, 1]].concat();
    let total = [field(1, &fixed(6, (-3_i64).cast_unsigned())), vec![2 << 3, 2]].concat();
    let histogram = field(1, &fixed(4, 1));
    let push = push(&[
        metric("g", 5, &gauge),
        metric("d", 7, &delta),
        metric("t", 7, &total),
        metric("h", 9, &histogram),
    ]);
    let expected = [("g", "node=1", 2.5, false), ("d", "", 7.0, true), ("t", "", -3.0, false)]
        .map(|(name, labels, value, delta)| (name.to_owned(), labels.to_owned(), value, delta));
    assert_eq!(read(&push).unwrap(), expected);
}

#[test]
fn a_push_cut_anywhere_is_refused_or_read_in_part() {
    let gauge = field(1, &fixed(4, 1));
    let whole = push(&[metric("g", 5, &gauge)]);
    for length in 1..whole.len() {
        assert_eq!(read(&whole[..length]), Err(Malformed), "cut at {length}");
    }
    assert_eq!(read(&[]), Ok(Vec::new()));
}

#[test]
fn attributes_of_a_point_are_bounded() {
    let many: Vec<u8> = (0..5).flat_map(|n| attribute(&n.to_string(), "v")).collect();
    let gauge = field(1, &[fixed(4, 1), many].concat());
    assert_eq!(read(&push(&[metric("g", 5, &gauge)])).unwrap().len(), 1);
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
    }
}
