use super::*;

#[test]
fn what_was_written_is_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("deep/contexts.toml");
    let mut contexts = Contexts::at(&path).unwrap();
    assert_eq!(contexts.named.len(), 0);
    let context = |http: Option<&str>| Context {
        bootstrap: "a:1,b:2".to_owned(),
        http: http.map(str::to_owned),
    };
    contexts.named.insert("plain".to_owned(), context(None));
    contexts.named.insert("with \"quotes\".and dots".to_owned(), context(Some("a:8080")));
    contexts.current = Some("plain".to_owned());
    contexts.write().unwrap();
    assert_eq!(Contexts::at(&path).unwrap(), contexts);
}

#[test]
fn a_file_of_another_form_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("contexts.toml");
    for text in ["[contexts", "[contexts.a]\nhttp = \"x\""] {
        replace_file(&OsDisk, &path, text.as_bytes()).unwrap();
        let error = Contexts::at(&path).unwrap_err();
        assert_eq!(error.code(), Some(Code::ContextsMalformed));
        assert!(error.message().contains("contexts.toml"), "{}", error.message());
    }
}

#[test]
fn a_close_name_is_suggested() {
    let mut contexts = Contexts::default();
    let context = Context { bootstrap: String::new(), http: None };
    contexts.named.insert("production".to_owned(), context);
    let error = contexts.get("prodution").unwrap_err();
    assert!(error.to_string().contains("did you mean \"production\"?"), "{error}");
}
