//! Which series `/metrics` shows, so that a broker with many topics and groups stays scrapable.

#[cfg(test)]
mod tests;

/// Which partitions have series of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartitionDetail {
    None,
    /// Those this broker leads.
    Leader,
    /// Those this broker hosts.
    All,
}

/// Settings of `/metrics`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricsSettings {
    pub partition_detail: PartitionDetail,
    pub topics: NameFilter,
    pub groups: NameFilter,
    /// Groups without members show nothing.
    pub skip_empty_groups: bool,
    /// Series of topics, partitions and groups together.
    pub max_series: u64,
    /// How often those are looked at.
    pub survey_interval_ms: u64,
}

/// Names by patterns in which `*` stands for anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameFilter {
    /// One of these must match; none = every name does.
    include: Vec<String>,
    /// None of these may.
    exclude: Vec<String>,
}

impl NameFilter {
    /// From two lists, by comma.
    #[must_use]
    pub fn new(include: &str, exclude: &str) -> Self {
        let list = |text: &str| -> Vec<String> {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            items.map(str::to_owned).collect()
        };
        Self { include: list(include), exclude: list(exclude) }
    }

    #[must_use]
    pub fn admits(&self, name: &str) -> bool {
        let any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, name));
        (self.include.is_empty() || any(&self.include)) && !any(&self.exclude)
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return pattern == name };
    let Some(rest) = name.strip_prefix(head) else { return false };
    let mut starts = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    starts.any(|at| rest.get(at..).is_some_and(|rest| matches(tail, rest)))
}
