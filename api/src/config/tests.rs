//! The settings, as they are read and refused.

use super::*;

#[test]
fn the_defaults_are_usable() {
    let config = Config::defaults().and_then(Config::validated).expect("the defaults parse");
    assert_eq!(config.profile, Profile::Demo);
}

#[test]
fn files_have_bounds_and_a_key_is_whole() {
    let with = |change: &dyn Fn(&mut FileSettings)| {
        let mut config = Config::defaults().expect("the defaults parse");
        change(&mut config.files);
        match config.validated() {
            Err(ConfigError::Invalid { key, .. }) => Some(key),
            _ => None,
        }
    };
    let text = |text: &str| text.to_owned();
    assert_eq!(with(&|files| files.put_timeout_ms = 3_600_000), None);
    for most in [0, 3_600_001, u64::MAX] {
        let key = with(&|files| files.put_timeout_ms = most);
        assert_eq!(key, Some("files.put_timeout_ms"), "{most}");
    }
    assert_eq!(with(&|files| files.upload_life_s = u32::MAX), Some("files.upload_life_s"));
    assert_eq!(with(&|files| files.max_open = 0), Some("files.max_open"));
    assert_eq!(with(&|files| files.max_bytes = -1), Some("files.max_bytes"));
    assert_eq!(with(&|files| files.max_puts = usize::MAX), Some("files.max_puts"));
    assert_eq!(with(&|files| files.max_account_puts = 0), Some("files.max_account_puts"));
    assert_eq!(with(&|files| files.max_account_puts = 33), Some("files.max_account_puts"));
    let secret = Some("files.s3_secret_access_key");
    assert_eq!(with(&|files| files.s3_access_key_id = text("id")), secret);
    assert_eq!(with(&|files| files.s3_secret_access_key = text("key")), secret);
    assert_eq!(
        with(&|files| {
            files.s3_access_key_id = text("id");
            files.s3_secret_access_key = text("key");
        }),
        None
    );
}

#[test]
fn an_unknown_key_is_refused_with_its_name() {
    let text = DEFAULTS.replace("body_limit", "body_limt");
    let error = Layers::builder()
        .add_source(File::from_str(&text, FileFormat::Toml))
        .build()
        .and_then(|layers| layers.try_deserialize::<Config>())
        .err()
        .expect("the key is misspelt");
    assert!(error.to_string().contains("body_limt"), "{error}");
}
