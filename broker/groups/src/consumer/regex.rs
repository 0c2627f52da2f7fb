//! Subscriptions by regular expression: Kafka's RE2/J dialect on the `regex` crate.
//!
//! Both are finite automata: time is linear in the topic's name, whatever a client sends. The size
//! of a compiled expression is bounded, and so is the length of its text. An expression matches a
//! topic whose whole name it matches.

use std::borrow::Cow;
use std::collections::BTreeSet;

use broker_coordinator::Record;
use protocol_types::ErrorCode;
use regex::{Regex, RegexBuilder};

use super::group::{Context, Group};
use super::member::{Member, Subscription};
use super::refusal::Refusal;
use crate::records::{RECORD_BYTES_MAX, consumer as records};

#[cfg(test)]
mod tests;

/// Longest expression, in bytes.
const LENGTH_MAX: usize = 16 << 10;

/// Most memory a compiled expression takes, and again that of its cache.
const SIZE_MAX: usize = 1 << 20;

/// Shortest time between two looks at all topics for the group's expressions, in milliseconds.
const REFRESH_MS_MIN: i64 = 1_000;

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
fn compile(text: &str) -> Result<Regex, Refusal> {
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

/// The topics that an expression stands for now.
///
/// # Errors
/// INVALID_REGULAR_EXPRESSION, with what is wrong.
fn resolve(text: &str, cx: &Context<'_>) -> Result<ResolvedRegex, Refusal> {
    let regex = compile(text)?;
    let mut topics = BTreeSet::new();
    cx.topics.visit_names(&mut |name| {
        if regex.is_match(name) {
            topics.insert(name.to_owned());
        }
    });
    let at_ms = cx.now.wall.0;
    Ok(ResolvedRegex { topics, version: at_ms, at_ms })
}

impl Group {
    /// What a subscription's expression stands for, if no member subscribes by it yet.
    ///
    /// # Errors
    /// INVALID_REGULAR_EXPRESSION; INVALID_REQUEST when the topics do not fit into a record.
    pub(super) fn resolve_new(
        &self,
        cx: &Context<'_>,
        subscription: &Subscription,
    ) -> Result<Option<ResolvedRegex>, Refusal> {
        let Some(text) =
            subscription.regex.as_ref().filter(|text| !self.regexes.contains_key(*text))
        else {
            return Ok(None);
        };
        let resolved = resolve(text, cx)?;
        if records::regex(&self.id, text, &resolved).size() > RECORD_BYTES_MAX {
            return Err(Refusal::invalid(format!(
                "SubscribedTopicRegex `{text}` stands for {} topics, more than fit into \
                 {RECORD_BYTES_MAX} bytes.",
                resolved.topics.len()
            )));
        }
        Ok(Some(resolved))
    }

    pub(super) fn put_regex(
        &mut self,
        text: String,
        resolved: ResolvedRegex,
        out: &mut Vec<Record>,
    ) {
        out.push(records::regex(&self.id, &text, &resolved));
        self.regexes.insert(text, resolved);
    }

    /// Forgets expressions that went, and looks at all others anew when topics came or went.
    /// Whether one stands for other topics now. One that stands for more than fit into a record
    /// stands for what it did before.
    pub(super) fn refresh_regexes(
        &mut self,
        cx: &Context<'_>,
        changed: bool,
        out: &mut Vec<Record>,
    ) -> bool {
        if changed {
            self.drop_unused_regexes(out);
        }
        let now_ms = cx.now.wall.0;
        let rests = now_ms.saturating_sub(self.regexes_at_ms) < REFRESH_MS_MIN;
        if !self.regexes_stale || rests {
            return false;
        }
        (self.regexes_stale, self.regexes_at_ms) = (false, now_ms);
        let subscribed: BTreeSet<String> =
            self.members.values().filter_map(|m| m.subscription.regex.clone()).collect();
        let mut differs = false;
        for text in subscribed {
            // One that a later version wrote may not compile here: it stands for nothing.
            let resolved = resolve(&text, cx).unwrap_or_default();
            if self.regexes.get(&text).is_some_and(|known| known.topics == resolved.topics) {
                continue;
            }
            if records::regex(&self.id, &text, &resolved).size() > RECORD_BYTES_MAX {
                let topics = resolved.topics.len();
                tracing::warn!(group = &*self.id, regex = text, topics, "too many topics match");
                continue;
            }
            self.put_regex(text, resolved, out);
            differs = true;
        }
        differs
    }

    /// Forgets expressions nobody subscribes by.
    pub(super) fn drop_unused_regexes(&mut self, out: &mut Vec<Record>) {
        let unused: Vec<String> =
            self.regexes.keys().filter(|regex| self.subscribers_of(regex) == 0).cloned().collect();
        for regex in unused {
            out.push(records::regex_gone(&self.id, &regex));
            self.regexes.remove(&regex);
        }
    }

    /// How many members subscribe by the expression.
    fn subscribers_of(&self, regex: &str) -> usize {
        let by = |member: &&Member| member.subscription.regex.as_deref() == Some(regex);
        self.members.values().filter(by).count()
    }
}
