//! The source keeps to the shape that ARCHITECTURE.md describes.

use std::path::{Path, PathBuf};

/// The folder of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// The Rust files below a folder, by path from the workspace, with their text.
fn sources(folder: &str) -> Vec<(String, String)> {
    let (mut open, mut found) = (vec![root().join(folder)], Vec::new());
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name =
                    path.strip_prefix(root()).expect("below the workspace").display().to_string();
                found.push((name, std::fs::read_to_string(&path).expect("text")));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has sources");
    found.sort();
    found
}

/// The lines of a text that are no comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.starts_with("//"))
}

/// Every place in `files` whose code mentions one of `words`.
fn mentions(files: &[(String, String)], words: &[&str]) -> Vec<String> {
    let places = files.iter().flat_map(|(name, text)| code(text).map(move |line| (name, line)));
    let found = places.filter(|(_, line)| words.iter().any(|word| line.contains(word)));
    found.map(|(name, line)| format!("{name}: {line}")).collect()
}

#[test]
fn rules_and_models_know_no_database_no_protocol_and_no_clock() {
    let mut files = sources("api/src");
    files.retain(|(name, _)| name.ends_with("/rules.rs") || name.ends_with("/model.rs"));
    assert!(files.len() >= 2);
    let words =
        ["sea_orm", "sqlx", "async_graphql", "Utc::now", "crate::db", "tokio", "entities::"];
    assert_eq!(mentions(&files, &words), [] as [String; 0]);
}

#[test]
fn the_hidden_registry_is_touched_in_few_places() {
    let mut files = sources("api/src");
    files.retain(|(name, _)| {
        let allowed = [
            "api/src/read/registry/",
            "api/src/read/registry.rs",
            "api/src/read/declaration.rs",
            "api/src/graphql/payload.rs",
        ];
        !allowed.iter().any(|place| name.starts_with(place))
    });
    assert_eq!(
        mentions(&files, &["async_graphql::registry", "MetaType", "registry::Registry"]),
        [] as [String; 0]
    );
}

#[test]
fn entities_know_no_protocol() {
    let manifest = std::fs::read_to_string(root().join("entities/Cargo.toml")).expect("a manifest");
    for word in ["async-graphql", "axum", "alongside"] {
        assert!(!manifest.lines().any(|line| line.starts_with(word)), "entities depend on {word}");
    }
    assert_eq!(mentions(&sources("entities/src"), &["async_graphql", "axum"]), [] as [String; 0]);
}

#[test]
fn transactions_are_opened_behind_one_door() {
    let mut files = sources("api/src");
    files.retain(|(name, _)| !name.starts_with("api/src/db/"));
    assert_eq!(
        mentions(
            &files,
            &["sqlx::query", "PgPool", "SqlitePool", "TransactionTrait", ".begin_with("]
        ),
        [] as [String; 0]
    );
}

#[test]
fn no_file_is_too_long() {
    let files =
        ["api/src", "entities/src", "migration/src", "tests/bench/src"].map(sources).concat();
    let long = files.iter().filter(|(_, text)| text.lines().count() > 600);
    assert_eq!(
        long.map(|(name, text)| format!("{name}: {} lines", text.lines().count()))
            .collect::<Vec<_>>(),
        [] as [String; 0]
    );
}

#[test]
fn nothing_is_left_to_do() {
    let files =
        ["api/src", "entities/src", "migration/src", "tests/bench/src"].map(sources).concat();
    assert_eq!(mentions(&files, &["todo!", "unimplemented!", "dbg!"]), [] as [String; 0]);
    assert_eq!(
        mentions(&files, &["#[allow(", "#![allow("]),
        [] as [String; 0],
        "#[expect(…, reason)] goes when it is no longer needed"
    );
}

#[test]
fn every_dependency_has_a_reason_and_a_use() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("a manifest");
    let section = manifest.split("[workspace.dependencies]").nth(1).expect("the section");
    let section = section.split("\n[").next().expect("its lines");
    let members = ["api", "entities", "migration", "tests", "tests/bench"].map(|member| {
        std::fs::read_to_string(root().join(member).join("Cargo.toml")).expect("a manifest")
    });
    // A comment may speak for the lines up to the next blank one or comment.
    let (mut explained, mut checked) = (false, 0);
    for line in section.lines().map(str::trim) {
        let Some((name, _)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) else {
            explained = line.starts_with('#');
            continue;
        };
        assert!(explained, "{name} has no reason above it");
        let used = members.iter().any(|member| {
            member.lines().any(|line| {
                line.strip_prefix(name)
                    .is_some_and(|rest| rest.starts_with(".workspace") || rest.starts_with(" ="))
            })
        });
        assert!(used, "{name} is used by no member");
        checked += 1;
    }
    assert!(checked > 20);
}

#[test]
fn every_dependency_of_a_member_comes_from_the_workspace() {
    for member in ["api", "entities", "migration", "tests", "tests/bench"] {
        let manifest =
            std::fs::read_to_string(root().join(member).join("Cargo.toml")).expect("a manifest");
        let section = |name: &str| {
            manifest
                .split(name)
                .nth(1)
                .map(|rest| rest.split("\n[").next().unwrap_or_default().to_owned())
        };
        for section in ["\n[dependencies]", "\n[dev-dependencies]"].into_iter().filter_map(section)
        {
            for line in section.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
                assert!(
                    line.contains(".workspace = true") || line.contains("workspace = true,"),
                    "{member}: {line}"
                );
            }
        }
    }
}

#[test]
fn the_aggregates_read_in_one_order() {
    let text = std::fs::read_to_string(root().join("api/src/lib.rs")).expect("text");
    for (name, _) in sources("api/src") {
        let module = name
            .trim_start_matches("api/src/")
            .split(['/', '.'])
            .next()
            .expect("a name")
            .to_owned();
        if !["lib", "main"].contains(&module.as_str()) {
            let declared = [format!("pub mod {module};"), format!("mod {module};")];
            assert!(
                code(&text).any(|line| declared.iter().any(|declared| line == declared)),
                "{module} is in the table of contents"
            );
        }
    }
}
