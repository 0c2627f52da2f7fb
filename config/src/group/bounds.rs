//! How the broker's settings of groups bound each other, as Kafka's GroupCoordinatorConfig has it.

use crate::value::InvalidConfig;

/// Two settings that contradict each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    pub names: [String; 2],
    /// In Kafka's words.
    pub error: InvalidConfig,
}

#[derive(Clone, Copy)]
enum Relation {
    AtLeast,
    AtMost,
    Below,
}

/// Checks the broker's settings for consumer, share and streams groups; `text` is what a setting
/// holds. A value that is no number is its own check's matter.
///
/// # Errors
/// The first contradiction.
pub fn check_group_bounds<'a>(
    text: impl Fn(&str) -> Option<&'a str>,
) -> Result<(), Box<Contradiction>> {
    let check = |name: String, relation: Relation, other: String| {
        let number = |name: &str| text(name)?.trim().parse::<i64>().ok();
        match number(&name).zip(number(&other)) {
            Some((ours, theirs)) if !relation.holds(ours, theirs) => {
                let error = InvalidConfig(format!("{name} must be {} {other}", relation.words()));
                Err(Box::new(Contradiction { names: [name, other], error }))
            }
            _ => Ok(()),
        }
    };
    for of in ["group.consumer", "group.share", "group.streams"] {
        for what in ["heartbeat.interval.ms", "session.timeout.ms", "assignment.interval.ms"] {
            let (value, min, max) =
                (format!("{of}.{what}"), format!("{of}.min.{what}"), format!("{of}.max.{what}"));
            check(max.clone(), Relation::AtLeast, min.clone())?;
            check(value.clone(), Relation::AtLeast, min)?;
            check(value, Relation::AtMost, max)?;
        }
        let (heartbeat, session) =
            (format!("{of}.heartbeat.interval.ms"), format!("{of}.session.timeout.ms"));
        check(heartbeat, Relation::Below, session)?;
    }
    Ok(())
}

impl Relation {
    const fn holds(self, ours: i64, theirs: i64) -> bool {
        match self {
            Self::AtLeast => ours >= theirs,
            Self::AtMost => ours <= theirs,
            Self::Below => ours < theirs,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::AtLeast => "greater than or equal to",
            Self::AtMost => "less than or equal to",
            Self::Below => "less than",
        }
    }
}
