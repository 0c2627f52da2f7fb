//! Charts of points and lines on logarithmic axes, as SVG that reads on light and dark ground.

use std::fmt::Write as _;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 44.0;
const BOTTOM: f64 = 56.0;
/// Of text, axes and grid: in the middle between black and white.
const NEUTRAL: &str = "#808080";
const COLOURS: [&str; 4] = ["#d9730d", "#2f7fd6", "#3a9a5b", "#a05bc4"];

/// A line of a chart.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub name: String,
    /// Both coordinates above 0.
    pub points: Vec<(f64, f64)>,
}

/// A chart; both axes are logarithmic.
#[derive(Clone, Debug)]
pub(crate) struct Chart {
    pub title: String,
    pub x_label: String,
    pub y_label: String,
    pub series: Vec<Series>,
}

/// A logarithmic scale from `low` to `high`, whole powers of ten, onto `from` to `to` pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Scale {
    low: i32,
    high: i32,
    from: f64,
    to: f64,
}

impl Scale {
    /// The least scale that holds all of `values`.
    fn around(values: impl Iterator<Item = f64> + Clone, from: f64, to: f64) -> Self {
        let least = values.clone().fold(f64::INFINITY, f64::min).log10().floor();
        let most = values.fold(0.0, f64::max).log10().ceil();
        let whole = |power: f64| if power.is_finite() { power.clamp(-12.0, 15.0) } else { 0.0 };
        let (low, high) = (power(whole(least)), power(whole(most)));
        Self { low, high: high.max(low + 1), from, to }
    }

    fn place(self, value: f64) -> f64 {
        let share = (value.log10() - f64::from(self.low)) / f64::from(self.high - self.low);
        self.from + share * (self.to - self.from)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a small whole number")]
const fn power(whole: f64) -> i32 {
    whole as i32
}

impl Chart {
    /// The document.
    pub(crate) fn draw(&self) -> String {
        let points = || self.series.iter().flat_map(|series| series.points.iter().copied());
        let x = Scale::around(points().map(|(x, _)| x), LEFT, WIDTH - RIGHT);
        let y = Scale::around(points().map(|(_, y)| y), HEIGHT - BOTTOM, TOP);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
             font-family=\"sans-serif\" font-size=\"12\" fill=\"{NEUTRAL}\">\n"
        );
        text(&mut svg, (LEFT, 20.0), "start", &self.title);
        text(
            &mut svg,
            (f64::midpoint(LEFT, WIDTH - RIGHT), HEIGHT - 12.0),
            "middle",
            &self.x_label,
        );
        text(&mut svg, (LEFT, TOP - 8.0), "start", &self.y_label);
        grid(&mut svg, x, y);
        for (number, series) in self.series.iter().enumerate() {
            line(&mut svg, series, COLOURS[number % COLOURS.len()], x, y);
            let at = (WIDTH - RIGHT, 20.0 + 16.0 * number as f64);
            let colour = COLOURS[number % COLOURS.len()];
            let _ = write!(svg, "<g fill=\"{colour}\">");
            text(&mut svg, at, "end", &series.name);
            svg.push_str("</g>\n");
        }
        svg.push_str("</svg>\n");
        svg
    }
}

fn grid(svg: &mut String, x: Scale, y: Scale) {
    let mut rule = |from: (f64, f64), to: (f64, f64)| {
        let _ = writeln!(
            svg,
            "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{NEUTRAL}\" \
             stroke-opacity=\"0.35\"/>",
            from.0, from.1, to.0, to.1
        );
    };
    for power in x.low..=x.high {
        let at = x.place(10_f64.powi(power));
        rule((at, y.from), (at, y.to));
    }
    for power in y.low..=y.high {
        let at = y.place(10_f64.powi(power));
        rule((x.from, at), (x.to, at));
    }
    for power in x.low..=x.high {
        text(svg, (x.place(10_f64.powi(power)), y.from + 18.0), "middle", &number(power));
    }
    for power in y.low..=y.high {
        text(svg, (x.from - 8.0, y.place(10_f64.powi(power)) + 4.0), "end", &number(power));
    }
}

fn line(svg: &mut String, series: &Series, colour: &str, x: Scale, y: Scale) {
    let places: Vec<(f64, f64)> =
        series.points.iter().map(|&(at, value)| (x.place(at), y.place(value))).collect();
    let path: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let _ = writeln!(
        svg,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
        path.join(" ")
    );
    for ((x, y), (_, value)) in places.iter().zip(&series.points) {
        let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"{colour}\"/>");
        text(svg, (*x, y - 8.0), "middle", &crate::report::verdict::significant(*value));
    }
}

fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    let _ =
        writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>");
}

/// A power of ten as people write it.
fn number(power: i32) -> String {
    match usize::try_from(power) {
        Ok(zeros) => {
            let plain = format!("1{}", "0".repeat(zeros));
            let groups: Vec<&str> = plain
                .as_bytes()
                .rchunks(3)
                .rev()
                .filter_map(|group| std::str::from_utf8(group).ok())
                .collect();
            groups.join(",")
        }
        Err(_) => format!("{}", 10_f64.powi(power)),
    }
}

#[cfg(test)]
mod tests;
