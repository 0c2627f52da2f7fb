//! Metrics that clients push: OTLP in protobuf.

use broker_telemetry::read_points;

use crate::{Shape, Target};

pub const TELEMETRY: Target = Target {
    name: "telemetry",
    corpus,
    repair: |_| {},
    execute,
    ceiling: super::of_client_bytes,
    shape: Shape { length_max: 16 << 10, grain: 0 },
};

/// A field of protobuf with a length before it; both fit into one byte.
fn field(number: u8, parts: &[&[u8]]) -> Vec<u8> {
    let bytes = parts.concat();
    let length = u8::try_from(bytes.len()).unwrap_or(u8::MAX);
    assert!(length < 0x80, "a longer field needs a longer length");
    [&[number << 3 | 2, length], &bytes[..]].concat()
}

fn number(field: u8, bits: u64) -> Vec<u8> {
    [&[field << 3 | 1], &bits.to_le_bytes()[..]].concat()
}

fn attribute(name: &str) -> Vec<u8> {
    field(7, &[&field(1, &[name.as_bytes()]), &field(2, &[&field(1, &[b"value"])])])
}

fn metric(name: &str, kind: u8, data: &[&[u8]]) -> Vec<u8> {
    field(2, &[&field(1, &[name.as_bytes()]), &field(kind, data)])
}

fn push(metrics: &[&[u8]]) -> Vec<u8> {
    field(1, &[&field(1, &[]), &field(2, metrics)])
}

fn corpus() -> Vec<Vec<u8>> {
    const DELTA: &[u8] = &[2 << 3, 1];
    let gauge = field(1, &[&number(4, 2.5_f64.to_bits()), &attribute("node")]);
    let count = field(1, &[&number(6, 7)]);
    let gauges = metric("gauge", 5, &[&gauge, &gauge]);
    let deltas = metric("delta", 7, &[&count, DELTA]);
    let histogram = metric("histogram", 9, &[&count]);
    let several = push(&[&deltas, &histogram, &deltas]);
    vec![push(&[&gauges]), push(&[&deltas]), [several, push(&[&gauges])].concat()]
}

fn execute(input: &[u8]) -> bool {
    let mut points = 0;
    let read = read_points(input, &mut |point| {
        assert!(point.attributes.len() <= 16, "attributes of a point are bounded");
        points += 1;
    });
    // Each point takes two bytes of its own, an empty field.
    assert!(points * 2 <= input.len());
    read.is_ok() && points > 0
}
