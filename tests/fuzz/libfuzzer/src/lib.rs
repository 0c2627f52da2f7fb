//! Gives libFuzzer the corpus of the table to start from: without well-formed inputs it would need ages to find
//! its way past lengths and checksums.

use std::path::Path;

use tests_fuzz::Target;

/// Writes the target's corpus to the first folder named on the command line, where libFuzzer is about to look.
pub fn seed(target: &Target) {
    let Some(folder) = std::env::args().skip(1).find(|word| Path::new(word).is_dir()) else { return };
    for (number, input) in (target.corpus)().into_iter().enumerate() {
        let file = Path::new(&folder).join(format!("seed-{number}"));
        std::fs::write(&file, input).expect("the corpus folder can be written");
    }
}
