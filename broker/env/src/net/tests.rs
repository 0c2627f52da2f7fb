use std::net::Ipv4Addr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

#[test]
fn a_connection_moves_between_runtimes() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let (acceptor, shard) = (runtime(), runtime());
    let (released, mut client) = acceptor.block_on(async {
        let listener = listen((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (accepted, _) = listener.accept().await.unwrap();
        (release(accepted).unwrap(), client)
    });
    shard.block_on(async {
        let mut stream = adopt(released).unwrap();
        assert!(stream.nodelay().unwrap());
        keep_alive(&stream).unwrap();
        set_send_buffer(&stream, 64 << 10).unwrap();
        stream.write_all(b"hello").await.unwrap();
    });
    acceptor.block_on(async {
        let mut back = [0; 5];
        client.read_exact(&mut back).await.unwrap();
        assert_eq!(&back, b"hello");
    });
}

#[test]
fn a_port_is_taken_again_at_once() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    runtime.block_on(async {
        let listener = listen((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let address = listener.local_addr().unwrap();
        let _client = TcpStream::connect(address).await.unwrap();
        let (accepted, _) = listener.accept().await.unwrap();
        // Closed by us first: the port is left in TIME_WAIT.
        drop((accepted, listener));
        listen(address).unwrap();
    });
}

#[test]
fn a_refused_peer_sees_a_reset() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    runtime.block_on(async {
        let listener = listen((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (accepted, _) = listener.accept().await.unwrap();
        reset_on_close(&accepted).unwrap();
        drop(accepted);
        let error = client.read_u8().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    });
}
