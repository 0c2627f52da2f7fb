//! Where a consumer begins: `start`, `end`, an offset, records from the end, or a time.

use std::str::FromStr;

/// A place in a partition, resolved when its bounds are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    Start,
    End,
    /// An offset.
    At(i64),
    /// So many records before the end.
    Last(i64),
    /// The first record at or after this time, in milliseconds.
    Since(i64),
}

impl FromStr for Position {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || {
            format!(
                "\"{text}\" is no position: start, end, OFFSET, -COUNT, or @TIME (RFC 3339, or \
                 milliseconds since 1970)"
            )
        };
        if let Some(time) = text.strip_prefix('@') {
            let parsed = time.parse::<i64>().ok().or_else(|| {
                time.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
            });
            return parsed.map(Self::Since).ok_or_else(bad);
        }
        match text {
            "start" | "beginning" | "earliest" => Ok(Self::Start),
            "end" | "latest" => Ok(Self::End),
            number => match number.parse::<i64>().map_err(|_| bad())? {
                n if n < 0 => Ok(Self::Last(n.saturating_neg())),
                n => Ok(Self::At(n)),
            },
        }
    }
}

impl Position {
    /// The offset to read from within `start..end`; `None` asks the broker for the time.
    pub(crate) fn resolve(self, start: i64, end: i64) -> Option<i64> {
        match self {
            Self::Start => Some(start),
            Self::End => Some(end),
            Self::At(offset) => Some(offset),
            Self::Last(count) => Some(end.saturating_sub(count).max(start)),
            Self::Since(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("start", Position::Start)]
    #[case("earliest", Position::Start)]
    #[case("end", Position::End)]
    #[case("17", Position::At(17))]
    #[case("-5", Position::Last(5))]
    #[case("@1000", Position::Since(1_000))]
    #[case("@2013-01-01T05:15:00Z", Position::Since(1_357_017_300_000))]
    fn reads(#[case] text: &str, #[case] position: Position) {
        assert_eq!(text.parse(), Ok(position));
    }

    #[rstest]
    #[case("soon")]
    #[case("@tomorrow")]
    #[case("")]
    fn refuses(#[case] text: &str) {
        assert!(text.parse::<Position>().unwrap_err().contains("is no position"));
    }

    #[rstest]
    #[case(Position::Last(5), 0, 100, Some(95))]
    #[case(Position::Last(500), 10, 100, Some(10))]
    #[case(Position::Start, 10, 100, Some(10))]
    #[case(Position::End, 10, 100, Some(100))]
    #[case(Position::At(3), 10, 100, Some(3))]
    #[case(Position::Since(3), 10, 100, None)]
    fn resolves(
        #[case] position: Position,
        #[case] start: i64,
        #[case] end: i64,
        #[case] offset: Option<i64>,
    ) {
        assert_eq!(position.resolve(start, end), offset);
    }
}
