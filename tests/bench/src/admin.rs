//! The few administrative requests a measurement needs, blocking.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context as _, Result, bail};
use bytes::BytesMut;
use protocol_wire::messages::create_topics_request::{
    CreatableTopic, CreatableTopicConfig, CreateTopicsRequest,
};
use protocol_wire::messages::delete_topics_request::DeleteTopicsRequest;
use protocol_wire::messages::{Request, StrBytes, TopicName};
use protocol_wire::request::{decode_response, encode_request};

/// A connection for administration.
#[derive(Debug)]
pub(crate) struct Admin {
    socket: TcpStream,
}

impl Admin {
    pub(crate) fn connect(address: SocketAddr) -> Result<Self> {
        let socket = TcpStream::connect(address).context("connect")?;
        socket.set_nodelay(true)?;
        Ok(Self { socket })
    }

    pub(crate) fn create_topic(
        &mut self,
        name: &str,
        partitions: i32,
        configs: &[(&str, &str)],
    ) -> Result<()> {
        let config = |&(key, value): &(&str, &str)| {
            CreatableTopicConfig::default().with_name(text(key)).with_value(Some(text(value)))
        };
        let topic = CreatableTopic::default()
            .with_name(TopicName(text(name)))
            .with_num_partitions(partitions)
            .with_replication_factor(1)
            .with_configs(configs.iter().map(config).collect());
        let request =
            CreateTopicsRequest::default().with_topics(vec![topic]).with_timeout_ms(60_000);
        let answer = self.call(5, &request)?;
        for topic in &answer.topics {
            if topic.error_code != 0 {
                bail!("create {name}: {} {:?}", topic.error_code, topic.error_message);
            }
        }
        Ok(())
    }

    pub(crate) fn delete_topic(&mut self, name: &str) -> Result<()> {
        let request = DeleteTopicsRequest::default()
            .with_topic_names(vec![TopicName(text(name))])
            .with_timeout_ms(60_000);
        let answer = self.call(4, &request)?;
        match answer.responses.iter().find(|topic| topic.error_code != 0) {
            Some(topic) => bail!("delete {name}: {}", topic.error_code),
            None => Ok(()),
        }
    }

    /// Sends a request and waits for its answer.
    pub(crate) fn call<R: Request + 'static>(
        &mut self,
        version: i16,
        request: &R,
    ) -> Result<R::Response> {
        let mut frame = BytesMut::new();
        encode_request(&mut frame, version, 1, Some("ringtide-bench"), request)?;
        self.socket.write_all(&frame)?;
        let mut len = [0; 4];
        self.socket.read_exact(&mut len)?;
        let mut answer = vec![0; usize::try_from(u32::from_be_bytes(len))?];
        self.socket.read_exact(&mut answer)?;
        Ok(decode_response::<R>(version, answer.into())?.1)
    }
}

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}
