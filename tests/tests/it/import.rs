//! The import of a published file into the register.

use std::path::Path;

use alongside::actor::Identity;
use alongside::command::{self, Outcome, Request};
use alongside::import::ods_trusts::{self, Fate, Report};
use alongside::import::{ods_file, ods_trusts as trusts};
use serde_json::{Value, json};
use tests::{Tenant, World, on_both_databases};

use crate::answers::{list, texts};
use crate::process::{Ended, alongside, run};

/// The list of NHS trusts of March 2022, as the Organisation Data Service published it.
const PUBLISHED: &[u8] = include_bytes!("../../../api/assets/reference/ods_etr.csv");

/// The trusts of boards that were split, each with the boards to choose from.
const UNASSIGNED: [(&str, &[&str]); 9] = [
    ("RDE", &["D7T5G", "T6Y0W"]),
    ("RDU", &["QRL", "S0E4D", "S9B9J"]),
    ("RGR", &["D7T5G", "T6Y0W"]),
    ("RQW", &["D7T5G", "S1Y5D"]),
    ("RWG", &["D7T5G", "S1Y5D"]),
    ("RWH", &["D7T5G", "S1Y5D"]),
    ("RWR", &["D7T5G", "S1Y5D"]),
    ("RWX", &["QRL", "S0E4D", "S9B9J"]),
    ("RY4", &["D7T5G", "S1Y5D"]),
];

/// Imports `bytes` as the command does, in the service's own process.
async fn import(world: &World, bytes: &[u8], dry_run: bool) -> Report {
    let rows = ods_file::read(bytes).expect("a well-formed file");
    let hash = trusts::file_hash(bytes);
    let request = Request {
        identity: Identity::System("import"),
        name: trusts::KIND,
        permission: None,
        idempotency_key: None,
        input_hash: hash.clone(),
        dry_run,
        request_id: "import".to_owned(),
    };
    let outcome = command::run(world.app.core(), request, move |unit| {
        let (rows, hash) = (rows.clone(), hash.clone());
        Box::pin(async move { ods_trusts::import(unit, &rows, &hash, &|| ()).await })
    });
    match outcome.await.expect("the database works") {
        Outcome::Done(report) => report,
        Outcome::Refused(refusals) => unreachable!("{refusals:?}"),
    }
}

/// Runs `alongside import ods-trusts` on `bytes`.
async fn import_by_hand(world: &World, folder: &Path, bytes: &[u8], options: &[&str]) -> Ended {
    std::fs::write(folder.join("trusts.csv"), bytes).expect("a file");
    let url = &world.database.url;
    let arguments = [&["import", "ods-trusts", "trusts.csv", "--database", url], options].concat();
    run(alongside(folder, &arguments)).await
}

fn summary(report: &Report) -> [usize; 7] {
    let Report {
        rows_read, created, unchanged, proposed, closed, unassigned, out_of_scope, ..
    } = report;
    [*rows_read, *created, *unchanged, *proposed, *closed, *unassigned, *out_of_scope]
}

/// The report says of the whole what it says of the rows.
fn assert_adds_up(report: &Report) {
    let count = |fate| report.rows.iter().filter(|row| row.fate == fate).count();
    let counted = [
        report.rows.len(),
        count(Fate::Created),
        count(Fate::Unchanged),
        count(Fate::Proposed),
        report.rows.iter().filter(|row| row.closed).count(),
        report.rows.iter().filter(|row| row.unassigned).count(),
        count(Fate::OutOfScope),
    ];
    assert_eq!(summary(report), counted);
    let lines: Vec<u64> = report.rows.iter().map(|row| row.line).collect();
    assert!(lines.is_sorted_by(|a, b| a < b), "one entry a line, in their order");
}

/// The published file with some text replaced by another, once.
fn published_with(text: &str, other: &str) -> Vec<u8> {
    let published = std::str::from_utf8(PUBLISHED).expect("UTF-8");
    assert_eq!(published.matches(text).count(), 1, "{text} stands once in the file");
    published.replacen(text, other, 1).into_bytes()
}

/// What a tenant looks like to anyone.
async fn seen(world: &World, tenant: &Tenant) -> Value {
    let document = "query($id: ID!) { organisation(by: { id: $id }) { name version status updatedAt integratedCareBoard { name } } }";
    world.data(None, document, json!({ "id": tenant.global_id() })).await
}

