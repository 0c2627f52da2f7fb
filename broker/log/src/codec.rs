//! Little-endian numbers in and out of byte slices, for the file formats of this crate.
