use super::*;

#[test]
fn families_are_written_as_prometheus_reads_them() {
    let mut out = Exposition::new(10);
    out.gauge("a", "About a.");
    out.sample(&[], 1.0);
    out.counter("b_total", "About b.");
    out.sample(&[("x", "q\"\\\n"), ("y", "ü")], 5_000_000_000.0);
    let text = out.finish(2_500_000_000);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[..6],
        [
            "# HELP a About a.",
            "# TYPE a gauge",
            "a 1",
            "# HELP b_total About b.",
            "# TYPE b_total counter",
            "b_total{x=\"q\\\"\\\\\\n\",y=\"ü\"} 5000000000",
        ]
    );
    assert!(text.contains("\nringtide_metrics_dropped_series 0\n"), "{text}");
    assert!(text.ends_with("ringtide_metrics_survey_seconds 2.5\n"), "{text}");
}

#[test]
fn series_beyond_the_bound_are_counted_and_left_out() {
    let mut out = Exposition::new(2);
    out.gauge("a", "About a.");
    for n in ["1", "2", "3", "4", "5"] {
        out.sample(&[("n", n)], 0.0);
    }
    let text = out.finish(0);
    assert_eq!(text.lines().filter(|line| line.starts_with("a{")).count(), 2);
    assert!(text.contains("\nringtide_metrics_dropped_series 3\n"), "{text}");
}

/// Cut, they would be one series twice, and the whole text unreadable.
#[test]
fn series_with_endless_labels_are_counted_and_left_out() {
    let mut out = Exposition::new(10);
    out.gauge("a", "About a.");
    for last in ["1", "2"] {
        let group = "g".repeat(32_700) + last;
        out.sample(&[("group", &group), ("topic", "t"), ("partition", "0")], 0.0);
    }
    let (name, value) = ("n", "x".repeat(LABELS_BYTES_MAX - 1));
    out.sample(&[(name, &value)], 1.0);
    out.sample(&[(name, &(value.clone() + "x"))], 2.0);
    out.sample(&[], 3.0);
    let text = out.finish(0);
    assert!(text.len() < 2 * LABELS_BYTES_MAX, "{} bytes", text.len());
    let kept = format!("a{{n=\"{value}\"}} 1\na 3\n");
    assert!(text.contains(&kept), "{text}");
    assert!(text.contains("\nringtide_metrics_dropped_series 3\n"), "{text}");
}

#[test]
fn left_out_series_leave_room_for_others() {
    let mut out = Exposition::new(1);
    out.gauge("a", "About a.");
    out.sample(&[("n", &"x".repeat(LABELS_BYTES_MAX))], 0.0);
    out.sample(&[("n", "1")], 0.0);
    out.sample(&[("n", "2")], 0.0);
    let text = out.finish(0);
    assert!(text.contains("a{n=\"1\"} 0\n"), "{text}");
    assert!(text.contains("\nringtide_metrics_dropped_series 2\n"), "{text}");
}

#[test]
fn a_histogram_is_written_as_prometheus_reads_it() {
    let mut out = Exposition::new(0);
    out.histogram("d_seconds", "About d.");
    let value = Distribution { buckets: vec![(0.0001, 2), (2.5, 5)], count: 6, sum_seconds: 20.5 };
    out.distribution(("api", "Produce"), &value);
    let text = out.finish(0);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[..7],
        [
            "# HELP d_seconds About d.",
            "# TYPE d_seconds histogram",
            "d_seconds_bucket{api=\"Produce\",le=\"0.0001\"} 2",
            "d_seconds_bucket{api=\"Produce\",le=\"2.5\"} 5",
            "d_seconds_bucket{api=\"Produce\",le=\"+Inf\"} 6",
            "d_seconds_sum{api=\"Produce\"} 20.5",
            "d_seconds_count{api=\"Produce\"} 6",
        ]
    );
}
