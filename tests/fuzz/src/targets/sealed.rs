//! The loader of sealed files, on files of arbitrary bytes.
