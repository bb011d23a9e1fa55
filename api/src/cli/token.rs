//! `alongside token`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::Done;
use crate::actor::Role;
use crate::actor::demo_issuer::DemoIssuer;
use crate::clock::{Source as _, SystemSource};
use crate::config::Config;
use crate::demo;

#[derive(Args)]
pub(super) struct Options {
    /// The role, by its code: PCO, NLO, DPO and so on.
    #[arg(long, value_parser = role, required_unless_present = "subject")]
    role: Option<Role>,
    /// The subject of the token, instead of the demonstration's account for a role.
    #[arg(long, conflicts_with = "role")]
    subject: Option<String>,
    /// How long the token is good, in seconds; at most a day.
    #[arg(long, default_value_t = 24 * 60 * 60)]
    life: i64,
    /// The demonstration's signing key.
    #[arg(long, default_value = demo::KEY_FILE)]
    key: PathBuf,
}

fn role(code: &str) -> Result<Role, String> {
    Role::from_code(&code.to_ascii_uppercase()).ok_or_else(|| {
        let codes: Vec<&str> = Role::ALL.iter().map(|role| role.code()).collect();
        format!("no such role; use one of {}", codes.join(", "))
    })
}

pub(super) fn run(config: &Config, options: &Options) -> Done {
    if !options.key.exists() {
        let file = options.key.display();
        return Err(
            format!("there is no signing key at {file}: start `alongside demo` once").into()
        );
    }
    let issuer = DemoIssuer::open(&options.key)?;
    let subject = match (options.role, &options.subject) {
        (Some(role), _) => demo::subject(role),
        (None, Some(subject)) => subject.clone(),
        (None, None) => return Err("name a role or a subject".into()),
    };
    let now = SystemSource.now();
    println!("{}", issuer.token(&subject, &config.auth.audience, now, options.life)?);
    Ok(ExitCode::SUCCESS)
}
