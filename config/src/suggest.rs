//! "Did you mean": the known name closest to a mistyped one.

/// The candidate closest to `name` by edit distance, if it is close enough to be a likely typo
/// (a third of the name's length, but at least 2 edits and at most 3).
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.len() / 3).clamp(2, 3);
    of_like_length(name, candidates, limit)
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(edits, _)| *edits <= limit)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// The candidates whose length alone does not rule them out. `name` comes from a client and may be
/// of any length; only one about as long as a known name is worth the product of the two lengths.
fn of_like_length<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    limit: usize,
) -> impl Iterator<Item = &'a str> {
    let len = name.len();
    candidates.into_iter().filter(move |candidate| candidate.len().abs_diff(len) <= limit)
}

/// Levenshtein distance over bytes; names are short ASCII.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let above = row.get(j + 1).copied().unwrap_or(usize::MAX - 1);
            let cell = (diagonal + usize::from(x != y)).min(above + 1).min(left + 1);
            diagonal = above;
            if let Some(slot) = row.get_mut(j) {
                *slot = left;
            }
            left = cell;
        }
        if let Some(last) = row.last_mut() {
            *last = left;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("ring.sise", Some("ring.size"))]
    #[case("flush.polciy", Some("flush.policy"))]
    #[case("ringsize", Some("ring.size"))]
    #[case("something.else", None)]
    fn suggests_only_a_likely_typo(#[case] name: &str, #[case] expected: Option<&str>) {
        assert_eq!(closest(name, ["flush.policy", "ring.size", "http.bind"]), expected);
    }

    #[test]
    fn a_long_name_is_compared_with_no_candidate() {
        let (name, keys) = ("a".repeat(1 << 20), crate::broker_keys().iter().map(|key| key.name));
        assert_eq!(of_like_length(&name, keys.clone(), 3).count(), 0);
        assert_eq!(closest(&name, keys), None);
    }

    #[rstest]
    #[case("", "abc", 3)]
    #[case("kitten", "sitting", 3)]
    #[case("same", "same", 0)]
    fn counts_edits(#[case] a: &str, #[case] b: &str, #[case] edits: usize) {
        assert_eq!(distance(a, b), edits);
        assert_eq!(distance(b, a), edits);
    }
}
