//! Gates against regressions that need no clock: instructions, allocations and system calls of each piece
//! of the way of a record, counted and compared with the figures of `docs/PERFORMANCE-GATES.md`.
//!
//! `cargo xtask gates` builds this program and the broker as users get them and runs it.
#![expect(clippy::print_stdout, reason = "a command-line tool")]

mod budget;
mod input;
mod measure;
mod node;
mod pieces;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use clap::Parser;

use crate::budget::{Cell, Costs, Kind, Verdict};
use crate::input::Size;
use crate::measure::{allocations, instructions, system_calls};
use crate::pieces::{PIECES, Piece};

/// How often instructions above their budget are counted again: waking a thread costs more or less of them.
const AGAIN: u32 = 2;

/// The allocator that allocations are counted with.
#[global_allocator]
static ALLOCATOR: broker_env::sim::CountingAllocator = broker_env::sim::CountingAllocator;

#[derive(Debug, Parser)]
#[command(name = "ringtide-gates", about = "Counts what a batch costs and compares.")]
struct Arguments {
    /// Only pieces whose name contains this
    #[arg(default_value = "")]
    only: String,
    /// Record what is measured instead of comparing it
    #[arg(long)]
    bless: bool,
    /// The page of budgets
    #[arg(long, default_value = "docs/PERFORMANCE-GATES.md")]
    page: PathBuf,
    /// Runs a piece to be counted from outside (used by the program itself)
    #[arg(long, hide = true, num_args = 2, value_names = ["PIECE", "SIZE"])]
    run: Vec<String>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether nothing is above its budget.
fn run(arguments: &Arguments) -> Result<bool> {
    if let [piece, size] = arguments.run.as_slice() {
        let piece = PIECES.iter().find(|known| known.name == piece).context("no such piece")?;
        let size = Size::ALL.into_iter().find(|known| known.name() == size);
        println!("{}", instructions::run(piece, size.context("no such size")?)?);
        return Ok(true);
    }
    let path = &arguments.page;
    let page = fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    let mut recorded = budget::read(&page)?;
    let measured = measure(&arguments.only, &recorded)?;
    ensure!(!measured.is_empty(), "no piece has `{}` in its name", arguments.only);
    if !arguments.bless {
        return Ok(compare(&recorded, &measured));
    }
    println!("{} costs recorded in {}", measured.len(), path.display());
    recorded.extend(measured);
    let pieces: Vec<&str> =
        PIECES.iter().map(|piece| piece.name).chain(system_calls::names()).collect();
    fs::write(path, budget::write(&page, &recorded, &pieces)?)?;
    Ok(true)
}

fn measure(only: &str, recorded: &Costs) -> Result<Costs> {
    let mut costs = Costs::new();
    for piece in PIECES.iter().filter(|piece| piece.name.contains(only)) {
        for &size in piece.sizes {
            measure_piece(piece, size, recorded, &mut costs)
                .with_context(|| format!("{} of {}", piece.name, size.name()))?;
        }
    }
    costs.extend(system_calls::measure(only)?);
    Ok(costs)
}

fn measure_piece(piece: &Piece, size: Size, recorded: &Costs, costs: &mut Costs) -> Result<()> {
    let cell = |kind| Cell { kind, piece: piece.name.to_owned(), size };
    if instructions::are_comparable() {
        let cell = cell(Kind::Instructions);
        let mut cost = instructions::measure(piece, size)?;
        for _ in 0..AGAIN {
            let verdict = budget::judge(cell.kind, recorded.get(&cell).copied(), cost);
            if matches!(verdict, Verdict::Above { .. }) {
                cost = cost.min(instructions::measure(piece, size)?);
            }
        }
        costs.insert(cell, cost);
    }
    if piece.counts_itself() {
        costs.insert(cell(Kind::Allocations), allocations::measure(piece, size)?);
    }
    Ok(())
}

/// Says a line about each cost; whether none is above its budget.
fn compare(recorded: &Costs, measured: &Costs) -> bool {
    if !instructions::are_comparable() {
        println!("instructions are not counted: the budgets are those of a processor with AVX2");
    }
    let mut failed = 0;
    for (cell, &cost) in measured {
        let budget = recorded.get(cell).copied();
        println!("{}", budget::line(cell, budget, cost));
        let verdict = budget::judge(cell.kind, budget, cost);
        failed += usize::from(matches!(verdict, Verdict::Above { .. } | Verdict::Unknown));
    }
    if failed > 0 {
        println!("what to do about it stands in docs/PERFORMANCE-GATES.md");
    }
    // As test programs say it, for whoever counts.
    let end = if failed == 0 { "ok" } else { "FAILED" };
    println!("test result: {end}. {} passed; {failed} failed", measured.len() - failed);
    failed == 0
}
