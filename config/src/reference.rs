//! The reference of all settings, as `docs/configuration.md` holds it.

use std::fmt::Write;

use crate::broker::{BrokerKey, Dynamic, broker_keys};
use crate::effect::Effect;
use crate::topic::topic_keys;
use crate::value::{Check, Kind};

const HEAD: &str = "\
# Configuration

Made from the tables in `config/`; a test compares, so edit those (`UPDATE_DOCS=1 cargo test -p config` writes this page).

Settings are read in this order, later ones win: built-in defaults, the TOML file of `--config`, environment
variables, flags. `ring.size` is `size` in the TOML table `[ring]`, the variable `RINGTIDE_RING__SIZE`, or
`--set ring.size=64MiB`. Sizes take KiB, MiB, GiB. An unknown setting is refused with a suggestion; only the
variables that Kubernetes sets for a Service named `ringtide` (`RINGTIDE_SERVICE_HOST`, `RINGTIDE_SERVICE_PORT`,
`RINGTIDE_SERVICE_PORT_…`, `RINGTIDE_PORT`, `RINGTIDE_PORT_<number>_…`) are passed over. A Service whose name begins
with `ringtide-` sets others: give the pod `enableServiceLinks: false`. Listeners can also be TOML tables:

```toml
[[listeners]]
name = \"EXTERNAL\"
bind = \"0.0.0.0:9092\"
advertised = \"broker.example:9092\"
```

";

/// The whole page.
pub(crate) fn reference() -> String {
    let mut page = HEAD.to_owned();
    page.push_str(
        "## Broker\n\nEvery setting of Apache Kafka 4.3 is known. *Effect* says what it does here: yes; none (stored and shown, so \
         that tools and definitions made for Kafka work); shown (derived, cannot be set); refused (whoever sets it counts on what does not \
         exist here yet, so only the default is accepted).\n\n\
         | setting | type | default | effect | may change | meaning |\n|---|---|---|---|---|---|\n",
    );
    for key in broker_keys() {
        // Writing to a string cannot fail.
        let _written = writeln!(
            page,
            "| `{}` | {} | {} | {} | {} | {} |",
            key.name,
            kind(key.kind, key.check),
            key.default.map_or_else(|| "–".to_owned(), code),
            key.effect.word(),
            change(key),
            key.doc
        );
    }
    page.push_str(
        "\n## Topics\n\nA topic's value wins over the broker's setting in the last column, that over the default. \
         Keys without effect are stored and shown, so that tools and topic definitions work.\n\n\
         | key | type | default | effect | meaning | broker setting |\n|---|---|---|---|---|---|\n",
    );
    for key in topic_keys() {
        let synonyms: Vec<String> =
            key.synonyms.iter().map(|(name, _)| format!("`{name}`")).collect();
        let _written = writeln!(
            page,
            "| `{}` | {} | {} | {} | {} | {} |",
            key.name,
            kind(key.kind, key.check),
            code(key.default),
            key.effect.word(),
            key.doc,
            synonyms.join(", ")
        );
    }
    page
}

fn code(text: &str) -> String {
    match text {
        "" => "empty".to_owned(),
        "9223372036854775807" => "no limit".to_owned(),
        text => format!("`{text}`"),
    }
}

fn kind(kind: Kind, check: Check) -> String {
    let name = match kind {
        Kind::Boolean => "boolean",
        Kind::String | Kind::Class | Kind::Password => "text",
        Kind::Int | Kind::Short | Kind::Long | Kind::Double => "number",
        Kind::List => "list",
    };
    match check {
        Check::Any | Check::ThrottledReplicas | Check::LogLevels => name.to_owned(),
        Check::AtLeast(min) => format!("{name} ≥ {min}"),
        Check::Between(min, max) => format!("{name} {min} to {max}"),
        Check::MinusOneOr(min, max) => format!("−1 or {min} to {max}"),
        Check::UnlimitedOrPositive => format!("{name}, not 0"),
        Check::Fraction => format!("{name} 0 to 1"),
        Check::OneOf(names) | Check::OneOfAnyCase(names) => names.join(", "),
        Check::ListOf(names) => format!("{name} of {}", names.join(", ")),
    }
}

const fn change(key: &BrokerKey) -> &'static str {
    match (key.effect, key.dynamic) {
        (Effect::Shown, _) => "never",
        (_, Dynamic::ReadOnly) => "at start",
        (_, Dynamic::PerBroker) => "at run time, per broker",
        (_, Dynamic::ClusterWide) => "at run time",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_what_the_tables_say() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/configuration.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, reference()).unwrap();
        }
        let page = std::fs::read_to_string(path).unwrap();
        assert!(page == reference(), "run UPDATE_DOCS=1 cargo test -p config");
    }
}
