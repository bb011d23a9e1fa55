//! `alongside export <kind> <name>`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use uuid::Uuid;

use super::{Done, open};
use crate::actor::Identity;
use crate::command::Stop;
use crate::config::Config;
use crate::db::{Access, Tx};
use crate::graphql::ids;
use crate::programme::document;
use crate::programme::model::Number;
use crate::programme::store::Programmes;

#[derive(Subcommand)]
pub(super) enum Command {
    /// A curriculum, as the file that `import curriculum` reads.
    Curriculum {
        /// The programme's code and the version's number, such as `PSW-10-WEEKS@1.0.0`.
        name: String,
        /// The organisation whose programme it is, as `org_…`, where several have one with this code.
        #[arg(long, value_name = "ORGANISATION")]
        owner: Option<String>,
        /// Where to write the file; standard output if absent.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// The database; the configured one if absent.
        #[arg(long)]
        database: Option<String>,
    },
}

pub(super) async fn run(mut config: Config, command: Command) -> Done {
    let Command::Curriculum { name, owner, output, database } = command;
    if let Some(url) = database {
        config.database.url = url;
    }
    let parts = name.split_once('@').and_then(|(code, n)| Some((code, Number::parse(n)?)));
    let Some((code, number)) = parts else {
        return Err(format!("{name}: write it as CODE@NUMBER, such as PSW-10-WEEKS@1.0.0").into());
    };
    let owner = match owner.map(|text| ids::decode("org", &text).ok_or(text)).transpose() {
        Ok(owner) => owner,
        Err(text) => return Err(format!("{text}: write it as org_ and 32 digits").into()),
    };
    let core = open(&config).await?;
    let (tx, _) = core.begin(Access::Read, Identity::System("export")).await?;
    let text = curriculum(&tx, (owner, code), number).await;
    tx.rollback().await;
    core.db().close().await;
    let text = match text {
        Ok(Some(text)) => text,
        Ok(None) => {
            return Err(format!(
                "there is no curriculum {name}, or several owners have one: see --owner"
            )
            .into());
        }
        Err(Stop::Db(fault)) => return Err(fault.into()),
        Err(Stop::Refused(_)) => return Err("the curriculum cannot be read".into()),
    };
    match output {
        Some(path) => std::fs::write(&path, text)
            .map_err(|e| format!("cannot write {}: {e}", path.display()))?,
        None => print!("{text}"),
    }
    Ok(ExitCode::SUCCESS)
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
