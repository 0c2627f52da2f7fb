//! Reading sealed files of a broker that is not running: `ringtide log describe` and `verify`.
