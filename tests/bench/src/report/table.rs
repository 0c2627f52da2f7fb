//! Medians with their spread, as cells of tables.

use std::collections::BTreeMap;

use crate::report::figure::Figure;
use crate::report::verdict::significant;

type Pick = Box<dyn Fn(&Figure) -> Option<f64>>;

struct Column {
    title: &'static str,
    pick: Pick,
    /// Decimals; `None` for three significant digits.
    digits: Option<usize>,
    /// Whether lowest and highest are shown too.
    spread: bool,
}

fn column(
    title: &'static str,
    digits: usize,
    spread: bool,
    pick: impl Fn(&Figure) -> Option<f64> + 'static,
) -> Column {
    Column { title, pick: Box::new(pick), digits: Some(digits), spread }
}

/// What a side achieved; columns that none of `figures` has a value for are left out.
fn achieved(figures: &[&Figure]) -> Vec<Column> {
    let ms = |us: Option<f64>| us.map(|us| us / 1e3);
    let mut all = vec![
        column("MB/s", 0, true, |f| f.mb_per_second),
        column("batches/s", 0, true, |f| f.per_second),
        column("time, s", 3, true, |f| f.seconds),
        column("CPU-s/GB", 3, true, |f| f.cpu_per_gb),
        column("CPU µs a batch", 2, true, |f| f.cpu_us),
        column("user CPU-s", 2, false, |f| f.cpu.map(|cpu| cpu.user)),
        column("system CPU-s", 2, false, |f| f.cpu.map(|cpu| cpu.system)),
        column("p50 ms", 2, false, move |f| ms(f.p50_us)),
        column("p99 ms", 2, false, move |f| ms(f.p99_us)),
        column("p99.9 ms", 2, false, move |f| ms(f.p999_us)),
        column("sent late, p99 ms", 2, false, move |f| ms(f.late_p99_us)),
        column("refused", 0, false, |f| f.refused.map(|count| count as f64)),
    ];
    for (name, _) in figures.iter().flat_map(|figure| &figure.extra) {
        let title = *name;
        if all.iter().all(|column| column.title != title) {
            let pick = Box::new(move |figure: &Figure| figure.extra(title));
            all.push(Column { title, pick, digits: None, spread: false });
        }
    }
    all.retain(|column| figures.iter().any(|figure| (column.pick)(figure).is_some()));
    all
}

/// What it took a side: the same rule.
fn taken(figures: &[&Figure]) -> Vec<Column> {
    let mut all = vec![
        column("client CPU-s/GB", 3, false, |f| f.client_cpu_per_gb),
        column("RSS MB", 0, false, |f| f.resident_mb),
        column("peak RSS MB", 0, false, |f| f.peak_resident_mb),
        column("switches a batch", 2, false, |f| f.switches_per_batch),
        column("syscalls a batch", 2, false, |f| f.syscalls_per_batch),
        column("syncs/s", 0, false, |f| f.syncs_per_second),
        column("KB a sync", 0, false, |f| f.kb_per_sync),
        column("own count: batches a group", 1, false, |f| f.batches_per_group),
        column("own count: batches a sync", 1, false, |f| f.batches_per_own_sync),
    ];
    all.retain(|column| figures.iter().any(|figure| (column.pick)(figure).is_some()));
    all
}

/// One measurement on one line, for whoever watches.
pub(crate) fn line(figure: &Figure) -> String {
    let shown = achieved(&[figure]);
    let cells = shown
        .iter()
        .map(|column| format!("{} {}", cell(column, std::slice::from_ref(figure)), column.title));
    cells.collect::<Vec<_>>().join(", ")
}

/// The table of a row, with a line a side.
pub(crate) fn markdown(sides: &[(String, Vec<Figure>)]) -> String {
    let all: Vec<&Figure> = sides.iter().flat_map(|(_, figures)| figures).collect();
    let shown = achieved(&all);
    with_columns(sides, &shown)
}

/// The table of what it took; nothing if nothing was read.
pub(crate) fn markdown_taken(sides: &[(String, Vec<Figure>)]) -> Option<String> {
    let all: Vec<&Figure> = sides.iter().flat_map(|(_, figures)| figures).collect();
    let shown = taken(&all);
    (!shown.is_empty()).then(|| with_columns(sides, &shown))
}

/// Which threads of a side took its CPU, over all its measurements.
pub(crate) fn threads(figures: &[Figure]) -> Option<String> {
    const SHOWN: usize = 5;
    let mut sums: BTreeMap<&str, f64> = BTreeMap::new();
    for (name, seconds) in figures.iter().flat_map(|figure| &figure.threads) {
        *sums.entry(name).or_default() += seconds;
    }
    let all: f64 = sums.values().sum();
    let mut sorted: Vec<(&str, f64)> = sums.into_iter().collect();
    sorted.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let share = |(name, seconds): &(&str, f64)| format!("{name} {:.0} %", seconds / all * 100.0);
    let shares: Vec<String> = sorted.iter().take(SHOWN).map(share).collect();
    (all > 0.0).then(|| shares.join(", "))
}

fn with_columns(sides: &[(String, Vec<Figure>)], shown: &[Column]) -> String {
    let titles: Vec<&str> = shown.iter().map(|column| column.title).collect();
    let rule = "---|".repeat(titles.len() + 1);
    let mut text = format!("| side | {} |\n|{rule}\n", titles.join(" | "));
    for (side, figures) in sides {
        let cells: Vec<String> = shown.iter().map(|column| cell(column, figures)).collect();
        text.push_str(&format!("| {side} | {} |\n", cells.join(" | ")));
    }
    text
}

fn cell(column: &Column, figures: &[Figure]) -> String {
    let values = sorted(figures, &column.pick);
    let show = |value: f64| match column.digits {
        Some(digits) => format!("{value:.digits$}"),
        None => significant(value),
    };
    match (median(&values), values.first(), values.last()) {
        (Some(middle), Some(low), Some(high)) if column.spread && values.len() > 1 => {
            format!("{} ({}–{})", show(middle), show(*low), show(*high))
        }
        (Some(middle), ..) => show(middle),
        (None, ..) => "–".to_owned(),
    }
}

/// The median of rising values with the lowest and the highest.
pub(crate) fn spread(sorted: &[f64]) -> String {
    match (median(sorted), sorted.first(), sorted.last()) {
        (Some(middle), Some(low), Some(high)) => format!("{middle:.2} ({low:.2}–{high:.2})"),
        _ => "–".to_owned(),
    }
}

/// The values of all figures that have one, in rising order.
pub(crate) fn sorted(figures: &[Figure], pick: impl Fn(&Figure) -> Option<f64>) -> Vec<f64> {
    let mut values: Vec<f64> = figures.iter().filter_map(pick).collect();
    values.sort_by(f64::total_cmp);
    values
}

/// The middle one; the upper of the two middle ones if their number is even.
pub(crate) fn median(sorted: &[f64]) -> Option<f64> {
    sorted.get(sorted.len() / 2).copied()
}

#[cfg(test)]
mod tests;
