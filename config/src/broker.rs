//! Broker settings: the table, the layers that supply topic defaults, and the typed result.

mod config;
mod ip_overrides;
mod key;
mod layers;
mod table;

pub use config::{BrokerConfig, GroupSettings, LogFormat, QuotaWindows, RING_SIZE_MIN};
pub use ip_overrides::parse_ip_overrides;
pub use key::{BrokerKey, Dynamic};
pub use layers::BrokerLayers;
pub use table::{broker_key, broker_keys};
