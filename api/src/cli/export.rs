//! `alongside export <kind> <name>`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use uuid::Uuid;

use super::{Done, Failure, open};
use crate::actor::Identity;
use crate::command::Stop;
use crate::config::Config;
use crate::db::{Access, Tx};
use crate::graphql::ids;
use crate::programme::document;
use crate::programme::model::Number;
use crate::programme::store::Programmes;
use crate::readiness;
use crate::readiness::store::Readiness;

#[derive(Subcommand)]
pub(super) enum Command {
    /// A curriculum, as the file that `import curriculum` reads.
    Curriculum {
        /// The programme's code and the version's number, such as `PSW-10-WEEKS@1.0.0`.
        name: String,
        /// The organisation whose programme it is, as `org_…`, where several have one with this code.
        #[arg(long, value_name = "ORGANISATION")]
        owner: Option<String>,
        #[command(flatten)]
        with: With,
    },
    /// A readiness instrument, as the file that `import instrument` reads.
    Instrument {
        /// Its code and version, such as `ORG-READY@1.0`.
        name: String,
        #[command(flatten)]
        with: With,
    },
}

/// From where and to where.
#[derive(clap::Args)]
pub(super) struct With {
    /// Where to write the file; standard output if absent.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The database; the configured one if absent.
    #[arg(long)]
    database: Option<String>,
}

/// What is to be exported.
enum Wanted {
    Curriculum { owner: Option<Uuid>, code: String, number: Number },
    Instrument { code: String, number: readiness::model::Number },
}

pub(super) async fn run(mut config: Config, command: Command) -> Done {
    let (name, wanted, With { output, database }) = match command {
        Command::Curriculum { name, owner, with } => {
            let wanted = curriculum_of(&name, owner)?;
            (name, wanted, with)
        }
        Command::Instrument { name, with } => {
            let wanted = instrument_of(&name)?;
            (name, wanted, with)
        }
    };
    if let Some(url) = database {
        config.database.url = url;
    }
    let core = open(&config).await?;
    let (tx, _) = core.begin(Access::Read, Identity::System("export")).await?;
    let (text, missing) = match wanted {
        Wanted::Curriculum { owner, code, number } => (
            curriculum(&tx, (owner, &code), number).await,
            format!("there is no curriculum {name}, or several owners have one: see --owner"),
        ),
        Wanted::Instrument { code, number } => {
            (instrument(&tx, &code, number).await, format!("there is no instrument {name}"))
        }
    };
    tx.rollback().await;
    core.db().close().await;
    let text = match text {
        Ok(Some(text)) => text,
        Ok(None) => return Err(missing.into()),
        Err(Stop::Db(fault)) => return Err(fault.into()),
        Err(Stop::Refused(_)) => return Err(format!("{name} cannot be read").into()),
    };
    match output {
        Some(path) => std::fs::write(&path, text)
            .map_err(|e| format!("cannot write {}: {e}", path.display()))?,
        None => print!("{text}"),
    }
    Ok(ExitCode::SUCCESS)
}

fn curriculum_of(name: &str, owner: Option<String>) -> Result<Wanted, Failure> {
    let parts = name.split_once('@').and_then(|(code, n)| Some((code, Number::parse(n)?)));
    let Some((code, number)) = parts else {
        return Err(format!("{name}: write it as CODE@NUMBER, such as PSW-10-WEEKS@1.0.0").into());
    };
    let owner = match owner.map(|text| ids::decode("org", &text).ok_or(text)).transpose() {
        Ok(owner) => owner,
        Err(text) => return Err(format!("{text}: write it as org_ and 32 digits").into()),
    };
    Ok(Wanted::Curriculum { owner, code: code.to_owned(), number })
}

fn instrument_of(name: &str) -> Result<Wanted, Failure> {
    let number = readiness::model::Number::parse;
    let parts = name.split_once('@').and_then(|(code, n)| Some((code, number(n)?)));
    match parts {
        Some((code, number)) => Ok(Wanted::Instrument { code: code.to_owned(), number }),
        None => Err(format!("{name}: write it as CODE@NUMBER, such as ORG-READY@1.0").into()),
    }
}

/// The text of the curriculum's file.
async fn curriculum(
    tx: &Tx,
    (owner, code): (Option<Uuid>, &str),
    number: Number,
) -> Result<Option<String>, Stop> {
    let store = Programmes::within(tx);
    let mut found = store.programmes_by_code(code).await?;
    found.retain(|programme| owner.is_none() || programme.owner_id == owner);
    let [programme] = &found[..] else { return Ok(None) };
    let Some(version) = store.version_numbered(programme.id, number).await? else {
        return Ok(None);
    };
    let content = store.kept(&version).await?.content;
    let file = document::of(programme, &version, &content, &store.catalogue().await?);
    Ok(file.text().ok())
}

/// The text of the instrument's file.
async fn instrument(
    tx: &Tx,
    code: &str,
    number: readiness::model::Number,
) -> Result<Option<String>, Stop> {
    let store = Readiness::within(tx);
    let Some(found) = store.instrument_by_name(code, number).await? else { return Ok(None) };
    let content = store.content(found.id).await?;
    let names = readiness::document::Names::of(&store, &found).await?;
    Ok(readiness::document::of(&found, &content, &names).text().ok())
}
