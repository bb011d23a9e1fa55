//! Keys: their rotation and destruction, and that nothing is readable without them.

use alongside::actor::Identity;
use alongside::actor::demo_issuer::DemoIssuer;
use alongside::actor::service::account_id;
use alongside::command::{self, Outcome, Request};
use alongside::config::{Config, Profile};
use alongside::core::Core;
use alongside::vault::keys::{KeysError, Vault};
use alongside::vault::model::{Category, New, Purpose};
use alongside::vault::{invariants, service};
use alongside::{jobs, verify};
use secrecy::ExposeSecret as _;
use serde_json::json;
use tests::given::as_identity;
use tests::people::Someone;
use tests::race::at_once;
use tests::vault::{kept, opened, shared, signed_in, told};
use tests::world::VAULT_KEYS;
use tests::{Engine, World, given, on_both_databases, world_with};
use uuid::Uuid;

use super::races::request;
use crate::answers::codes;

const NEW_KEY: &str = "new:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

world_with! {
    /// A world whose settings have begun a rotation: a new master key wraps, and that of the other worlds unwraps.
    Rotating, |config| config.vault.keys = format!("{NEW_KEY},{VAULT_KEYS}").into()
}

/// The world's core with other master keys.
fn with(world: &World, keys: &str) -> Core {
    world.app.core().clone().with_vault(Vault::of(keys).expect("keys"))
}

/// What `verify` says of master keys.
async fn unknown(core: &Core) -> Vec<String> {
    let checks = verify::run(core).await.expect("the check runs");
    let of_keys = checks.into_iter().find(|check| check.name == invariants::MASTERS);
    of_keys.expect("the check of keys").broken
}

/// What a record says, by a core with keys of its own.
async fn read(core: &Core, subject: &str, record: Uuid) -> String {
    let account = Identity::account(account_id(DemoIssuer::NAME, subject));
    as_identity(core, account, move |unit| {
        Box::pin(async move {
            let text = service::open(unit, record, Purpose::OwnRecord).await?;
            Ok(text.expose_secret().to_owned())
        })
    })
    .await
}

/// Keeps a text by a core with keys of its own.
async fn keep(core: &Core, person: &Someone, text: &str) -> Uuid {
    let (category, text) = (Category::Motivation, text.to_owned().into());
    let new = New { person: person.id, organisation: None, category, text, retain_until: None };
    given::as_system(core, move |unit| {
        let new = new.clone();
        Box::pin(async move { service::keep(unit, new, "TEST").await })
    })
    .await
}

/// Whether `bytes` are somewhere in the database, as they are or in hexadecimal: in its files on SQLite, else in a
/// row of a table.
async fn is_somewhere(world: &World, bytes: &[u8]) -> bool {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let eye = &world.database.eye;
    let texts = format!("{:?}", eye.contents().await);
    if texts.to_lowercase().contains(&digits) || texts.contains(&*String::from_utf8_lossy(bytes)) {
        return true;
    }
    if world.engine() == Engine::Postgres {
        return false;
    }
    eye.execute("vacuum").await.expect("the file is written anew");
    eye.execute("pragma wal_checkpoint(truncate)").await.expect("all of it");
    let files = ["", "-wal"].map(|ending| std::fs::read(world.database.name() + ending));
    files.iter().flatten().any(|file| file.windows(bytes.len()).any(|part| part == bytes))
}

/// The wrapped key of a person.
async fn wrapped(world: &World) -> Vec<u8> {
    let column = match world.engine() {
        Engine::Sqlite => "hex(wrapped)",
        Engine::Postgres => "encode(wrapped, 'hex')",
    };
    let sql = format!("select {column} from vault_key");
    let digits = world.database.eye.texts(&sql).await.remove(0);
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("digits");
    (0..digits.len()).step_by(2).map(byte).collect()
}

