use super::*;

const TRACE: &str = "\
7<acceptor> setsockopt(9, SOL_SOCKET, SO_KEEPALIVE, [1], 4) = 0
8<shard-0> epoll_wait(3, [], 1024, 0) = 0
7<acceptor> setsockopt(10, SOL_SOCKET, SO_KEEPALIVE, [1], 4 <unfinished ...>
8<shard-0> recvfrom(9, \"\"..., 262144, 0, NULL, NULL) = 1090
7<acceptor> <... setsockopt resumed>) = 0
8<shard-0> futex(0x7f, FUTEX_WAKE_PRIVATE, 1) = 1
8<shard-0> writev(9, [{iov_base=\"\"..., iov_len=65}], 1) = 65
9<wal-writer> pwritev2(4, [{iov_base=\"\"..., iov_len=4096}], 1, 0, RWF_DSYNC <unfinished ...>
8<shard-0> epoll_wait(3,  <unfinished ...>
9<wal-writer> <... pwritev2 resumed>) = 4096
8<shard-0> <... epoll_wait resumed>[], 1024, -1) = 1
7<acceptor> setsockopt(11, SOL_SOCKET, SO_KEEPALIVE, [1], 4) = 0
8<shard-0> --- SIGTERM {si_signo=SIGTERM, si_code=SI_USER} ---
8<shard-0> +++ exited with 0 +++
";

#[test]
fn calls_between_marks_are_counted_once_each() {
    assert_eq!(calls(TRACE, "shard-"), [1, 3, 0]);
    assert_eq!(calls(TRACE, "wal-writer"), [0, 1, 0]);
}

#[test]
fn a_trace_without_marks_is_one_run() {
    assert_eq!(calls("8<shard-0> epoll_wait(3, [], 1024, 0) = 0\n", "shard-"), [1]);
}
