use super::*;

fn session(authorizer: impl Authorizer + 'static) -> Session {
    Session {
        principal: Principal::anonymous(),
        authorizer: Arc::new(authorizer),
        listener: 0,
        software: OnceLock::new(),
    }
}

#[derive(Debug)]
struct ReadOnly;

impl Authorizer for ReadOnly {
    fn allows(&self, _: &Principal, operation: Operation, _: Resource<'_>) -> bool {
        matches!(operation, Operation::Read | Operation::Describe)
    }
}

#[test]
fn trap_26_authorized_operations_are_a_mask_of_kafkas_codes() {
    assert_eq!(session(AllowAll).authorized_operations(Resource::Topic("t")), 0b1101_1111_1000);
    assert_eq!(session(AllowAll).authorized_operations(Resource::Cluster), 0b1_1111_1010_0000);
    assert_eq!(session(ReadOnly).authorized_operations(Resource::Topic("t")), 0b1_0000_1000);
}

#[test]
fn a_request_is_checked_for_the_operation_of_its_row() {
    let session = Arc::new(session(ReadOnly));
    let write = Authorized::new((), session.clone(), Some(Operation::Write));
    let read = Authorized::new((), session.clone(), Some(Operation::Read));
    let free = Authorized::new((), session, None);
    assert!(!write.allows(Resource::Topic("t")));
    assert!(read.allows(Resource::Topic("t")));
    assert!(free.allows(Resource::Cluster));
}
