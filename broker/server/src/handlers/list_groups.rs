//! ListGroups: the groups of every shard that the caller may see.

use broker_coordinator::{CoordinatorError, ShardIndex};
use broker_groups::{GroupFilter, ListedGroup};
use protocol_types::ErrorCode;
use protocol_wire::messages::{
    GroupId, ListGroupsRequest, ListGroupsResponse, list_groups_response as wire,
};

use super::wire_names::text;
use crate::{
    request::RequestContext,
    security::{Authorized, Resource},
};

/// From this version on groups show their state.
const FIRST_STATE: i16 = 4;
/// From this version on groups show their type.
const FIRST_TYPE: i16 = 5;

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<ListGroupsRequest>,
) -> ListGroupsResponse {
    let asked = request.request();
    let texts = |filter: &[protocol_wire::messages::StrBytes]| {
        filter.iter().map(ToString::to_string).collect()
    };
    let filter =
        GroupFilter { states: texts(&asked.states_filter), types: texts(&asked.types_filter) };
    let all = request.allows(Resource::Cluster);
    let groups = match list(&context, &filter).await {
        Ok(groups) => groups,
        Err(code) => return ListGroupsResponse::default().with_error_code(context.error(code)),
    };
    let visible =
        groups.into_iter().filter(|group| all || request.allows(Resource::Group(&group.id)));
    let listed = visible.map(|group| listed(&group, context.version));
    ListGroupsResponse::default().with_groups(listed.collect())
}

async fn list(
    context: &RequestContext,
    filter: &GroupFilter,
) -> Result<Vec<ListedGroup>, ErrorCode> {
    let coordinators = &context.broker.coordinators;
    let mut groups = Vec::new();
    for shard in (0..coordinators.groups.shards()).map(ShardIndex) {
        match coordinators.ask_shard(shard, filter.clone()).await {
            Ok(mut listed) => groups.append(&mut listed),
            // Somebody else lists those; what cannot be loaded must not hide all the others.
            Err(CoordinatorError::NotCoordinator | CoordinatorError::Unreadable) => {}
            Err(error) => return Err(error.code()),
        }
    }
    Ok(groups)
}

fn listed(group: &ListedGroup, version: i16) -> wire::ListedGroup {
    let mut listed = wire::ListedGroup::default()
        .with_group_id(GroupId(text(&group.id)))
        .with_protocol_type(text(&group.protocol_type));
    if version >= FIRST_STATE {
        listed.group_state = text(group.state);
    }
    if version >= FIRST_TYPE {
        listed.group_type = text(group.kind);
    }
    listed
}