on_both_databases! {
    async fn after_a_rotation_the_old_master_key_can_go(world: Rotating) {
        let old = with(&world, VAULT_KEYS);
        let mut records = Vec::new();
        for number in 0..5 {
            let subject = format!("person {number}");
            let (someone, _) = signed_in(&world, &subject).await;
            records.push((keep(&old, &someone, &subject).await, subject));
        }
        let new = with(&world, NEW_KEY);
        assert_eq!(unknown(&new).await, ["keys that only the master key tests unwraps: 5"]);
        assert_eq!(unknown(world.app.core()).await, [] as [&str; 0]);
        let rounds = at_once(2, |_| {
            let core = world.app.core().clone();
            async move { jobs::round(&core, "vault-rewrap").await.expect("a round") }
        }).await;
        assert_eq!(rounds.iter().sum::<u64>(), 5, "each key once: {rounds:?}");
        assert_eq!(jobs::round(world.app.core(), "vault-rewrap").await.expect("a round"), 0);
        assert_eq!(jobs::round(&old, "vault-rewrap").await.expect("a round"), 0, "one key wraps nothing anew");
        assert_eq!(unknown(&new).await, [] as [&str; 0]);
        assert_eq!(unknown(&old).await, ["keys that only the master key new unwraps: 5"]);
        for (record, text) in records {
            assert_eq!(read(&new, &text, record).await, text);
            assert_eq!(told(&world, &world.token_of(&text), record, "OWN_RECORD").await, text);
        }
    }

    async fn what_is_kept_of_a_repeat_is_blinded_and_known_after_a_rotation(world: Rotating) {
        let (_, _) = signed_in(&world, "person").await;
        let identity = Identity::account(account_id(DemoIssuer::NAME, "person"));
        let repeat = async |core: &Core, hash: &str| {
            let request = Request { identity, input_hash: hash.to_owned(), ..request(Some("a key")) };
            let done = command::run(core, request, |unit| Box::pin(async move {
                let person = unit.actor().person().expect("a person");
                let (category, text) = (Category::Motivation, "A text.".into());
                let new = New { person, organisation: None, category, text, retain_until: None };
                service::keep(unit, new, "SELF").await
            }));
            done.await.expect("the database works")
        };
        let old = with(&world, VAULT_KEYS);
        let Outcome::Done(record) = repeat(&old, "what was sent").await else { unreachable!("it is kept") };
        assert_eq!(repeat(world.app.core(), "what was sent").await, Outcome::Done(record));
        assert!(matches!(repeat(world.app.core(), "another").await, Outcome::Refused(_)));
        let stored = world.database.eye.texts("select request_hash from idempotency_record").await;
        assert_eq!(stored, Vault::of(VAULT_KEYS).expect("keys").blinded("what was sent"));
        jobs::round(world.app.core(), "vault-rewrap").await.expect("a round");
    }

    async fn a_text_that_was_moved_does_not_open(world: World) {
        let (concerned, own) = signed_in(&world, "concerned").await;
        let (attacker, token) = signed_in(&world, "attacker").await;
        let text = async |person, category| kept(&world, person, Some(world.a.id), category, "A text.").await;
        let needs = text(&concerned, Category::SupportNeeds).await;
        let other = text(&concerned, Category::SupportNeeds).await;
        let theirs = text(&attacker, Category::SupportNeeds).await;
        let eye = &world.database.eye;
        let [needs_id, other_id, theirs_id] = [needs, other, theirs].map(|id| world.uuid(id));
        let copy = |from: &str, to: &str| {
            format!("update sensitive_record set ciphertext = (select x.ciphertext from sensitive_record x where x.id = {from}) where id = {to}")
        };
        let given = format!("update sensitive_record set person_id = {} where id = {needs_id}", world.uuid(attacker.id));
        let renamed = format!("update sensitive_record set category = 'MOTIVATION' where id = {other_id}");
        for (change, token, record) in [
            (copy(&needs_id, &theirs_id), &token, theirs),
            (given, &token, needs),
            (renamed, &own, other),
            (copy(&theirs_id, &other_id), &own, other),
        ] {
            eye.execute(&change).await.expect("the change");
            let reply = opened(&world, Some(token), record, "OWN_RECORD").await;
            assert_eq!(codes(reply.body()), ["INTERNAL"], "{change}");
            assert_eq!(reply.payload(), &json!(null));
        }
        assert_eq!(eye.rows_where("sensitive_disclosure", "true").await, 0);
    }

    async fn a_destroyed_key_leaves_a_skeleton_and_no_trace_of_the_text(world: World) {
        let (sentinel, texts) = ("Sentinel 7c1e, which nobody else says", Category::ALL.len());
        let (concerned, own) = signed_in(&world, "concerned").await;
        let (tutor, token) = signed_in(&world, "tutor").await;
        let mut records = Vec::new();
        for category in Category::ALL {
            records.push(kept(&world, &concerned, Some(world.a.id), *category, sentinel).await);
        }
        let needs = records[1];
        shared(&world, needs, tests::vault::reader(&tutor, alongside::vault::model::ReaderRole::Tutor)).await;
        assert_eq!(told(&world, &token, needs, "SUPPORT").await, sentinel);
        assert_eq!(told(&world, &own, needs, "OWN_RECORD").await, sentinel);
        let key = wrapped(&world).await;
        assert!(is_somewhere(&world, &key).await, "the search finds what is there");
        assert!(!is_somewhere(&world, sentinel.as_bytes()).await, "never in clear");
        let person = concerned.id;
        let destroyed = given::as_system(world.app.core(), move |unit| {
            Box::pin(async move { service::destroy_key(unit, person, "DPO").await })
        }).await;
        assert_eq!(destroyed, texts);
        assert!(!is_somewhere(&world, &key).await);
        assert!(!is_somewhere(&world, sentinel.as_bytes()).await);
        for (record, token) in [(needs, &own), (needs, &token), (records[0], &own)] {
            for purpose in ["OWN_RECORD", "SUPPORT"] {
                assert_eq!(opened(&world, Some(token), record, purpose).await.codes(), ["NOT_FOUND"]);
            }
        }
        let shown = world.data(Some(&own), "{ sensitiveRecords { totalCount nodes { isThere disclosures { totalCount } } } }", json!({})).await;
        assert_eq!(shown["sensitiveRecords"]["totalCount"], texts - 1, "but for the concern");
        assert_eq!(shown["sensitiveRecords"]["nodes"][1], json!({ "isThere": false, "disclosures": { "totalCount": 2 } }));
        let trail = "action = 'vault_key.destroyed' and acting_as = 'DPO'";
        assert_eq!(world.database.eye.rows_where("audit_event", trail).await, 1);
    }
}

#[test]
fn production_brings_its_keys_and_others_get_one_that_nobody_else_reads() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = Config::defaults().expect("the defaults");
    config.database.url = format!("sqlite://{}", folder.path().join("x.sqlite").display());
    config.profile = Profile::Production;
    assert!(matches!(Vault::open(&config), Err(KeysError::Unset)));
    config.profile = Profile::Demo;
    assert!(Vault::find(&config).expect("no keys yet").is_none());
    let made = Vault::open(&config).expect("a key is made");
    let file = folder.path().join("vault.key");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&file).expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let again = Vault::open(&config).expect("the same key");
    assert_eq!(made.blinded("text"), again.blinded("text"));
    config.profile = Profile::Production;
    assert!(matches!(Vault::open(&config), Err(KeysError::Unset)), "not even if one lies there");
    config.vault.keys_file = file.display().to_string();
    let named = Vault::open(&config).expect("a file of keys");
    assert_eq!(named.blinded("text"), made.blinded("text"));
    config.vault.keys = VAULT_KEYS.to_owned().into();
    assert!(matches!(Vault::open(&config), Err(KeysError::Malformed(_))), "one or the other");
    let shown = format!("{:?}", config.vault);
    assert!(!shown.contains("dGhl"), "no key is printed");
}
