use super::*;

const KNOWN: &str = "# Words\n\n<!-- measured -->\n\n## b, commit 2\n\n### row\n\ntext\n\n\
                     ## a, commit 1\n\n### row\n\n![curve](benchmarks/curve.svg)\n";

#[test]
fn the_newest_run_comes_first_and_the_oldest_leaves() {
    let (document, older) = insert(KNOWN, "## c, commit 3\n\nnew\n");
    assert_eq!(
        document,
        "# Words\n\n<!-- measured -->\n\n## c, commit 3\n\nnew\n\n## b, commit 2\n\n### row\n\ntext\n"
    );
    let text = "# a, commit 1\n\n## row\n\n![curve](curve.svg)\n";
    assert_eq!(older, [("a-commit-1.md".to_owned(), text.to_owned())]);
}

#[test]
fn a_document_may_be_empty() {
    let (document, older) = insert("", "## c\n");
    assert_eq!(document, "<!-- measured -->\n\n## c\n");
    assert!(older.is_empty());
}
