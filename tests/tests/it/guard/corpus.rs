//! The fuzzer's corpus: what it begins with, and what it once found.

use std::path::Path;

use tests::rehearse::rehearse;

#[test]
fn documents_of_the_corpus_are_prepared_or_refused() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/guard");
    let (mut run, mut refused) = (0, 0);
    for entry in std::fs::read_dir(folder).expect("the corpus") {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("a document");
        if rehearse(&bytes) { run += 1 } else { refused += 1 }
    }
    assert!(run >= 5 && refused >= 10, "{run} may run, {refused} are refused");
}
