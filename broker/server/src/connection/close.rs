//! Why a connection ends, and what the log says about it.

use std::{io, net::SocketAddr};

use protocol_types::ApiKey;
use protocol_wire::{
    error::{DecodeError, EncodeError, Malformed},
    frame::FrameError,
};
use thiserror::Error;

use crate::{
    metrics::{Limit, ServerMetrics},
    throttled_log::LogThrottle,
};

/// Why a connection ends.
#[derive(Debug, Error)]
pub(crate) enum Close {
    #[error("the client closed it")]
    ByClient,
    #[error("{0}")]
    Socket(#[from] io::Error),
    #[error("{0}")]
    Frame(#[from] FrameError),
    #[error("{0}")]
    Malformed(#[from] Malformed),
    #[error("{0}")]
    Decode(#[from] DecodeError),
    #[error("api {api_key} version {version} is not served")]
    Unsupported { api_key: i16, version: i16 },
    #[error("a produce request with acks=0 failed, and it has no other answer")]
    UnansweredError,
    #[error("the answer could not be encoded: {0}")]
    Encode(#[from] EncodeError),
    #[error("the client did not send the rest of its request in time")]
    SlowRequest,
    #[error("the client did not read its answers while memory.response.bytes was short")]
    SlowReader,
    #[error("idle for longer than connections.max.idle.ms")]
    Idle,
    #[error("the broker is stopping")]
    Draining,
    #[error("a request of {} ended without an answer", .0.name())]
    NoAnswer(ApiKey),
}

impl Close {
    /// Logs the end of the connection from `peer`: what a client did wrong at warning level, rate
    /// limited, the rest at debug level.
    pub(crate) fn log(&self, peer: SocketAddr, metrics: &ServerMetrics) {
        static CLIENT_FAULTS: LogThrottle = LogThrottle::new();
        static OWN_FAULTS: LogThrottle = LogThrottle::new();
        match self {
            Self::ByClient | Self::Socket(_) | Self::Idle | Self::Draining => {
                tracing::debug!(%peer, reason = %self, "connection closed");
            }
            Self::Frame(error) => {
                if matches!(error, FrameError::TooLarge { .. }) {
                    metrics.limit_reached(Limit::RequestSize);
                }
                CLIENT_FAULTS.warn(&format_args!("connection of {peer} closed: {self}"));
            }
            Self::Malformed(_)
            | Self::Decode(_)
            | Self::Unsupported { .. }
            | Self::UnansweredError
            | Self::SlowRequest
            | Self::SlowReader => {
                CLIENT_FAULTS.warn(&format_args!("connection of {peer} closed: {self}"));
            }
            Self::Encode(_) | Self::NoAnswer(_) => {
                OWN_FAULTS
                    .warn(&format_args!("connection of {peer} closed by a fault of ours: {self}"));
            }
        }
    }
}
