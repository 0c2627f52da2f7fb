//! A scenario as it stands in its file: commands in order, with what each needs.
//!
//! A line `$ TOOL ARGUMENT...` is a command; lines `< TEXT` behind it are its standard input. Lines that begin with
//! `@` stand before it: `@sort` its lines have no order, `@until TEXT` repeat it until it prints TEXT, `@as NAME`
//! let it run on, and any other word names rules of `normalise.json`. `@stop NAME` ends one that runs on; with
//! `after TEXT` behind it, not before that one has printed TEXT. `@file NAME` takes the lines `<` behind it for a file,
//! whose path replaces `{NAME}` in arguments.
//!
//! What a golden shows must have happened before a tool is stopped or times out, however slow the machine is.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// What a scenario does next.
#[derive(Debug)]
pub(super) enum Step {
    Run(Command),
    Stop(Stop),
    File { name: String, lines: Vec<String> },
}

#[derive(Debug, Default)]
pub(super) struct Command {
    /// As it was written, without the `$`.
    pub(super) text: String,
    pub(super) words: Vec<String>,
    pub(super) input: Vec<String>,
    pub(super) is_unordered: bool,
    pub(super) until: Option<String>,
    pub(super) runs_as: Option<String>,
    /// Further rules of `normalise.json`.
    pub(super) rules: Vec<String>,
}

/// The end of a command that runs on.
#[derive(Debug)]
pub(super) struct Stop {
    pub(super) name: String,
    /// What it prints before it is stopped.
    pub(super) after: Option<String>,
    pub(super) rules: Vec<String>,
}

pub(super) struct Scenario {
    pub(super) steps: Vec<Step>,
}

impl Scenario {
    pub(super) fn read(folder: &Path, name: &str) -> Result<Self> {
        let path = folder.join("scenarios").join(format!("{name}.txt"));
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let mut steps = vec![];
        let mut next = Command::default();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (sign, rest) = line.split_at(1);
            match sign {
                "$" => {
                    next.text = rest.trim_start().to_owned();
                    next.words = words(&next.text)?;
                    steps.push(Step::Run(std::mem::take(&mut next)));
                }
                "@" => prepare(rest, &mut next, &mut steps)?,
                "<" => add_line(&mut steps, rest.strip_prefix(' ').unwrap_or(rest))?,
                _ => bail!("{name}: cannot read {line}"),
            }
        }
        Ok(Self { steps })
    }

    pub(super) fn commands(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step, Step::Run(_))).count()
    }
}

fn prepare(line: &str, next: &mut Command, steps: &mut Vec<Step>) -> Result<()> {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    match (word, rest) {
        ("sort", _) => next.is_unordered = true,
        (_, "") => next.rules.push(word.to_owned()),
        ("until", _) => next.until = Some(rest.to_owned()),
        ("as", _) => next.runs_as = Some(rest.to_owned()),
        ("stop", _) => steps.push(Step::Stop(stop(rest, &mut next.rules))),
        ("file", _) => steps.push(Step::File { name: rest.to_owned(), lines: vec![] }),
        _ => bail!("cannot read @{line}"),
    }
    Ok(())
}

/// Rules that were named before it are its own.
fn stop(words: &str, rules: &mut Vec<String>) -> Stop {
    let (name, after) = match words.split_once(" after ") {
        Some((name, text)) => (name, Some(text.to_owned())),
        None => (words, None),
    };
    Stop { name: name.to_owned(), after, rules: std::mem::take(rules) }
}

fn add_line(steps: &mut [Step], line: &str) -> Result<()> {
    match steps.last_mut() {
        Some(Step::Run(command)) => command.input.push(line.to_owned()),
        Some(Step::File { lines, .. }) => lines.push(line.to_owned()),
        _ => bail!("input without a command: {line}"),
    }
    Ok(())
}

/// Splits at spaces, but not between double quotes.
fn words(text: &str) -> Result<Vec<String>> {
    let mut words = vec![];
    for (place, part) in text.split('"').enumerate() {
        if place % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    if text.matches('"').count() % 2 == 1 {
        bail!("a quote is open: {text}");
    }
    Ok(words)
}
