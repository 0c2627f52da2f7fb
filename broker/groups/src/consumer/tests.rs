//! Consumer groups as their members see them.

mod fencing;
pub(crate) mod fixture;
mod model;
mod regexes;
mod statics;
mod transitions;
