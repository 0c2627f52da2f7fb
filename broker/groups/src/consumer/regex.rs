//! Subscriptions by regular expression: Kafka's RE2/J dialect on the `regex` crate.
//!
//! Both are finite automata: time is linear in the topic's name, whatever a client sends. The size
//! of a compiled expression is bounded, and so is the length of its text. An expression matches a
//! topic whose whole name it matches.

use std::borrow::Cow;
use std::collections::BTreeSet;

use protocol_types::ErrorCode;
use regex::{Regex, RegexBuilder};

use super::refusal::Refusal;
use super::topics::Topics;

#[cfg(test)]
mod tests;

/// Longest expression, in bytes.
const LENGTH_MAX: usize = 16 << 10;

/// Most memory a compiled expression takes, and again that of its cache.
const SIZE_MAX: usize = 1 << 20;

/// An expression with the topics it stood for when it was looked at last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ResolvedRegex {
    pub(crate) topics: BTreeSet<String>,
    /// Kafka's version of the metadata image; ours does not count them, so it is the time.
    pub(crate) version: i64,
    /// Milliseconds since the epoch.
    pub(crate) at_ms: i64,
}

/// The compiled expression.
///
/// # Errors
/// INVALID_REGULAR_EXPRESSION, with what is wrong.
pub(super) fn compile(text: &str) -> Result<Regex, Refusal> {
    let invalid = |why: &str| {
        Refusal::new(
            ErrorCode::InvalidRegularExpression,
            format!("SubscribedTopicRegex `{text}` is not a valid regular expression: {why}."),
        )
    };
    if text.len() > LENGTH_MAX {
        return Err(Refusal::new(
            ErrorCode::InvalidRegularExpression,
            format!("SubscribedTopicRegex is longer than {LENGTH_MAX} bytes."),
        ));
    }
    let whole = format!(r"\A(?:{})\z", unquoted(text));
    let compiled = RegexBuilder::new(&whole).size_limit(SIZE_MAX).dfa_size_limit(SIZE_MAX).build();
    compiled.map_err(|error| {
        // The crate draws where the error is; its last line says what it is.
        let drawn = error.to_string();
        let last = drawn.lines().last().unwrap_or_default();
        invalid(last.trim().trim_start_matches("error: "))
    })
}

/// The expression with `\Q..\E` written out, which RE2/J knows and the crate does not.
fn unquoted(text: &str) -> Cow<'_, str> {
    if !text.contains(r"\Q") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        rest = match escape.strip_prefix(r"\Q") {
            Some(quoted) => {
                let (literal, after) = quoted.split_once(r"\E").unwrap_or((quoted, ""));
                out.push_str(&regex::escape(literal));
                after
            }
            None => {
                // The escaped character goes along, so that `\\Q` is no quotation.
                let len = escape.chars().take(2).map(char::len_utf8).sum();
                let (pair, after) = escape.split_at(len);
                out.push_str(pair);
                after
            }
        };
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The topics that an expression stands for now. One that no longer compiles stands for none.
pub(super) fn resolve(text: &str, topics: &dyn Topics, at_ms: i64) -> ResolvedRegex {
    let mut found = BTreeSet::new();
    if let Ok(regex) = compile(text) {
        topics.visit_names(&mut |name| {
            if regex.is_match(name) {
                found.insert(name.to_owned());
            }
        });
    }
    ResolvedRegex { topics: found, version: at_ms, at_ms }
}
