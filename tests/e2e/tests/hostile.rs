//! Bytes that no honest client sends: the broker answers an error or closes, and its memory stays flat.
