//! `max.connections.per.ip.overrides`: ADDRESS:NUMBER, by comma.

use std::net::IpAddr;

use crate::value::InvalidConfig;

#[cfg(test)]
mod tests;

/// The limit of each address named. An address of version 6 may stand in brackets; host names are
/// not looked up.
///
/// # Errors
/// An entry is not an address and a number.
pub fn parse_ip_overrides(text: &str) -> Result<Vec<(IpAddr, u32)>, InvalidConfig> {
    let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    entries.map(|entry| parse(entry).ok_or_else(|| refuse(text, entry))).collect()
}

fn parse(entry: &str) -> Option<(IpAddr, u32)> {
    let (address, most) = entry.rsplit_once(':')?;
    let address = address.trim().trim_start_matches('[').trim_end_matches(']');
    Some((address.parse::<IpAddr>().ok()?.to_canonical(), most.trim().parse().ok()?))
}

fn refuse(text: &str, entry: &str) -> InvalidConfig {
    let why = format_args!("\"{entry}\" is not ADDRESS:NUMBER (host names are not looked up)");
    InvalidConfig::value("max.connections.per.ip.overrides", text, why)
}
