//! What one push says, read before anything shared is locked.
//!
//! A push is large and what is kept of it small: reading it takes time, taking it over does not. The
//! first series of a push are kept, as many as an instance may have.

use std::collections::BTreeMap;

use crate::otlp::{Malformed, Point, read_points};

#[cfg(test)]
mod tests;

/// Series of one instance.
pub(crate) const SERIES_PER_INSTANCE_MAX: usize = 256;
/// Attributes that are shown, and the length of a text.
const LABELS_MAX: usize = 4;
const TEXT_MAX: usize = 128;

/// A metric with the names and texts of its labels.
pub(crate) type SeriesKey = (String, Vec<(String, String)>);

/// What becomes of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Change {
    Set(f64),
    Add(f64),
}

impl Change {
    /// The value of a series that had `value`, if any.
    pub(crate) fn after(self, value: Option<f64>) -> f64 {
        match self {
            Self::Set(new) => new,
            Self::Add(more) => value.unwrap_or_default() + more,
        }
    }

    fn then(self, next: Self) -> Self {
        match (self, next) {
            (_, Self::Set(_)) => next,
            (Self::Set(value), Self::Add(more)) => Self::Set(value + more),
            (Self::Add(value), Self::Add(more)) => Self::Add(value + more),
        }
    }
}

/// See the module's documentation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pushed {
    pub(crate) series: BTreeMap<SeriesKey, Change>,
    pub(crate) malformed: bool,
}

impl Pushed {
    /// Reads the decompressed metrics of a push. Of malformed ones, what precedes the flaw counts.
    #[must_use]
    pub fn read(plain: &[u8]) -> Self {
        let mut pushed = Self::default();
        let read = read_points(plain, &mut |point| pushed.add(&point));
        pushed.malformed = read == Err(Malformed);
        pushed
    }

    /// Of metrics that cannot be decompressed.
    #[must_use]
    pub fn unreadable() -> Self {
        Self { malformed: true, ..Self::default() }
    }

    fn add(&mut self, point: &Point<'_>) {
        let labels = point.attributes.iter().take(LABELS_MAX);
        let labels = labels.map(|a| (cut(a.name).to_owned(), cut(a.value).to_owned())).collect();
        let key = (cut(point.metric).to_owned(), labels);
        let change =
            if point.is_delta { Change::Add(point.value) } else { Change::Set(point.value) };
        let full = self.series.len() >= SERIES_PER_INSTANCE_MAX;
        match self.series.get_mut(&key) {
            Some(known) => *known = known.then(change),
            None if full => {}
            None => drop(self.series.insert(key, change)),
        }
    }
}

/// The beginning of a client's text.
pub(crate) fn cut(text: &str) -> &str {
    let mut end = text.len().min(TEXT_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}
