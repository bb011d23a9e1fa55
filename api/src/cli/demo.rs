//! `alongside demo`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use indicatif::ProgressBar;

use super::serve::bind;
use super::{Done, Failure, migrate_up};
use crate::actor::Role;
use crate::actor::demo_issuer::{DemoIssuer, write_private};
use crate::app::App;
use crate::clock::{Source as _, SystemSource};
use crate::config::{Config, Profile};
use crate::db::Engine;
use crate::demo::{self, FOLDER, KEY_FILE, Made, Size};
use crate::lifecycle;

/// How long the printed tokens are good, in seconds.
const TOKEN_LIFE_S: i64 = 24 * 60 * 60;

#[derive(Args)]
pub(super) struct Options {
    /// The port on 127.0.0.1.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// The database: sqlite://FILE or postgres://ROLE@HOST/NAME. An embedded one if absent.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Where to write the tokens as JSON, by role.
    #[arg(long, value_name = "FILE")]
    tokens: Option<PathBuf>,
    /// How many organisations.
    #[arg(long, value_enum, default_value_t = Size::Small)]
    size: Size,
}

pub(super) async fn run(mut config: Config, options: Options) -> Done {
    config.profile = Profile::Demo;
    config.server.bind = format!("127.0.0.1:{}", options.port);
    config.database.url = options.database.unwrap_or_else(|| {
        // The owner of another database is not the owner of the embedded one.
        config.database.owner_url = None;
        format!("sqlite://{FOLDER}/alongside.sqlite")
    });
    Engine::of(&config.database.url)?;
    let listener = bind(&config.server.bind).await?;
    let address = listener.local_addr()?;
    std::fs::create_dir_all(FOLDER)
        .map_err(|e| format!("cannot write to the folder {FOLDER} here: {e}"))?;
    if config.credential.keys.is_empty() {
        config.credential.keys = vec![Path::new(FOLDER).join("credential-key.pem")];
    }
    let issuer = DemoIssuer::open(Path::new(KEY_FILE))?;
    let bar = ProgressBar::new_spinner();
    bar.set_message("database schema");
    migrate_up(&config.database).await?;
    let app = App::build(config, Arc::new(SystemSource), Some(&issuer)).await?;
    let made =
        demo::build(app.core(), options.size, &|what| bar.set_message(what.to_owned())).await?;
    bar.finish_and_clear();
    // Once the network is there: who waits for the file asks at once.
    let tokens = tokens(&app, &issuer)?;
    if let Some(file) = &options.tokens {
        write_tokens(file, &tokens)?;
    }
    // Whoever reads that Ctrl-C stops it may press it at once.
    let signals = lifecycle::Signals::listen()?;
    let credential = issuer.gateway_credential();
    greet(&app, &made, &tokens, &credential, &format!("http://{address}"));
    lifecycle::serve(app, listener, signals).await?;
    Ok(ExitCode::SUCCESS)
}

type Tokens = Vec<(Role, String)>;

fn tokens(app: &App, issuer: &DemoIssuer) -> Result<Tokens, Failure> {
    let (audience, now) = (&app.config().auth.audience, SystemSource.now());
    let mut tokens = Vec::new();
    for role in Role::ALL {
        tokens.push((role, issuer.token(&demo::subject(role), audience, now, TOKEN_LIFE_S)?));
    }
    Ok(tokens)
}

fn write_tokens(file: &Path, tokens: &Tokens) -> Result<(), Failure> {
    let map: serde_json::Map<String, serde_json::Value> =
        tokens.iter().map(|(role, token)| (role.code().to_owned(), token.clone().into())).collect();
    let text = serde_json::to_string_pretty(&map)?;
    // A new file: an old one may be readable by others. What is no plain file is left alone.
    let plain = file.symlink_metadata().is_ok_and(|found| found.is_file());
    let removed = if plain { std::fs::remove_file(file) } else { Ok(()) };
    removed
        .and_then(|()| write_private(file, text.as_bytes()))
        .map_err(|e| format!("cannot write {}: {e}", file.display()).into())
}

fn greet(app: &App, made: &Made, tokens: &Tokens, credential: &str, url: &str) {
    let engine = if app.core().db().backend() == sea_orm::DbBackend::Sqlite {
        "SQLite"
    } else {
        "PostgreSQL"
    };
    println!("Alongside, demonstration on {engine}. Its organisations and people are fictional;");
    println!("regions, boards and trusts marked as reference only are real, published data.");
    println!(
        "New with this start: {} organisations, {} reference trusts, {} roles, {} licences, {} trainers, {} courses.",
        made.organisations, made.trusts, made.grants, made.licences, made.trainers, made.courses
    );
    println!(
        "Fictional curricula published by this start: {}; people put on a course: {}.",
        made.curricula, made.enrolments
    );
    println!(
        "\n  API       {url}/graphql\n  GraphiQL  {url}/graphiql\n  schema    {url}/schema.graphql"
    );
    println!("\nTokens, good for a day (again with: alongside token --role CODE):\n");
    for (role, token) in tokens {
        println!("  {}  {}\n       {token}", role.code(), role.title());
    }
    println!("\nA federation gateway sends the header Alongside-Gateway with\n\n  {credential}");
    if let Some((_, token)) = tokens.iter().find(|(role, _)| *role == Role::PartnerCoordinator) {
        println!("\nGraphiQL as the partner coordinator:\n\n  {url}/graphiql#token={token}");
    }
    println!("\nThree queries to paste into GraphiQL; tokens go in its Headers tab:\n{QUERIES}");
    println!("Ctrl-C stops.");
}

const QUERIES: &str = r#"
  # Organisations of a region, with their board before and after 1 April 2026
  query BoardsOnTwoDates { region(by: {odsCode: "Y61"}) { name organisations(first: 50) { nodes { name
      before: integratedCareBoard(asOf: "2026-03-31") { name }
      after: integratedCareBoard(asOf: "2026-04-01") { name } } } } }

  # The unassigned list (with the token of NLO; a partner sees its own organisation's place)
  query UnassignedList { boardAssignments(first: 20) { totalCount nodes { organisation { name } since
      previousBoard { name } candidates { odsCode name } } } }

  # The network's own organisations by name, with what is known of each
  query OwnNetwork { organisations(first: 20, where: {isReferenceOnly: {eq: false}}) { totalCount
      nodes { name kind status odsCode region { name } identifiers { scheme value verifiedAt } } } }
"#;
