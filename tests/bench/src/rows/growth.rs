//! Growth curves: partitions, connections and sealed files.

pub(crate) mod connections;
pub(crate) mod partitions;
pub(crate) mod sealed;

/// A broker with so many of something that is idle.
struct Point {
    count: f64,
    /// Bytes.
    resident: f64,
    /// Of one request beside them.
    cpu_us: f64,
}

/// Bytes of memory that each more takes, from the first point to the last.
fn resident_each(points: &[Point]) -> Option<f64> {
    let (few, many) = (points.first()?, points.last()?);
    Some((many.resident - few.resident) / (many.count - few.count))
}

/// The curve of a request's cost.
fn cost(points: &[Point]) -> Vec<(f64, f64)> {
    points.iter().map(|point| (point.count, point.cpu_us)).collect()
}
