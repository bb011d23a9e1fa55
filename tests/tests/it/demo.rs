//! The demonstration, started and stopped as its users do, with what goes wrong on their machines.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use alongside::actor::Role;
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::engines::Fixture;
use tests::race::{patiently, patiently_for};
use tests::{Engine, Eye, on_both_databases, on_sqlite};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::net::TcpListener;
use tokio::process::{Child, ChildStdout, Command};

use crate::answers::{list, texts};
use crate::process::{Ended, alongside, run};

/// Longest wait for a demonstration that builds its network from nothing, unoptimised, beside other tests.
const BUILDING: Duration = Duration::from_secs(180);

/// Somewhere to demonstrate: an empty folder, and on PostgreSQL an empty database.
#[derive(Clone)]
pub struct Place(Arc<Inner>);

pub struct Inner {
    folder: TempDir,
    /// The server's own database and the one made here.
    postgres: Option<(Eye, String, String)>,
}

impl Fixture for Place {
    async fn open(engine: Engine) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let postgres = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => {
                let server = std::env::var("ALONGSIDE_TEST_POSTGRES_SUPERUSER")
                    .expect("start the servers: ./tests/run.sh");
                let folder =
                    folder.path().file_name().and_then(|name| name.to_str()).expect("a name");
                let name = format!("demo_{}", folder.trim_start_matches('.').to_lowercase());
                let eye = Eye::open(engine, &server).await;
                eye.execute(&format!("create database {name}")).await.expect("a database");
                let (host, _) = server.rsplit_once('/').expect("a URL with a database");
                let url = format!("{host}/{name}");
                Some((eye, name, url))
            }
        };
        Self(Arc::new(Inner { folder, postgres }))
    }

    fn lend(&self) -> Self {
        self.clone()
    }

    async fn close(self) {
        if let Some((eye, name, _)) = &self.0.postgres {
            eye.execute(&format!("drop database {name} with (force)"))
                .await
                .expect("the database goes");
            eye.close().await;
        }
    }
}

impl Place {
    fn path(&self, name: &str) -> PathBuf {
        self.0.folder.path().join(name)
    }

    /// The command with the options that name the database.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = alongside(self.0.folder.path(), arguments);
        match (&self.0.postgres, arguments) {
            (Some((_, _, url)), _) => command.args(["--database", url]),
            (None, ["demo", ..]) => &mut command,
            (None, _) => command.args(["--database", "sqlite://alongside-demo/alongside.sqlite"]),
        };
        command
    }

    /// Looks into the database.
    async fn eye(&self) -> Eye {
        match &self.0.postgres {
            Some((_, _, url)) => Eye::open(Engine::Postgres, url).await,
            None => {
                let file = self.path("alongside-demo/alongside.sqlite");
                Eye::open(Engine::Sqlite, &format!("sqlite://{}", file.display())).await
            }
        }
    }

    /// Starts the demonstration on a free port and reads until it is ready.
    pub async fn start(&self) -> Demo {
        let mut command = self.command(&["demo", "--port", "0", "--tokens", "tokens.json"]);
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut said = Vec::new();
        let ready = async {
            while let Some(line) = lines.next_line().await.expect("text") {
                said.push(line);
                if said.last().is_some_and(|line| line == "Ctrl-C stops.") {
                    return;
                }
            }
            unreachable!("it ended: {said:?}");
        };
        patiently_for(BUILDING, "the demonstration is ready", ready).await;
        Demo { child, lines, said }
    }
}

/// The running demonstration with what it has said.
pub struct Demo {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    said: Vec<String>,
}

impl Demo {
    /// The address that it printed for `what`.
    pub fn url(&self, what: &str) -> &str {
        let line = self.said.iter().find(|line| line.trim_start().starts_with(what));
        line.and_then(|line| line.split_whitespace().next_back()).expect("a URL")
    }

    /// The token that it printed for each role.
    pub fn tokens(&self) -> HashMap<&str, &str> {
        let printed = self.said.windows(2).filter_map(|pair| {
            let role = Role::from_code(pair[0].split_whitespace().next()?)?;
            let token = pair[1].trim();
            token.starts_with("ey").then_some((role.code(), token))
        });
        printed.collect()
    }

    /// The queries that it printed, each with its comment.
    fn queries(&self) -> Vec<String> {
        let from =
            self.said.iter().position(|line| line.starts_with("Three queries")).expect("queries");
        let lines: Vec<&str> = self.said[from + 1..]
            .iter()
            .map(String::as_str)
            .filter(|line| *line != "Ctrl-C stops.")
            .collect();
        lines
            .split(|line| line.trim().is_empty())
            .filter(|lines| !lines.is_empty())
            .map(|lines| lines.join("\n"))
            .collect()
    }

