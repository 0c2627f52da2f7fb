//! Which entities a request asks for.

use std::collections::BTreeMap;

use broker_controller::CommandError;
use broker_metadata::{EntityName, EntityType, QuotaEntity};
use protocol_types::ErrorCode;
use protocol_wire::messages::{
    DescribeClientQuotasRequest, StrBytes, describe_client_quotas_request::ComponentData,
};

#[cfg(test)]
mod tests;

/// What the name of a part must be.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Match {
    Exactly(EntityName),
    /// Any name, the default included.
    Specified,
}

/// See the module's documentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Filter {
    parts: BTreeMap<EntityType, Match>,
    /// Entities with other parts do not match.
    strict: bool,
}

impl Filter {
    /// The request's filter; refusals are Kafka's.
    pub(super) fn of(request: &DescribeClientQuotasRequest) -> Result<Self, CommandError> {
        let mut parts = BTreeMap::new();
        for component in &request.components {
            let (kind, wanted) = part(component, &parts)?;
            parts.insert(kind, wanted);
        }
        if parts.contains_key(&EntityType::Ip) && parts.len() > 1 {
            return Err(invalid(
                "Invalid entity filter component combination. IP filter component should not be \
                 used with user or clientId filter component.",
            ));
        }
        Ok(Self { parts, strict: request.strict })
    }

    pub(super) fn matches(&self, entity: &QuotaEntity) -> bool {
        if self.strict && entity.parts().count() != self.parts.len() {
            return false;
        }
        self.parts.iter().all(|(kind, wanted)| match (entity.part(*kind), wanted) {
            (None, _) => false,
            (Some(_), Match::Specified) => true,
            (Some(name), Match::Exactly(wanted)) => name == wanted,
        })
    }
}

fn part(
    component: &ComponentData,
    before: &BTreeMap<EntityType, Match>,
) -> Result<(EntityType, Match), CommandError> {
    let kind = component.entity_type.as_str();
    if kind.is_empty() {
        return Err(invalid("Invalid empty entity type."));
    }
    let known = EntityType::from_name(kind);
    if known.is_some_and(|known| before.contains_key(&known)) {
        let why = format!("Entity type {kind} cannot appear more than once in the filter.");
        return Err(invalid(why));
    }
    let Some(known) = known else {
        let why = format!("Unsupported entity type {kind}");
        return Err(CommandError::new(ErrorCode::UnsupportedVersion, why));
    };
    let name = component._match.as_ref().map(StrBytes::as_str);
    let without_name = |matching: &str, wanted: Match| match name {
        None => Ok(wanted),
        Some(_) => Err(invalid(format!(
            "Request specified {matching}, but also specified a match string."
        ))),
    };
    let wanted = match component.match_type {
        0 if name.is_none() => {
            return Err(invalid(
                "Request specified MATCH_TYPE_EXACT, but set match string to null.",
            ));
        }
        0 => Match::Exactly(EntityName::of(name)),
        1 => without_name("MATCH_TYPE_DEFAULT", Match::Exactly(EntityName::Default))?,
        2 => without_name("MATCH_TYPE_SPECIFIED", Match::Specified)?,
        other => return Err(invalid(format!("Unknown match type {other}"))),
    };
    Ok((known, wanted))
}

fn invalid(message: impl Into<String>) -> CommandError {
    CommandError::new(ErrorCode::InvalidRequest, message)
}
