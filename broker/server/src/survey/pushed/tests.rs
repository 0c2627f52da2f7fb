use broker_telemetry::InstanceId;

use super::*;

#[test]
fn a_pushed_series_is_shown_with_whose_it_is() {
    let mut out = Exposition::new(9);
    let attribute = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let shown = Shown {
        instance: InstanceId([7; 16]),
        client_id: "c".into(),
        software_name: "s".into(),
        metric: "org.apache.kafka.m".to_owned(),
        labels: vec![attribute("node.id", "1"), attribute("node-id", "2")],
        value: 2.5,
    };
    out.gauge("f", "About f.");
    sample(&shown, &mut out);
    let text = out.finish(0);
    let expected = "f{metric=\"org.apache.kafka.m\",client_instance_id=\"BwcHBwcHBwcHBwcHBwcHBw\",\
                    client_id=\"c\",client_software_name=\"s\",attribute_node_id=\"1\"} 2.5";
    assert!(text.lines().any(|line| line == expected), "{text}");
}