    async fn ask(&self, token: Option<&str>, query: &str) -> Value {
        let client = Client::builder().no_proxy().build().expect("a client");
        let mut request = client.post(self.url("API")).json(&json!({ "query": query }));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        request.send().await.expect("an answer").json().await.expect("JSON")
    }

    /// Stops it as Ctrl-C does, and checks that it leaves well.
    pub async fn stop(mut self) {
        let id = self.child.id().expect("it runs").to_string();
        let told = Command::new("kill").args(["-INT", &id]).status().await.expect("kill");
        assert!(told.success());
        let end = async {
            while self.lines.next_line().await.expect("text").is_some() {}
            self.child.wait_with_output().await.expect("an end")
        };
        let ended: Ended = patiently("the demonstration stops", end).await.into();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(!ended.err.contains("panicked"), "{ended:?}");
    }
}

on_both_databases! {
    async fn the_demonstration_prints_what_its_visitors_need_and_it_works(place: Place) {
        let demo = place.start().await;
        let file = std::fs::read_to_string(place.path("tokens.json")).expect("the tokens");
        let file: HashMap<String, String> = serde_json::from_str(&file).expect("tokens by role");
        let printed = demo.tokens();
        assert_eq!(printed.len(), Role::ALL.len());
        for role in Role::ALL {
            assert_eq!(file.get(role.code()).map(String::as_str), printed.get(role.code()).copied(), "{role:?}");
            let viewer = demo.ask(Some(printed[role.code()]), "{ viewer { isSignedIn roles { role } } }").await;
            assert_eq!(viewer["data"]["viewer"], json!({ "isSignedIn": true, "roles": [{ "role": role.code() }] }));
        }
        let queries = demo.queries();
        assert_eq!(queries.len(), 3, "{queries:?}");
        for query in &queries {
            for token in [None, Some("PCO"), Some("NLO"), Some("DPO")].map(|code| code.map(|code| printed[code])) {
                let answer = demo.ask(token, query).await;
                assert_eq!(answer.get("errors"), None, "{query}");
                assert!(answer["data"].is_object(), "{query}");
            }
        }
        let officer = Some(printed["NLO"]);
        let region = demo.ask(officer, &queries[0]).await;
        let organisations = list(&region["data"]["region"]["organisations"]["nodes"]);
        assert!(organisations.iter().any(|o| o["before"].is_object() && o["before"] != o["after"]), "{region}");
        let waiting = demo.ask(officer, &queries[1]).await;
        assert_eq!(waiting["data"]["boardAssignments"]["totalCount"], 10, "nine trusts and Elmstead");
        let left = demo.ask(officer, "{ successionAssignments { nodes { subject successor { id } candidates { name } } } }").await;
        let left = list(&left["data"]["successionAssignments"]["nodes"]);
        assert_eq!((left.len(), &left[0]["successor"]), (1, &Value::Null), "a course waits for a person's choice");
        assert_eq!(list(&left[0]["candidates"]).len(), 2);
        let own = demo.ask(officer, &queries[2]).await;
        assert_eq!(own["data"]["organisations"]["totalCount"], 19);
        for (what, content) in [("GraphiQL", "GraphiQL"), ("schema", "type Query")] {
            let client = Client::builder().no_proxy().build().expect("a client");
            let page = client.get(demo.url(what)).send().await.expect("an answer").text().await.expect("text");
            assert!(page.contains(content), "{what}");
        }
        demo.stop().await;
    }

    async fn courses_of_every_type_and_state_lie_behind_run_and_lie_ahead_in_every_region(place: Place) {
        let demo = place.start().await;
        // A quality lead sees the trainers who are not listed as well.
        let quality = demo.tokens()["NQL"].to_owned();
        let count = async |condition: &str| {
            let query = format!("{{ courses(where: {{ {condition} }}) {{ totalCount }} }}");
            let answer = demo.ask(Some(&quality), &query).await;
            answer["data"]["courses"]["totalCount"].as_u64().unwrap_or_else(|| unreachable!("{answer}"))
        };
        let states = [("DRAFT", 11), ("PROPOSED", 2), ("APPROVED", 18), ("OPEN", 9), ("CONFIRMED", 10), ("RUNNING", 10), ("COMPLETED", 10), ("CLOSED", 18), ("CANCELLED", 1), ("TEACH_OUT", 0)];
        for (state, courses) in states {
            assert_eq!(count(&format!("state: {{ eq: {state} }}")).await, courses, "{state}");
        }
        for ty in ["PEER_SUPPORT_WORKER", "SUPERVISOR", "VOLUNTEER", "FAMILY_AMBASSADOR"] {
            assert!(count(&format!("programmeType: {{ eq: {ty} }}")).await >= 10, "{ty}");
        }
        assert!(count("isIntroductory: { eq: true }").await >= 1);
        let regions = demo.ask(None, "{ regions { nodes { name organisations(where: { openProgrammeCode: { in: [\"PSW-10-WEEKS\", \"SUPERVISOR\", \"VOLUNTEER-4-WEEKS\", \"FAMILY-AMBASSADOR\"] } }) { totalCount } } } }").await;
        assert_eq!(regions.get("errors"), None, "{regions}");
        let regions = list(&regions["data"]["regions"]["nodes"]);
        assert_eq!(regions.len(), 7);
        assert!(regions.iter().all(|region| region["organisations"]["totalCount"].as_u64() > Some(0)), "{regions:?}");
        let past = demo.ask(Some(&quality), "{ courses(first: 30, where: { state: { in: [COMPLETED, CLOSED] } }) { nodes { host { name } partners { places } leadTrainer { preferredName } trainers { preferredName } sessions(first: 8) { nodes { state credit teaching { part } } } } } }").await;
        assert_eq!(past.get("errors"), None, "{past}");
        let past = list(&past["data"]["courses"]["nodes"]);
        assert_eq!(past.len(), 28);
        for course in past {
            assert_eq!((list(&course["trainers"]).len(), course["leadTrainer"].is_object()), (2, true), "{course}");
            for session in list(&course["sessions"]["nodes"]) {
                assert_eq!((&session["state"], &session["credit"]), (&json!("HELD"), &json!("GIVEN")), "{course}");
                let mut parts = texts(&session["teaching"], "part");
                parts.sort_unstable();
                assert_eq!(parts, ["CO", "LEAD"]);
            }
        }
        assert!(past.iter().any(|course| course["host"].is_object()));
        assert!(past.iter().any(|course| course["partners"] == json!([{ "places": 4 }])));
        demo.stop().await;
    }

    async fn somebody_is_at_every_step_from_an_application_to_what_came_after(place: Place) {
        let demo = place.start().await;
        let tokens = demo.tokens();
        let ask = async |role: &str, query: &str| {
            let answer = demo.ask(Some(tokens[role]), query).await;
            assert_eq!(answer.get("errors"), None, "{role}: {answer}");
            answer["data"].clone()
        };
        let own = ask("APP", "{ applications { nodes { state hasSupportNeeds supportNeeds { isThere } } } }").await;
        assert_eq!(own["applications"]["nodes"], json!([{ "state": "SUBMITTED", "hasSupportNeeds": true, "supportNeeds": { "isThere": true } }]));
        let applied = ask("PCO", "{ applications { nodes { state supportNeeds { id } } } }").await;
        let applied = list(&applied["applications"]["nodes"]);
        assert!(applied.iter().all(|one| one["supportNeeds"] == Value::Null), "needs are not for who selects");
        let mut states: Vec<&str> = applied.iter().filter_map(|one| one["state"].as_str()).collect();
        states.sort_unstable();
        assert_eq!(states, ["OFFERED", "SCREENING", "SUBMITTED"]);
        let supervised = ask("SUP", "{ enrolments { nodes { name adjustments { isThere } supervision { nodes { minutes } } } } }").await;
        assert_eq!(supervised["enrolments"]["nodes"], json!([{
            "name": "Sorrel Exampleby (fictional)", "adjustments": { "isThere": true }, "supervision": { "nodes": [{ "minutes": 60 }] },
        }]));
        let concerns = "{ concerns { nodes { state level name } } }";
        let waits = json!([{ "state": "RAISED", "level": "WORRY", "name": "Sorrel Exampleby (fictional)" }]);
        for (role, told) in [("TNR", waits.clone()), ("SUP", waits), ("PCO", json!([])), ("TRN", json!([])), ("NQL", json!([]))] {
            assert_eq!(ask(role, concerns).await["concerns"]["nodes"], told, "{role}");
        }
        let told = ask("PCO", "{ graduateDestinations { nodes { kind } } }").await;
        assert_eq!(list(&told["graduateDestinations"]["nodes"]).len(), 4);
        let report = ask("NQL", "{ evaluationReport(by: NATION) { courses answers statements { code mean } } }").await;
        let report = &report["evaluationReport"][0];
        assert_eq!((&report["courses"], &report["answers"]), (&json!(1), &json!(5)), "{report}");
        assert!(list(&report["statements"]).contains(&json!({ "code": "TRAINERS", "mean": 400 })), "{report}");
        let held = ask("PCO", "{ credentials(where: { kind: { eq: GRADUATION } }) { nodes { publicToken } } }").await;
        let held = list(&held["credentials"]["nodes"]);
        assert_eq!(held.len(), 5);
        for one in held {
            let page = format!("/verify/{}", one["publicToken"].as_str().expect("a token"));
            let page = demo.url("API").replace("/graphql", &page);
            let client = Client::builder().no_proxy().build().expect("a client");
            let page = client.get(page).send().await.expect("an answer").text().await.expect("text");
            assert!(page.contains("This credential is valid") && !page.contains("Holder<"), "{page}");
        }
        demo.stop().await;
    }

    async fn a_second_start_adds_nothing_and_leaves_the_port_free(place: Place) {
        let demo = place.start().await;
        let address = demo.url("API").trim_start_matches("http://").trim_end_matches("/graphql").to_owned();
        let token = demo.tokens()["PCO"].to_owned();
        demo.stop().await;
        drop(TcpListener::bind(&address).await.expect("the port is free again"));
        let eye = place.eye().await;
        let before = eye.contents().await;
        let again = place.start().await;
        // What is due is reminded of whenever the service runs.
        let of_jobs = |line: &String| ["audit_chain", "readiness_action"].iter().any(|name| line.contains(name));
        let mut changes = eye.contents().await.changes_since(&before);
        changes.retain(|line| !of_jobs(line));
        assert_eq!(changes, [] as [String; 0]);
        assert!(again.said.iter().any(|line| line == "New with this start: 0 organisations, 0 reference trusts, 0 roles, 0 licences, 0 trainers, 0 courses."));
        let viewer = again.ask(Some(&token), "{ viewer { isSignedIn } }").await;
        assert_eq!(viewer["data"]["viewer"]["isSignedIn"], true, "earlier tokens stay good");
        again.stop().await;
        eye.close().await;
    }

    async fn verify_finds_every_invariant_holds_and_names_what_was_altered(place: Place) {
        place.start().await.stop().await;
        let sound = run(place.command(&["verify"])).await;
        assert_eq!(sound.code, Some(0), "{sound:?}");
        assert!(sound.out.lines().next_back().is_some_and(|line| line.ends_with(", 0 violations")), "{sound:?}");
        let eye = place.eye().await;
        let triggers: &[&str] = match &place.0.postgres {
            Some(_) => &["alter table audit_event disable trigger all"],
            None => &["drop trigger audit_event_append_only_update"],
        };
        for trigger in triggers {
            eye.execute(trigger).await.expect("the guard is off");
        }
        let chains = eye.texts("select action from audit_event where seq = 1 and acting_as = 'SYSTEM:demo' order by action").await;
        assert!(chains.len() > 1, "there are several chains, and one event of one is altered");
        let one = "id = (select id from audit_event where seq = 1 and acting_as = 'SYSTEM:demo' order by chain limit 1)";
        assert_eq!(eye.execute(&format!("update audit_event set acting_as = 'NLO' where {one}")).await.expect("altered"), 1);
        let broken = run(place.command(&["verify"])).await;
        assert_eq!(broken.code, Some(1), "{broken:?}");
        let named: Vec<&str> = broken.out.lines().filter(|line| line.contains("event 1: was altered")).collect();
        assert_eq!(named.len(), 1, "{broken:?}");
        assert!(broken.out.contains("BROKEN audit chains") && broken.out.ends_with(", 1 violations\n"), "{broken:?}");
        eye.close().await;
    }

    async fn a_token_made_later_is_accepted(place: Place) {
        let demo = place.start().await;
        for role in ["PCO", "nlo"] {
            let ended = run(alongside(place.0.folder.path(), &["token", "--role", role])).await;
            assert_eq!(ended.code, Some(0), "{ended:?}");
            let viewer = demo.ask(Some(ended.out.trim()), "{ viewer { isSignedIn roles { role } } }").await;
            let expected = json!({ "isSignedIn": true, "roles": [{ "role": role.to_uppercase() }] });
            assert_eq!(viewer["data"]["viewer"], expected);
        }
        demo.stop().await;
    }

    async fn a_taken_port_is_one_clear_line(place: Place) {
        let taken = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = taken.local_addr().expect("an address").port().to_string();
        let ended = run(place.command(&["demo", "--port", &port])).await;
        assert!(ended.complaint().contains(&format!("127.0.0.1:{port} is taken")), "{ended:?}");
        assert!(!place.path("alongside-demo").exists(), "nothing was made");
    }

    async fn a_folder_that_cannot_be_written_is_one_clear_line(place: Place) {
        std::fs::write(place.path("alongside-demo"), "a file in the way").expect("a file");
        let ended = run(place.command(&["demo", "--port", "0"])).await;
        assert!(ended.complaint().contains("alongside-demo"), "{ended:?}");
    }

    async fn a_file_for_tokens_that_cannot_be_written_is_one_clear_line(place: Place) {
        let ended = run(place.command(&["demo", "--port", "0", "--tokens", "nowhere/tokens.json"])).await;
        assert!(ended.complaint().contains("nowhere/tokens.json"), "{ended:?}");
    }
}

