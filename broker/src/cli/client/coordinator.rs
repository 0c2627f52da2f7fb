//! Requests to the coordinator of a group: found once, waited for while it loads, found again when
//! it has moved.

use protocol_types::{ApiKey, ErrorCode};
use protocol_wire::messages::{FindCoordinatorRequest, GroupId, Request};

use super::{Client, text};
use crate::cli::error::{CliError, known};

/// FindCoordinator's number of the key type "group".
const GROUP: i8 = 0;

impl Client {
    /// Sends a request about `group` to its coordinator; `code` is where the answer says how it
    /// went. Waits while the coordinator is not ready, within the time limit.
    pub(crate) fn call_group<R: Request + 'static>(
        &mut self,
        group: &str,
        api: ApiKey,
        versions: (i16, i16),
        request: &R,
        code: impl Fn(&R::Response) -> i16,
    ) -> Result<R::Response, CliError> {
        let deadline = self.deadline();
        loop {
            if let Some(broker) = self.coordinator(group)? {
                let answer = self.call_broker(broker, api, versions, request)?;
                if !is_elsewhere(code(&answer)) {
                    return Ok(answer);
                }
                self.coordinators.remove(group);
            }
            self.pause(deadline, &format!("the coordinator of group \"{group}\""))?;
        }
    }

    /// The broker that coordinates `group`; `None`: none yet.
    fn coordinator(&mut self, group: &str) -> Result<Option<i32>, CliError> {
        if let Some(&broker) = self.coordinators.get(group) {
            return Ok(Some(broker));
        }
        // Says where the brokers are.
        self.metadata(Some(&[]), false)?;
        let request = FindCoordinatorRequest::default().with_key(text(group)).with_key_type(GROUP);
        let answer = self.call(ApiKey::FindCoordinator, (0, 3), &request)?;
        match answer.error_code {
            0 => {
                self.coordinators.insert(group.to_owned(), answer.node_id.0);
                Ok(Some(answer.node_id.0))
            }
            code if is_elsewhere(code) => Ok(None),
            code => {
                let what = format!("coordinator of group \"{group}\"");
                Err(CliError::refused(&what, code, answer.error_message.as_deref()))
            }
        }
    }
}

/// Whether to ask again: the coordinator is loading, moving or another one.
fn is_elsewhere(code: i16) -> bool {
    matches!(
        known(code),
        Some(
            ErrorCode::CoordinatorLoadInProgress
                | ErrorCode::CoordinatorNotAvailable
                | ErrorCode::NotCoordinator
        )
    )
}

/// A group's name for a request.
pub(crate) fn group_id(name: &str) -> GroupId {
    GroupId(text(name))
}
