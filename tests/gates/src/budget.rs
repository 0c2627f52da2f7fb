//! The page of budgets: a table for each kind of cost, a row for each piece, a column for each batch size.
//!
//! What is recorded there is what was measured when somebody blessed it; a run may be so much above it and no
//! more. The words around the tables are people's.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};

use crate::input::Size;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Instructions,
    Allocations,
    SystemCalls,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Instructions, Self::Allocations, Self::SystemCalls];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Instructions => "instructions",
            Self::Allocations => "allocations",
            Self::SystemCalls => "system calls",
        }
    }

    /// The most that passes where `recorded` stands: less than a tenth above it.
    fn limit(self, recorded: f64) -> f64 {
        recorded.mul_add(1.05, self.grain())
    }

    /// The least that passes without a word: less, and the budget could be lowered.
    fn floor(self, recorded: f64) -> f64 {
        recorded.mul_add(0.9, -self.grain())
    }

    /// Differences that mean nothing.
    const fn grain(self) -> f64 {
        match self {
            Self::Instructions => 1.0,
            Self::Allocations | Self::SystemCalls => 0.02,
        }
    }

    fn format(self, value: f64) -> String {
        match self {
            Self::Instructions => format!("{value:.0}"),
            Self::Allocations | Self::SystemCalls => format!("{value:.2}"),
        }
    }

    /// Around its table on the page.
    fn marks(self) -> (String, String) {
        let name = self.name();
        (
            format!("<!-- {name}: written by cargo xtask gates --bless -->\n"),
            format!("<!-- /{name} -->\n"),
        )
    }
}

/// A cell of a table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cell {
    pub(crate) kind: Kind,
    pub(crate) piece: String,
    pub(crate) size: Size,
}

/// A cell without a cost.
const NONE: &str = "–";

/// Cost of one batch, or of one request, by cell.
pub(crate) type Costs = BTreeMap<Cell, f64>;

/// What a measured cost means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Verdict {
    Within,
    Above {
        limit: f64,
    },
    /// So much better that the recorded figure guards nothing.
    Below,
    Unknown,
}

pub(crate) fn judge(kind: Kind, recorded: Option<f64>, measured: f64) -> Verdict {
    match recorded {
        None => Verdict::Unknown,
        Some(recorded) if measured > kind.limit(recorded) => {
            Verdict::Above { limit: kind.limit(recorded) }
        }
        Some(recorded) if measured < kind.floor(recorded) => Verdict::Below,
        Some(_) => Verdict::Within,
    }
}

/// One line about a cell.
pub(crate) fn line(cell: &Cell, recorded: Option<f64>, measured: f64) -> String {
    let kind = cell.kind;
    let verdict = match judge(kind, recorded, measured) {
        Verdict::Within => "ok".to_owned(),
        Verdict::Above { limit } => format!("ABOVE its limit of {}", kind.format(limit)),
        Verdict::Below => "far below what is recorded: bless it, or it guards little".to_owned(),
        Verdict::Unknown => "NOT RECORDED: bless it".to_owned(),
    };
    let recorded = recorded.map_or_else(|| NONE.to_owned(), |recorded| kind.format(recorded));
    format!(
        "{:<13}{:<43}{:>4}{:>9}, recorded{:>9}  {verdict}",
        kind.name(),
        cell.piece,
        cell.size.name(),
        kind.format(measured),
        recorded,
    )
}

/// What the page records.
pub(crate) fn read(page: &str) -> Result<Costs> {
    let mut costs = Costs::new();
    for kind in Kind::ALL {
        let (_, table, _) = parts(page, kind)?;
        for row in table.lines().skip(2) {
            let mut cells = row.split('|').map(str::trim).skip(1);
            let piece = cells.next().unwrap_or_default().to_owned();
            for (size, cell) in Size::ALL.into_iter().zip(cells) {
                if cell == NONE {
                    continue;
                }
                let cost = cell.parse().with_context(|| format!("`{cell}` is no number: {row}"))?;
                costs.insert(Cell { kind, piece: piece.clone(), size }, cost);
            }
        }
    }
    Ok(costs)
}

/// The page with `costs` in its tables, rows in the order of `pieces`; what is not among them goes.
pub(crate) fn write(page: &str, costs: &Costs, pieces: &[&str]) -> Result<String> {
    let mut page = page.to_owned();
    for kind in Kind::ALL {
        let (before, _, after) = parts(&page, kind)?;
        let (start, end) = kind.marks();
        page = format!("{before}{start}{}{end}{after}", table(kind, costs, pieces));
    }
    Ok(page)
}

fn table(kind: Kind, costs: &Costs, pieces: &[&str]) -> String {
    let mut table = format!("| {} per batch | 16 KB | 1 KB |\n|---|---|---|\n", kind.name());
    for piece in pieces {
        let cost = |size| costs.get(&Cell { kind, piece: (*piece).to_owned(), size });
        let row = Size::ALL.map(cost);
        if row.iter().any(Option::is_some) {
            let [large, small] =
                row.map(|cost| cost.map_or_else(|| NONE.to_owned(), |cost| kind.format(*cost)));
            table.push_str(&format!("| {piece} | {large} | {small} |\n"));
        }
    }
    table
}

/// Before the table of `kind` with its mark, the table, and what follows its other mark.
fn parts(page: &str, kind: Kind) -> Result<(&str, &str, &str)> {
    let (start, end) = kind.marks();
    let Some((before, rest)) = page.split_once(&start) else {
        bail!("the page has no mark where the {} start", kind.name());
    };
    let Some((table, after)) = rest.split_once(&end) else {
        bail!("the page has no mark where the {} end", kind.name());
    };
    Ok((before, table, after))
}

#[cfg(test)]
mod tests;
