//! What holds of the rows of the vault.

use super::keys::Vault;
use crate::verify::Invariant;

/// What [`unknown_masters`] looks for.
pub const MASTERS: &str = "every key of the vault is wrapped by a master key of the settings";

/// Of master keys and how many keys each wraps, those that the settings do not have. No text is opened.
#[must_use]
pub fn unknown_masters(vault: &Vault, masters: &[(String, i64)]) -> Vec<String> {
    let unknown = masters.iter().filter(|(master, _)| !vault.ids().any(|id| id == master));
    let said = |(master, keys): &(String, i64)| {
        format!("keys that only the master key {master} unwraps: {keys}")
    };
    unknown.map(said).collect()
}

/// Each as a query that gives one line of text for each violation.
pub const QUERIES: &[Invariant] = &[
    (
        "the version of a sensitive record is the number of its audit events",
        "select 'version and audit events differ: ' || r.category from sensitive_record r \
         where r.version <> (select count(*) from audit_event e \
           where e.entity_type = 'sensitive_record' and e.entity_id = r.id)",
    ),
    (
        "a text that is not erased has the key of its person",
        "select 'no key for a text: ' || r.category from sensitive_record r \
         where r.ciphertext is not null and not exists ( \
           select 1 from vault_key k where k.id = r.person_id and k.wrapped is not null)",
    ),
    (
        "each opening of the vault is in the trail, as what it was",
        "select 'a disclosure that the trail does not know' from sensitive_disclosure d \
         where not exists (select 1 from audit_event e where e.entity_type = 'sensitive_disclosure' \
           and e.entity_id = d.id and e.account_id = d.account_id and e.acting_as = d.acting_as) \
         union all select 'an opening that was not disclosed' from audit_event e \
         where e.entity_type = 'sensitive_disclosure' \
           and not exists (select 1 from sensitive_disclosure d where d.id = e.entity_id)",
    ),
    (
        "what is shared by choice names its wording, and nothing else does",
        "select 'shared with ' || s.role || ', ' || r.category from sensitive_reader s \
         join sensitive_record r on r.id = s.record_id \
         where (r.category in ('SUPPORT_NEEDS', 'ADJUSTMENTS')) <> (s.consent_wording is not null)",
    ),
    (
        "PER-1 nothing of the vault hangs on a merged record",
        "select 'a text about a merged record' from sensitive_record r \
           join person p on p.id = r.person_id where p.merged_into_id is not null \
         union all select 'a reader who is a merged record' from sensitive_reader s \
           join person p on p.id = s.person_id where p.merged_into_id is not null \
         union all select 'a key of a merged record' from vault_key k \
           join person p on p.id = k.id where p.merged_into_id is not null and k.wrapped is not null",
    ),
];
