//! The expressions of a dashboard and of alert rules, as Prometheus is asked for them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

/// What a dashboard asks for when all instances and groups are chosen.
pub(super) fn of_dashboard(path: &Path) -> Result<Vec<String>> {
    let dashboard: Value = serde_json::from_str(&fs::read_to_string(path)?)?;
    let mut found = Vec::new();
    collect(&dashboard, &mut found);
    let chosen = |text: String| {
        text.replace("$__rate_interval", "10s").replace("$instance", ".*").replace("$group", ".*")
    };
    Ok(found.into_iter().map(chosen).collect())
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(expression) = fields.get("expr").and_then(Value::as_str) {
                found.push(expression.to_owned());
            }
            if let Some(definition) = fields.get("definition").and_then(Value::as_str) {
                let inner = definition.strip_prefix("label_values(");
                found.extend(inner.and_then(|inner| inner.split(',').next()).map(str::to_owned));
            }
            fields.values().for_each(|value| collect(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What alert rules compare with their bounds.
pub(super) fn of_alerts(path: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(path)?;
    let rules = text.lines().filter_map(|line| line.trim().strip_prefix("expr: "));
    rules
        .map(|rule| {
            let (compared, bound) = rule.rsplit_once(' ').context("no bound")?;
            bound.parse::<f64>().with_context(|| format!("{rule}: the bound comes last"))?;
            let (query, _operator) = compared.rsplit_once(' ').context("no comparison")?;
            // Prometheus has watched for seconds only.
            Ok(query.to_owned())
        })
        .collect()
}