on_both_databases! {
    async fn the_published_list_of_trusts_becomes_reference_organisations(world: World) {
        let before = (seen(&world, &world.a).await, seen(&world, &world.b).await);
        let report = import(&world, PUBLISHED, false).await;
        assert_eq!(summary(&report), [218, 215, 0, 0, 6, 9, 3]);
        assert_adds_up(&report);
        let eye = &world.database.eye;
        assert_eq!(eye.rows_where("organisation", "reference_only = true").await, 215);
        assert_eq!(eye.rows_where("organisation", "reference_only = true and status = 'CLOSED'").await, 6);
        assert_eq!(eye.rows_where("organisation", "reference_only = true and status = 'PROSPECT'").await, 209);
        assert_eq!((seen(&world, &world.a).await, seen(&world, &world.b).await), before, "others are left alone");
        // One trust in full, as the file has it.
        let document = r#"{ organisation(by: { odsCode: "RD3" }, asOf: "2020-09-30") {
            name kind status isReferenceOnly delivers employs odsCode address postcode openedOn closedOn
            identifiers { scheme value validFrom validTo } } }"#;
        let data = world.data(None, document, json!({})).await;
        assert_eq!(data["organisation"], json!({
            "name": "POOLE HOSPITAL NHS FOUNDATION TRUST", "kind": "NHS_FOUNDATION_TRUST", "status": "CLOSED",
            "isReferenceOnly": true, "delivers": false, "employs": true, "odsCode": "RD3",
            "address": "LONGFLEET ROAD\nPOOLE", "postcode": "BH15 2JB", "openedOn": "1992-04-01", "closedOn": "2020-10-01",
            "identifiers": [{ "scheme": "ODS", "value": "RD3", "validFrom": "1992-04-01", "validTo": "2020-10-01" }],
        }));
    }

    async fn trusts_of_a_split_board_wait_with_their_candidates_and_others_move_on(world: World) {
        import(&world, PUBLISHED, false).await;
        let document = "{ boardAssignments(first: 100) { totalCount nodes { organisation { odsCode } status since previousBoard { odsCode } candidates { odsCode } } } }";
        let data = world.data(Some(&world.officer()), document, json!({})).await;
        let mut waiting: Vec<(String, Vec<&str>)> = Vec::new();
        for place in list(&data["boardAssignments"]["nodes"]) {
            assert_eq!((&place["status"], &place["since"]), (&json!("OPEN"), &json!("2026-04-01")));
            let mut candidates = texts(&place["candidates"], "odsCode");
            candidates.sort_unstable();
            waiting.push((place["organisation"]["odsCode"].as_str().expect("a code").to_owned(), candidates));
        }
        waiting.sort();
        let expected: Vec<(String, Vec<&str>)> = UNASSIGNED.iter().map(|(code, candidates)| ((*code).to_owned(), candidates.to_vec())).collect();
        assert_eq!(waiting, expected);
        for tenant in [&world.a, &world.b] {
            let data = world.data(Some(&world.coordinator(tenant)), document, json!({})).await;
            assert_eq!(data["boardAssignments"]["totalCount"], 0, "nobody else's place shows");
        }
        let boards = r#"query($code: String!) { organisation(by: { odsCode: $code }) {
            before: integratedCareBoard(asOf: "2026-03-31") { odsCode }
            after: integratedCareBoard(asOf: "2026-04-01") { odsCode } region { odsCode } } }"#;
        for (code, before, after, region) in [
            ("RWX", "QNQ", None, "Y59"),
            ("RDE", "QJG", None, "Y61"),
            ("RCX", "QMM", Some("T6Y0W"), "Y61"),
            ("RRP", "QMJ", Some("Z9B2Z"), "Y56"),
            ("R0A", "QOP", Some("QOP"), "Y62"),
        ] {
            let data = world.data(None, boards, json!({ "code": code })).await;
            let found = &data["organisation"];
            assert_eq!(found["before"]["odsCode"], before, "{code}");
            assert_eq!(found["after"]["odsCode"].as_str(), after, "{code}");
            assert_eq!(found["region"]["odsCode"], region, "{code}");
        }
    }

    async fn a_closed_body_has_no_board_after_its_last_day_and_none_from_before_boards_existed(world: World) {
        let late = published_with(r#""CO4 5JL","19920401","""#, r#""CO4 5JL","19920401","20230331""#);
        let late = String::from_utf8(late).expect("UTF-8");
        // The King's Lynn trust ends under the board that followed its own.
        let later = late.replacen(r#""PE30 4ET","19920401","""#, r#""PE30 4ET","19920401","20260415""#, 1);
        let report = import(&world, later.as_bytes(), false).await;
        assert_eq!(summary(&report), [218, 215, 0, 0, 8, 8, 3], "a closed trust of a split board does not wait");
        let of = |code: &str| {
            format!(
                "select b.ods_code || ' ' || m.valid_from || ' ' || coalesce(cast(m.valid_to as text), 'on') \
                 from board_membership m join care_board b on b.id = m.board_id \
                 join organisation_identifier i on i.organisation_id = m.organisation_id \
                 where i.value = '{code}' order by m.valid_from"
            )
        };
        let eye = &world.database.eye;
        assert_eq!(eye.texts(&of("RDE")).await, ["QJG 2022-07-01 2023-04-01"]);
        assert_eq!(eye.texts(&of("RCX")).await, ["QMM 2022-07-01 2026-04-01", "T6Y0W 2026-04-01 2026-04-16"]);
        for code in ["RD3", "RDZ", "RT3", "RTV", "RW6", "RXH"] {
            assert_eq!(eye.texts(&of(code)).await, [] as [String; 0], "{code} was gone before there were boards");
        }
        for table in ["board_membership", "region_membership"] {
            let beyond = "organisation_id in (select id from organisation o where o.closed_on < coalesce(valid_to, '9999-12-31'))";
            assert_eq!(eye.rows_where(table, beyond).await, 0, "no {table} goes on after its organisation");
        }
    }

    async fn the_same_file_again_changes_nothing(world: World) {
        import(&world, PUBLISHED, false).await;
        let before = world.database.eye.contents().await;
        let report = import(&world, PUBLISHED, false).await;
        assert_eq!(summary(&report), [218, 0, 215, 0, 6, 9, 3]);
        assert_adds_up(&report);
        let traces = ["import_run ", "audit_event ", "audit_chain ", "outbox_event "];
        let mut changes = world.database.eye.contents().await.changes_since(&before);
        assert!(changes.iter().any(|change| change.starts_with("+ import_run ")), "the run itself is recorded");
        changes.retain(|change| !traces.iter().any(|table| change[2..].starts_with(table)));
        assert_eq!(changes, [] as [String; 0]);
    }

    async fn a_difference_becomes_a_proposal_once_and_the_register_stays(world: World) {
        import(&world, PUBLISHED, false).await;
        let register = ["organisation ", "organisation_name ", "organisation_identifier ", "board_membership ", "region_membership "];
        let before = world.database.eye.contents().await;
        let renamed = published_with("SOUTH TYNESIDE AND SUNDERLAND NHS", "NORTH TYNESIDE NHS");
        let changed = String::from_utf8(renamed).expect("UTF-8").replacen("BH15 2JB", "BH15 2JD", 1).into_bytes();
        let first = import(&world, &changed, false).await;
        assert_eq!(summary(&first), [218, 0, 213, 2, 6, 9, 3]);
        assert_adds_up(&first);
        let mut touched = world.database.eye.contents().await.changes_since(&before);
        touched.retain(|change| register.iter().any(|table| change[2..].starts_with(table)));
        assert_eq!(touched, [] as [String; 0], "the register is as it was");
        let document = "{ changeProposals(first: 10) { totalCount nodes { organisation { odsCode } field currentValue proposedValue status source } } }";
        let proposals = world.data(Some(&world.officer()), document, json!({})).await;
        let proposal = |code: &str, field: &str, now: &str, then: &str| {
            json!({ "organisation": { "odsCode": code }, "field": field, "currentValue": now, "proposedValue": then, "status": "OPEN", "source": "ods-trusts" })
        };
        assert_eq!(proposals["changeProposals"], json!({ "totalCount": 2, "nodes": [
            proposal("R0B", "NAME", "SOUTH TYNESIDE AND SUNDERLAND NHS FOUNDATION TRUST", "NORTH TYNESIDE NHS FOUNDATION TRUST"),
            proposal("R0D", "POSTCODE", "BH15 2JB", "BH15 2JD"),
        ] }));
        for token in [None, Some(world.coordinator(&world.a)), Some(world.coordinator(&world.b))] {
            let hidden = world.data(token.as_deref(), document, json!({})).await;
            assert_eq!(hidden["changeProposals"], json!({ "totalCount": 0, "nodes": [] }));
        }
        let again = import(&world, &changed, false).await;
        assert_eq!(summary(&again), summary(&first));
        assert_eq!(world.data(Some(&world.officer()), document, json!({})).await, proposals, "no second proposal");
    }

    async fn a_damaged_row_imports_nothing_and_is_named(world: World) {
        let folder = tempfile::tempdir().expect("a folder");
        let before = world.database.eye.contents().await;
        let lines: Vec<&str> = std::str::from_utf8(PUBLISHED).expect("UTF-8").lines().collect();
        let damaged = |line: usize, row: &[u8]| {
            let mut lines: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
            lines[line - 1] = row;
            lines.join(&b'\n')
        };
        let (row, first) = (lines[116], lines[0].split(',').next().expect("a code"));
        let code = row.split(',').next().expect("a code");
        let cells: Vec<&str> = row.split(',').collect();
        let date = row.split(',').position(|cell| cell.trim_matches('"').parse().is_ok_and(|day: u32| day > 19_000_000)).expect("a date");
        let mut bad_date = cells.clone();
        bad_date[date] = "20230231";
        let broken_text: Vec<u8> = row.bytes().map(|byte| if byte == b'T' { 0xFF } else { byte }).collect();
        for (line, what, row) in [
            (117, "open date", bad_date.join(",").into_bytes()),
            (117, "27 columns", cells[..cells.len() - 1].join(",").into_bytes()),
            (117, "organisation code", row.replacen(code, first, 1).into_bytes()),
            (117, "UTF-8", broken_text),
            (1, "columns", b"<html>".to_vec()),
            (218, "columns", b"\"an unfinished".to_vec()),
        ] {
            let ended = import_by_hand(&world, folder.path(), &damaged(line, &row), &["--report", "report.json"]).await;
            assert_eq!(ended.code, Some(1), "{ended:?}");
            let mut complaints: Vec<&str> = ended.err.lines().collect();
            let verdict = complaints.pop().expect("a verdict");
            assert!(verdict.starts_with("alongside: nothing was imported"), "{verdict}");
            assert!(!complaints.is_empty(), "the row is named");
            for complaint in complaints {
                assert!(complaint.starts_with(&format!("line {line}")), "{complaint}");
            }
            assert!(ended.err.contains(what), "{what}: {ended:?}");
            assert_eq!(ended.out, "");
            assert!(!folder.path().join("report.json").exists());
            let changes = world.database.eye.contents().await.changes_since(&before);
            assert_eq!(changes, [] as [String; 0], "{what}");
        }
    }

    async fn the_command_imports_reports_and_repeats(world: World) {
        let folder = tempfile::tempdir().expect("a folder");
        let before = world.database.eye.contents().await;
        let tried = import_by_hand(&world, folder.path(), PUBLISHED, &["--dry-run", "--report", "tried.json"]).await;
        assert_eq!(tried.code, Some(0), "{tried:?}");
        assert!(tried.out.starts_with("dry run: nothing was written\n"), "{tried:?}");
        assert_eq!(world.database.eye.contents().await.changes_since(&before), [] as [String; 0]);

        let report = |name: &str| -> Report {
            let text = std::fs::read_to_string(folder.path().join(name)).expect("a report");
            serde_json::from_str(&text).expect("a report in JSON")
        };
        let done = import_by_hand(&world, folder.path(), PUBLISHED, &["--rows", "--report", "done.json"]).await;
        assert_eq!((done.code, done.err.as_str()), (Some(0), ""), "{done:?}");
        for line in ["218 rows read", "215 created, 0 unchanged, 0 with proposals", "6 closed, 9 on the unassigned list, 3 outside England"] {
            assert!(done.out.lines().any(|said| said == line), "{line}: {}", done.out);
            assert!(tried.out.lines().any(|said| said == line), "a dry run says what would be: {line}");
        }
        assert_eq!(done.out.lines().filter(|line| line.starts_with("line ")).count(), 218);
        assert_eq!(summary(&report("done.json")), [218, 215, 0, 0, 6, 9, 3]);
        assert_adds_up(&report("done.json"));
        assert_eq!(report("tried.json"), report("done.json"));

        let again = import_by_hand(&world, folder.path(), PUBLISHED, &["--report", "again.json"]).await;
        assert_eq!(again.code, Some(0), "{again:?}");
        assert_eq!(summary(&report("again.json")), [218, 0, 215, 0, 6, 9, 3]);
        let runs = "{ importRuns(first: 10) { totalCount nodes { kind rowsRead created unchanged proposed unassigned closed outOfScope } } }";
        let runs = world.data(Some(&world.officer()), runs, json!({})).await;
        let run = |created: i32, unchanged: i32| {
            json!({ "kind": "ods-trusts", "rowsRead": 218, "created": created, "unchanged": unchanged, "proposed": 0, "unassigned": 9, "closed": 6, "outOfScope": 3 })
        };
        assert_eq!(runs["importRuns"], json!({ "totalCount": 2, "nodes": [run(215, 0), run(0, 215)] }));
    }

    async fn a_file_that_is_not_there_is_one_clear_line(world: World) {
        let folder = tempfile::tempdir().expect("a folder");
        let before = world.database.eye.contents().await;
        let url = &world.database.url;
        let ended = run(alongside(folder.path(), &["import", "ods-trusts", "nothing.csv", "--database", url])).await;
        assert!(ended.complaint().contains("nothing.csv"), "{ended:?}");
        assert_eq!(world.database.eye.contents().await, before);
    }
}
