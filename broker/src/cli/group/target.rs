//! Where a group's offsets are moved to.

use std::str::FromStr;

/// A place in a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Earliest,
    Latest,
    At(i64),
    /// So many records forward, or back.
    Shift(i64),
    /// The first record at or after this time, in milliseconds.
    Since(i64),
    /// The first record at or after so many milliseconds ago.
    Ago(i64),
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || {
            format!(
                "\"{text}\" is no target: earliest, latest, OFFSET, +COUNT, -COUNT, @TIME (RFC \
                 3339, or milliseconds since 1970) or @-DURATION (90s, 30m, 12h, 7d)"
            )
        };
        let number = |text: &str| text.parse::<i64>().map_err(|_| bad());
        if let Some(time) = text.strip_prefix('@') {
            if let Some(ago) = time.strip_prefix('-') {
                return duration_ms(ago).map(Self::Ago).ok_or_else(bad);
            }
            let parsed = time.parse::<jiff::Timestamp>().map(jiff::Timestamp::as_millisecond);
            return parsed.or_else(|_| number(time)).map(Self::Since);
        }
        match text {
            "earliest" | "start" => Ok(Self::Earliest),
            "latest" | "end" => Ok(Self::Latest),
            shift if shift.starts_with(['+', '-']) => number(shift).map(Self::Shift),
            offset => number(offset).map(Self::At),
        }
    }
}

/// `90s`, `30m`, `12h`, `7d` or `500ms` in milliseconds.
fn duration_ms(text: &str) -> Option<i64> {
    let at = text.find(|c: char| !c.is_ascii_digit())?;
    let (digits, unit) = text.split_at_checked(at)?;
    let factor = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    digits.parse::<i64>().ok()?.checked_mul(factor)
}

impl Target {
    /// The timestamp to look up, if that decides; `now` in milliseconds.
    pub(super) const fn time(self, now: i64) -> Option<i64> {
        match self {
            Self::Since(time) => Some(time),
            Self::Ago(ago) => Some(now.saturating_sub(ago)),
            Self::Earliest | Self::Latest | Self::At(_) | Self::Shift(_) => None,
        }
    }

    /// The offset within `start..=end`. `since` is what the lookup by time found, if it did;
    /// `committed` where the group is. `None`: there is nothing to shift.
    pub(super) fn resolve(
        self,
        (start, end): (i64, i64),
        committed: Option<i64>,
        since: Option<i64>,
    ) -> Option<i64> {
        let to = match self {
            Self::Earliest => start,
            Self::Latest => end,
            Self::At(offset) => offset,
            Self::Shift(by) => committed?.saturating_add(by),
            // No record is that late.
            Self::Since(_) | Self::Ago(_) => since.unwrap_or(end),
        };
        Some(to.min(end).max(start))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("earliest", Target::Earliest)]
    #[case("latest", Target::Latest)]
    #[case("17", Target::At(17))]
    #[case("+5", Target::Shift(5))]
    #[case("-5", Target::Shift(-5))]
    #[case("@1000", Target::Since(1_000))]
    #[case("@2013-01-01T05:15:00Z", Target::Since(1_357_017_300_000))]
    #[case("@-90s", Target::Ago(90_000))]
    #[case("@-7d", Target::Ago(604_800_000))]
    fn reads(#[case] text: &str, #[case] target: Target) {
        assert_eq!(text.parse(), Ok(target));
    }

    #[rstest]
    #[case("soon")]
    #[case("@-7")]
    #[case("@-7w")]
    #[case("+")]
    #[case("")]
    fn refuses(#[case] text: &str) {
        assert!(text.parse::<Target>().unwrap_err().contains("is no target"));
    }

    #[rstest]
    #[case(Target::Earliest, Some(50), None, Some(10))]
    #[case(Target::Latest, None, None, Some(100))]
    #[case(Target::At(500), None, None, Some(100))]
    #[case(Target::At(3), None, None, Some(10))]
    #[case(Target::Shift(-5), Some(50), None, Some(45))]
    #[case(Target::Shift(-500), Some(50), None, Some(10))]
    #[case(Target::Shift(5), None, None, None)]
    #[case(Target::Since(7), None, Some(42), Some(42))]
    #[case(Target::Ago(7), None, None, Some(100))]
    fn resolves_within_the_log(
        #[case] target: Target,
        #[case] committed: Option<i64>,
        #[case] since: Option<i64>,
        #[case] to: Option<i64>,
    ) {
        assert_eq!(target.resolve((10, 100), committed, since), to);
    }
}
