//! Curricula as files: what is written can be read, and reading it again changes nothing.

use std::path::Path;

use tests::curricula::{Curriculum, Standing, aligned};
use tests::{World, on_both_databases};

use crate::process::{Ended, alongside, run};

/// What every import leaves behind.
const TRACES: [&str; 4] = ["import_run ", "audit_event ", "audit_chain ", "outbox_event "];

async fn export(world: &World, folder: &Path, name: &str) -> Ended {
    let url = &world.database.url;
    run(alongside(folder, &["export", "curriculum", name, "--database", url])).await
}

async fn import(world: &World, folder: &Path, text: &str, options: &[&str]) -> Ended {
    std::fs::write(folder.join("curriculum.toml"), text).expect("a file");
    let url = &world.database.url;
    let arguments = ["import", "curriculum", "curriculum.toml", "--database", url];
    run(alongside(folder, &[&arguments, options].concat())).await
}

fn name(of: &Curriculum) -> String {
    format!("{}@1.0.0", of.code)
}

on_both_databases! {
    async fn a_file_that_was_written_changes_nothing_when_it_is_read(world: World) {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        for (tenant, standing) in [(Some(world.a.id), Standing::Draft), (None, Standing::Published), (Some(world.b.id), Standing::Retired)] {
            let of = aligned(&world, tenant, standing).await;
            let written = export(&world, folder, &name(&of)).await;
            assert_eq!((written.code, written.err.as_str()), (Some(0), ""), "{written:?}");
            let before = world.database.eye.contents().await;
            let read = import(&world, folder, &written.out, &[]).await;
            assert_eq!(read.code, Some(0), "{read:?}");
            assert!(read.out.starts_with(&format!("{} unchanged, 2 modules\n", name(&of))), "{read:?}");
            let mut changes = world.database.eye.contents().await.changes_since(&before);
            assert!(changes.iter().any(|change| change.starts_with("+ import_run ")), "the run itself is recorded");
            changes.retain(|change| !TRACES.iter().any(|table| change[2..].starts_with(table)));
            assert_eq!(changes, [] as [String; 0]);
            assert_eq!(export(&world, folder, &name(&of)).await.out, written.out);
        }
        // The drafts that came with the service as well, though nearly nothing is known of some.
        for name in ["PSW-10-WEEKS@0.1.0", "VOLUNTEER-4-WEEKS@0.1.0", "SUPERVISOR@0.1.0"] {
            let written = export(&world, folder, name).await.out;
            let read = import(&world, folder, &written, &[]).await;
            assert!(read.out.starts_with(&format!("{name} unchanged")), "{read:?}");
        }
    }

    async fn a_file_becomes_a_programme_with_a_draft_that_says_what_it_says(world: World) {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        let of = aligned(&world, Some(world.a.id), Standing::Published).await;
        let text = export(&world, folder, &name(&of)).await.out;
        let copy = text.replace(&of.code, "ZZ-COPY").replace("Fictional block", "A part with \\\"quotes\\\" and \\\\ and é");
        let before = world.database.eye.contents().await;
        let tried = import(&world, folder, &copy, &["--dry-run"]).await;
        assert_eq!(tried.out, "dry run: nothing was written\nprogramme ZZ-COPY created\nZZ-COPY@1.0.0 drafted, 2 modules\n");
        assert_eq!(world.database.eye.contents().await, before);
        let done = import(&world, folder, &copy, &[]).await;
        assert_eq!((done.code, done.out.lines().next()), (Some(0), Some("programme ZZ-COPY created")), "{done:?}");
        let again = export(&world, folder, "ZZ-COPY@1.0.0").await.out;
        let normal = import(&world, folder, &again, &[]).await;
        assert!(normal.out.starts_with("ZZ-COPY@1.0.0 unchanged"), "{normal:?}");
        assert!(again.contains("quotes") && again.contains("é"));
        // A draft is rewritten; what is published is not.
        let edited = again.replace("weeks = 2", "weeks = 3").replace("depth = \"INTRODUCED\"", "depth = \"ASSESSED\"");
        let rewritten = import(&world, folder, &edited, &[]).await;
        assert!(rewritten.out.starts_with("ZZ-COPY@1.0.0 draft rewritten, 2 modules"), "{rewritten:?}");
        assert_eq!(export(&world, folder, "ZZ-COPY@1.0.0").await.out, edited);
        let before = world.database.eye.contents().await;
        let refused = import(&world, folder, &text.replace("weeks = 2", "weeks = 3"), &[]).await;
        assert_eq!(refused.code, Some(1));
        assert!(refused.err.starts_with("version.number: this version is published"), "{refused:?}");
        assert_eq!(world.database.eye.contents().await, before);
        let next = text.replace("number = \"1.0.0\"", "number = \"1.1.0\"").replace("weeks = 2", "weeks = 3");
        assert!(import(&world, folder, &next, &[]).await.out.contains("@1.1.0 drafted"));
    }

    async fn every_fault_of_a_file_is_named_with_its_place_and_nothing_is_imported(world: World) {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        let of = aligned(&world, Some(world.a.id), Standing::Draft).await;
        let text = export(&world, folder, &name(&of)).await.out.replace(&of.code, "ZZ-FAULTS");
        let before = world.database.eye.contents().await;
        for (damaged, places) in [
            ("format = 1\n[programme".to_owned(), vec!["line 2, column "]),
            (text.replace("alongside.curriculum/1", "other/9"), vec!["format: "]),
            (text.replace("weeks = 2", "weeks = \"two\""), vec!["version: "]),
            (text.replace("weeks = 2", "week = 2"), vec!["version: "]),
            (text.replace("[graduation]", "[graduatoin]"), vec!["graduatoin: "]),
            (text.replacen("number = 2", "number = 1", 1), vec!["modules[2].number: "]),
            (text.replace("requires = [1]", "requires = [2]").replace("weeks = 2", "weeks = 0"), vec!["version.weeks: ", "modules[2].requires[1]: "]),
            (text.replace("\"INTRODUCED\"", "\"LEARNT\"").replace("taught_minutes = 60", "taught_minutes = -1"), vec!["modules[1].competences[1].depth: "]),
            (text.replacen("code = \"1.1\"", "code = \"99\"", 1).replace("\"DAYS\"", "\"HOURS\"").replace("\"VOLUNTEER\"", "\"NOBODY\""), vec!["programme.type: ", "graduation.attendance_basis: ", "modules[1].competences[1]: "]),
            (text.replace("taught_minutes = 60", "taught_minutes = -1"), vec!["modules[1].taught_minutes: ", "modules[2].taught_minutes: "]),
            (text.replace("ZZ-FAULTS", "faults"), vec!["programme.code: "]),
            (text.replace("prep_minutes = 30", "preparation = 30").replace("reason = \"Fictional\"", "why = \"x\""), vec!["modules[1]: ", "modules[2]: ", "gaps[1]: "]),
        ] {
            let ended = import(&world, folder, &damaged, &[]).await;
            assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""), "{ended:?}");
            let lines: Vec<&str> = ended.err.lines().collect();
            assert!(lines.last().is_some_and(|line| line.starts_with("alongside: nothing was imported: ")), "{ended:?}");
            for place in places {
                assert!(lines.iter().any(|line| line.starts_with(place)), "{place} in {}", ended.err);
            }
            assert_eq!(world.database.eye.contents().await, before);
        }
        let nothing = export(&world, folder, "ZZ-NOTHING@1.0.0").await;
        assert!(nothing.complaint().contains("ZZ-NOTHING@1.0.0"));
        assert!(export(&world, folder, "ZZ-NOTHING").await.complaint().contains("CODE@NUMBER"));
    }
}
