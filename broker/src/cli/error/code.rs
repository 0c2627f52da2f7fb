//! The codes of errors: stable numbers, each with an exit code and a page in `docs/errors`.
//!
//! A code never changes its meaning and is never used again for another. A test holds codes and
//! pages together.

use std::fmt;

use super::Exit;

macro_rules! codes {
    ($($variant:ident = $number:literal, $exit:ident;)*) => {
        /// See the module documentation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code {
            $(
                #[doc = include_str!(concat!("../../../../docs/errors/RT", $number, ".md"))]
                $variant,
            )*
        }

        impl Code {
            /// Every code, in the order of their numbers.
            pub(crate) const ALL: &[Self] = &[$(Self::$variant),*];

            /// The four digits behind `RT`.
            const fn number(self) -> &'static str {
                match self { $(Self::$variant => $number),* }
            }

            /// The exit code that goes with it.
            pub(crate) const fn exit(self) -> Exit {
                match self { $(Self::$variant => Exit::$exit),* }
            }

            /// Its page: what it means and what to do.
            pub(crate) const fn page(self) -> &'static str {
                match self {
                    $(Self::$variant => include_str!(
                        concat!("../../../../docs/errors/RT", $number, ".md")
                    )),*
                }
            }
        }
    };
}

codes! {
    Failed = "0001", Failed;
    Usage = "0002", Usage;
    NotConfirmed = "0003", Usage;
    NoBroker = "0101", Unreachable;
    AdvertisedUnreachable = "0102", Unreachable;
    ConnectionLost = "0103", Unreachable;
    NotServed = "0104", Failed;
    BadAnswer = "0105", Failed;
    NotReady = "0106", Unreachable;
    TopicNotFound = "0201", NotFound;
    PartitionNotFound = "0202", NotFound;
    OffsetOutOfRange = "0203", NotFound;
    Exists = "0204", Conflict;
    NotAllowed = "0205", Forbidden;
    InvalidConfig = "0206", Failed;
    Refused = "0207", Failed;
    GroupNotFound = "0208", NotFound;
    GroupInUse = "0209", Conflict;
    DataNotFound = "0301", NotFound;
    DataInUse = "0302", Conflict;
    Damaged = "0303", Unhealthy;
    Io = "0304", Failed;
    Configuration = "0401", Usage;
    ContextNotFound = "0402", NotFound;
    ContextExists = "0403", Conflict;
    ContextsMalformed = "0404", Usage;
    Unhealthy = "0501", Unhealthy;
    DoctorFailed = "0502", Unhealthy;
    Partial = "0601", Partial;
    StartFailed = "0701", Failed;
    RingFailed = "0702", Failed;
}

impl Code {
    /// The code of this name, in upper or lower case.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.to_string().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RT{}", self.number())
    }
}