on_sqlite! {
    async fn a_database_that_is_none_is_one_clear_line(place: Place) {
        let folder = place.0.folder.path();
        for (url, words) in [
            ("foo://x", "sqlite: or postgres:"),
            ("", "sqlite: or postgres:"),
            ("sqlite://no/such/folder/x.sqlite", "database"),
        ] {
            let ended = run(alongside(folder, &["demo", "--port", "0", "--database", url])).await;
            assert!(ended.complaint().contains(words), "{url}: {ended:?}");
        }
    }

    async fn a_database_that_does_not_answer_is_one_clear_line(place: Place) {
        let url = "postgres://somebody:secret@127.0.0.1:1/nothing";
        for arguments in [&["verify", "--database", url][..], &["generate", "--database", url]] {
            let mut command = alongside(place.0.folder.path(), arguments);
            command.env("ALONGSIDE__DATABASE__POOL_TIMEOUT_MS", "200");
            let ended = run(command).await;
            assert!(ended.complaint().contains("cannot be reached"), "{ended:?}");
            assert!(!ended.err.contains("secret"), "{ended:?}");
        }
    }

    async fn a_setting_that_is_not_known_or_makes_no_sense_is_one_clear_line(place: Place) {
        for (name, value, words) in [
            ("ALONGSIDE__SERVER__BINDD", "1", "bindd"),
            ("ALONGSIDE__NONSENSE__KEY", "1", "nonsense"),
            ("ALONGSIDE__API__MAX_PAGE", "0", "api.max_page"),
            ("ALONGSIDE__API__MAX_PAGE", "many", "max_page"),
            ("ALONGSIDE__API__CURSOR_KEY", "short", "api.cursor_key"),
            ("ALONGSIDE__PROFILE", "holiday", "holiday"),
            ("ALONGSIDE_CONFIG", "no-such-file.toml", "no-such-file.toml"),
        ] {
            for arguments in [&["demo", "--port", "0"][..], &["serve"]] {
                let mut command = alongside(place.0.folder.path(), arguments);
                let ended = run({
                    command.env(name, value);
                    command
                })
                .await;
                assert!(ended.complaint().contains(words), "{name}: {ended:?}");
            }
        }
    }

    async fn production_refuses_sqlite_with_one_clear_line(place: Place) {
        let mut command = alongside(place.0.folder.path(), &["serve"]);
        let settings = [("ALONGSIDE__PROFILE", "production"), ("ALONGSIDE__SERVER__BIND", "127.0.0.1:0"), ("DATABASE_URL", "sqlite://x.sqlite")];
        command.envs(settings);
        let ended = run(command).await;
        let complaint = ended.complaint();
        assert!(complaint.contains("production") && complaint.contains("SQLite") && complaint.contains("PostgreSQL"), "{complaint}");
        assert!(!place.path("x.sqlite").exists(), "nothing was made");
    }

    async fn a_token_without_a_key_or_a_role_is_one_clear_line(place: Place) {
        let ended = run(alongside(place.0.folder.path(), &["token", "--role", "PCO"])).await;
        assert!(ended.complaint().contains("alongside demo"), "{ended:?}");
        let ended = run(alongside(place.0.folder.path(), &["token", "--role", "KING"])).await;
        assert!(ended.err.contains("no such role") && !ended.err.contains("panicked"), "{ended:?}");
        assert_ne!(ended.code, Some(0));
    }
}
