//! Tokens that must not be accepted, made from one that is: every way of being wrong that we know.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use crate::signer::{Signer, name, sealed};

/// Longest life of a token, in seconds, of the issuers here.
pub const MAX_LIFE_S: i64 = 86_400;

/// Difference of clocks that is allowed, in seconds.
pub const LEEWAY_S: i64 = 30;

const RSA: [Algorithm; 6] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
];

/// A token that must not be accepted, and what is wrong with it.
pub struct Mutant {
    pub class: &'static str,
    pub token: String,
}

/// Makes mutants of one good token.
pub struct Forge<'a> {
    signer: &'a Signer,
    /// Another issuer, whose signatures are good for its own tokens only.
    foreign: &'a Signer,
    header: Value,
    claims: Value,
    now: i64,
    made: Vec<Mutant>,
}

impl<'a> Forge<'a> {
    /// Every mutant of a token of `signer` for `subject` and `audience` at `now`.
    pub fn mutants(
        signer: &'a Signer,
        foreign: &'a Signer,
        (subject, audience): (&str, &str),
        now: i64,
    ) -> Vec<Mutant> {
        let header = signer.header();
        let claims = good_claims(signer, subject, audience, now);
        let mut forge = Self { signer, foreign, header, claims, now, made: Vec::new() };
        forge.algorithms();
        forge.signatures();
        forge.confused_keys();
        forge.names_of_keys();
        forge.pointing_headers();
        forge.shapes();
        forge.times();
        forge.names();
        forge.types();
        forge.flips();
        forge.made
    }

    fn good(&self) -> String {
        self.signer.token(&self.header, &self.claims)
    }

    fn push(&mut self, class: &'static str, token: String) {
        self.made.push(Mutant { class, token });
    }

    /// With this member of the header, or without it.
    fn headed(&mut self, class: &'static str, member: &str, value: Option<Value>) {
        let header = with(&self.header, member, value);
        let (own, foreign) = (self.signer, self.foreign);
        self.push(class, own.token(&header, &self.claims));
        self.push(class, foreign.token(&header, &self.claims));
    }

    /// With this claim, or without it.
    fn claiming(&mut self, class: &'static str, claim: &str, value: Option<Value>) {
        let claims = with(&self.claims, claim, value);
        self.push(class, self.signer.token(&self.header, &claims));
    }

    fn algorithms(&mut self) {
        let own = name(self.signer.algorithm);
        let mut spellings = vec![
            None,
            Some(Value::Null),
            Some(json!([own])),
            Some(json!({})),
            Some(json!(0)),
            Some(json!(true)),
        ];
        let texts = [
            "none", "None", "NONE", "nOnE", "none ", "", "HS256", "HS384", "HS512", "ES256",
            "ES384", "ES512", "EdDSA", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
            "RSA-OAEP", "dir", "A256GCM",
        ];
        spellings.extend(texts.iter().filter(|text| **text != own).map(|text| Some(json!(text))));
        spellings.extend(
            [own.to_lowercase(), format!("{own} "), format!("{own}\0")]
                .map(|text| Some(json!(text))),
        );
        let good = self.good();
        let seal = good.rsplit('.').next().expect("three parts").to_owned();
        for spelling in spellings {
            let token = self.signer.token(&with(&self.header, "alg", spelling), &self.claims);
            let (message, _) = token.rsplit_once('.').expect("three parts");
            for token in [
                format!("{message}."),
                format!("{message}.{seal}"),
                message.to_owned(),
                format!("{message}.AA"),
                token.clone(),
            ] {
                self.push("algorithm", token);
            }
        }
    }

    fn signatures(&mut self) {
        let good = self.good();
        let (message, seal) = good.rsplit_once('.').expect("three parts");
        let other =
            self.signer.token(&self.header, &with(&self.claims, "sub", Some(json!("somebody"))));
        let (other_message, other_seal) = other.rsplit_once('.').expect("three parts");
        let bytes = URL_SAFE_NO_PAD.decode(seal).expect("a signature");
        let reversed: Vec<u8> = bytes.iter().rev().copied().collect();
        let mut seals = vec![
            other_seal.to_owned(),
            format!("{seal}="),
            format!("{seal}AA"),
            format!("{seal}{seal}"),
        ];
        seals.extend(
            [
                vec![0; bytes.len()],
                vec![0xff; bytes.len()],
                reversed,
                [bytes.as_slice(), &[0]].concat(),
            ]
            .map(|bytes| URL_SAFE_NO_PAD.encode(bytes)),
        );
        seals.extend((0..seal.len()).map(|length| seal[..length].to_owned()));
        for seal in seals {
            self.push("signature", format!("{message}.{seal}"));
        }
        self.push("signature", format!("{other_message}.{seal}"));
        self.push("signature", self.foreign.token(&self.header, &self.claims));
    }

    /// A public key is no secret, and a key is for one algorithm only.
    fn confused_keys(&mut self) {
        let mut secrets = self.signer.public.clone();
        secrets.extend(
            [self.signer.kid(), "", "secret", self.signer.issuer.as_str()]
                .map(|text| text.as_bytes().to_vec()),
        );
        let claims = self.claims.to_string();
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            for secret in &secrets {
                for alg in [algorithm, self.signer.algorithm] {
                    let header = with(&self.header, "alg", Some(json!(name(alg)))).to_string();
                    let token =
                        sealed(&header, &claims, &EncodingKey::from_secret(secret), algorithm);
                    self.push("confused key", token);
                }
            }
        }
        for other in RSA.into_iter().filter(|other| *other != self.signer.algorithm) {
            let key =
                if self.signer.algorithm == Algorithm::ES256 { self.foreign } else { self.signer };
            if key.algorithm == Algorithm::ES256 {
                continue;
            }
            for alg in [other, self.signer.algorithm] {
                let header = with(&self.header, "alg", Some(json!(name(alg)))).to_string();
                self.push("confused key", sealed(&header, &claims, &key.key, other));
            }
        }
    }

    fn names_of_keys(&mut self) {
        let kid = self.signer.kid().to_owned();
        let texts = [
            "",
            " ",
            "../../../../dev/null",
            "/dev/null",
            "file:///etc/passwd",
            "' or '1'='1",
            "x' union select 'secret",
            "https://example.org/keys",
            "$(id)",
            "%00",
            "\0",
            "*",
            "0",
            "null",
        ];
        let mut names: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        names.extend([
            format!("{kid}\0"),
            format!("{kid} "),
            format!(" {kid}"),
            kid.to_uppercase(),
            format!("{kid}/"),
            format!("{kid}\n"),
            "k".repeat(255),
            "k".repeat(256),
            "k".repeat(5_000),
            "k".repeat(1 << 20),
        ]);
        for name in names {
            self.headed("name of the key", "kid", Some(json!(name)));
        }
        for value in [
            None,
            Some(Value::Null),
            Some(json!(0)),
            Some(json!([kid])),
            Some(json!({ "kid": kid })),
            Some(json!(true)),
        ] {
            self.headed("name of the key", "kid", value);
        }
        let (alg, claims) = (name(self.signer.algorithm), self.claims.to_string());
        for (first, second) in [(kid.as_str(), "other"), ("other", kid.as_str()), (&kid, &kid)] {
            let header = format!(
                "{{\"alg\":\"{alg}\",\"typ\":\"at+jwt\",\"kid\":\"{first}\",\"kid\":\"{second}\"}}"
            );
            self.push("name of the key", self.signer.sign(&header, &claims));
        }
    }

    fn pointing_headers(&mut self) {
        let key = serde_json::to_value(&self.foreign.jwk).expect("JSON");
        let own = serde_json::to_value(&self.signer.jwk).expect("JSON");
        let certificate = STANDARD.encode(&self.foreign.public[5]);
        for (member, value) in [
            ("jku", json!("https://example.org/keys")),
            ("jku", json!(format!("{}jwks", self.signer.issuer))),
            ("x5u", json!("https://example.org/certificate")),
            ("jwk", key),
            ("jwk", own),
            ("x5c", json!([certificate])),
            ("x5t", json!("AAAA")),
            ("x5t#S256", json!("AAAA")),
            ("crit", json!([])),
            ("crit", json!(["exp"])),
            ("crit", json!(["b64"])),
            ("b64", json!(false)),
            ("b64", json!(true)),
            ("cty", json!("JWT")),
            ("zip", json!("DEF")),
            ("enc", json!("A256GCM")),
            ("epk", json!({ "kty": "EC" })),
            ("url", json!("https://example.org/")),
            ("nonce", json!("n")),
            ("p2c", json!(1_000_000_000)),
            ("iss", json!(self.signer.issuer)),
            ("anything", Value::Null),
        ] {
            self.headed("member of the header", member, Some(value));
        }
        let claims = self.claims.to_string();
        let header = self.header.to_string();
        for twice in ["\"alg\":\"none\"", "\"typ\":\"JWT\"", "\"typ\":\"at+jwt\""] {
            for header in [
                header.replacen('{', &format!("{{{twice},"), 1),
                header.replace('}', &format!(",{twice}}}")),
            ] {
                self.push("member of the header", self.signer.sign(&header, &claims));
            }
        }
        for text in ["", "{", "{}", "[]", "null", "0", "\"at+jwt\"", "\u{feff}{}"] {
            self.push("member of the header", self.signer.sign(text, &claims));
        }
        for text in [
            format!("{header}x"),
            format!("{header}{header}"),
            format!("[{header}]"),
            format!("\u{feff}{header}"),
        ] {
            self.push("member of the header", self.signer.sign(&text, &claims));
        }
    }

    /// What is no signed token of three parts with an object of claims.
    fn shapes(&mut self) {
        let good = self.good();
        let parts: Vec<&str> = good.split('.').collect();
        let (head, body, seal) = (parts[0], parts[1], parts[2]);
        let encrypted = URL_SAFE_NO_PAD.encode(json!({ "alg": "RSA-OAEP", "enc": "A256GCM", "typ": "at+jwt", "kid": self.signer.kid() }).to_string());
        for token in [
            String::new(),
            ".".to_owned(),
            "..".to_owned(),
            "....".to_owned(),
            "null".to_owned(),
            head.to_owned(),
            format!("{head}.{body}"),
            format!("{good}."),
            format!(".{good}"),
            format!("{good}.{seal}"),
            format!("{head}..{seal}"),
            format!(".{body}.{seal}"),
            format!("{head}.{body}.{seal}.{seal}.{seal}"),
            format!("{encrypted}.AAAA.AAAA.AAAA.AAAA"),
            format!("{encrypted}..AAAA.{body}.{seal}"),
            format!("{body}.{head}.{seal}"),
            good.replace('.', ","),
            good.replace('.', ". "),
            good.to_uppercase(),
            STANDARD.encode(&good),
            json!({ "protected": head, "payload": body, "signature": seal }).to_string(),
        ] {
            self.push("shape", token);
        }
        let claims = self.claims.to_string();
        let header = self.header.to_string();
        for text in [
            "",
            "{",
            "{}",
            "[]",
            "null",
            "0",
            good.as_str(),
            &json!(good).to_string(),
            &format!("[{claims}]"),
            &format!("{claims}x"),
        ] {
            let token = self.signer.sign(&header, text);
            self.push("shape", token);
        }
        for claim in ["iss", "aud", "sub", "exp", "iat"] {
            let twice = format!("{{\"{claim}\":{},{}", self.claims[claim], &claims[1..]);
            self.push("shape", self.signer.sign(&header, &twice));
        }
    }

    fn times(&mut self) {
        let now = self.now;
        let nonsense = |at: i64| {
            [
                json!(null),
                json!(at.to_string()),
                json!("2030-01-01T00:00:00Z"),
                json!(1e308),
                json!(-1e308),
                json!(at as f64 + 0.5),
                json!(at as f64),
                json!([at]),
                json!({ "at": at }),
                json!(true),
                json!(u64::MAX),
            ]
        };
        for (claim, good) in [("exp", now + 600), ("iat", now)] {
            self.claiming("time", claim, None);
            for value in nonsense(good) {
                self.claiming("time", claim, Some(value));
            }
        }
        for value in nonsense(now).into_iter().skip(1) {
            self.claiming("time", "nbf", Some(value));
        }
        for exp in [
            -1,
            0,
            1,
            now - 86_400,
            now - LEEWAY_S - 1,
            now - LEEWAY_S,
            now + MAX_LIFE_S + 1,
            now * 1000,
            i64::MAX,
            i64::MIN,
        ] {
            self.claiming("time", "exp", Some(json!(exp)));
        }
        for iat in [
            i64::MIN,
            -1,
            0,
            now + 600 - MAX_LIFE_S - 1,
            now + LEEWAY_S + 1,
            now + 599,
            now + 600,
            now * 1000,
            i64::MAX,
        ] {
            self.claiming("time", "iat", Some(json!(iat)));
        }
        for nbf in [now + LEEWAY_S + 1, now + 600, now * 1000, i64::MAX] {
            self.claiming("time", "nbf", Some(json!(nbf)));
        }
        let claims = with(
            &with(&self.claims, "iat", Some(json!(now - 600))),
            "exp",
            Some(json!(now - LEEWAY_S)),
        );
        self.push("time", self.signer.token(&self.header, &claims));
    }

    fn names(&mut self) {
        for claim in ["iss", "aud"] {
            let good = self.claims[claim].as_str().expect("a text").to_owned();
            let slash = good.strip_suffix('/').map_or_else(|| format!("{good}/"), str::to_owned);
            self.claiming("name", claim, None);
            for value in [
                json!(null),
                json!(""),
                json!("elsewhere"),
                json!(slash),
                json!(good.to_uppercase()),
                json!(format!("{good} ")),
                json!(format!("{good}\0")),
                json!([good]),
                json!(["elsewhere", good]),
                json!([good, "elsewhere"]),
                json!([]),
                json!({ "name": good }),
                json!({ good.clone(): good }),
                json!(7),
                json!(true),
                json!(self.foreign.issuer),
            ] {
                self.claiming("name", claim, Some(value));
            }
        }
        self.claiming("name", "sub", None);
        for claim in ["sub", "jti", "sid"] {
            for value in [
                json!(""),
                json!(7),
                json!([]),
                json!(["x"]),
                json!({}),
                json!(true),
                json!("\0"),
                json!("a\nb"),
                json!("\u{1b}[31m"),
                json!("s".repeat(256)),
            ] {
                self.claiming("name", claim, Some(value));
            }
        }
        self.claiming("name", "sub", Some(Value::Null));
    }

    /// A token for something else is no access token.
    fn types(&mut self) {
        for typ in [
            "",
            "JWT",
            "jwt",
            "JOSE",
            "at",
            "at+JWT ",
            "logout+jwt",
            "id+jwt",
            "id_token",
            "refresh+jwt",
            "secevent+jwt",
            "dpop+jwt",
            "token-introspection+jwt",
            "application/logout+jwt",
        ] {
            self.headed("type", "typ", Some(json!(typ)));
        }
        for value in
            [None, Some(Value::Null), Some(json!(7)), Some(json!(["at+jwt"])), Some(json!({}))]
        {
            self.headed("type", "typ", value);
        }
        let mut identity = with(&self.claims, "nonce", Some(json!("n")));
        identity["at_hash"] = json!("AAAA");
        let mut logout = with(
            &self.claims,
            "events",
            Some(json!({ "http://schemas.openid.net/event/backchannel-logout": {} })),
        );
        logout["sid"] = json!("session");
        for (typ, claims) in [("JWT", identity), ("logout+jwt", logout)] {
            let header = with(&self.header, "typ", Some(json!(typ)));
            self.push("type", self.signer.token(&header, &claims));
        }
    }

    /// One bit of one character is another.
    fn flips(&mut self) {
        let good = self.good();
        for place in 0..good.len() {
            for bit in 0..7 {
                let mut bytes = good.clone().into_bytes();
                bytes[place] ^= 1 << bit;
                self.push("flipped bit", String::from_utf8(bytes).expect("seven bits"));
            }
        }
    }
}

/// The claims of a good token.
pub fn good_claims(signer: &Signer, subject: &str, audience: &str, now: i64) -> Value {
    json!({ "iss": signer.issuer, "aud": audience, "sub": subject, "iat": now, "exp": now + 600 })
}

/// The object with this member, or without it.
fn with(object: &Value, member: &str, value: Option<Value>) -> Value {
    let mut object = object.clone();
    let members = object.as_object_mut().expect("an object");
    match value {
        Some(value) => members.insert(member.to_owned(), value),
        None => members.remove(member),
    };
    object
}
