//! The rules of people, as functions over plain values. Each returns everything that is unmet.

use std::collections::BTreeSet;

use chrono::{Datelike as _, NaiveDate};
use uuid::Uuid;

use super::model::{Names, Person};
use crate::actor::service::RoleGrant;
use crate::actor::{GrantScope, Role};
use crate::organisation::model::Status;
use crate::organisation::rules::unmet_for_line;
use crate::refusal::{Code, Refusal};

/// Longest e-mail address, in characters (RFC 5321, 4.5.3.1.3).
pub const MAX_EMAIL: usize = 254;

/// Names are lines of text; those that are optional are filled where they are given.
#[must_use]
pub fn unmet_for_names(names: &Names) -> Vec<Refusal> {
    let Names { preferred_name, given_name, family_name, certificate_name } = names;
    let mut unmet = unmet_for_line(preferred_name, "preferredName");
    unmet.extend(unmet_for_line(certificate_name, "certificateName"));
    for (name, path) in [(given_name, "givenName"), (family_name, "familyName")] {
        unmet.extend(name.iter().flat_map(|name| unmet_for_line(name, path)));
    }
    unmet
}

/// An e-mail address has one `@` with something on both sides, no space, and is short enough.
#[must_use]
pub fn unmet_for_email(address: &str, path: &str) -> Vec<Refusal> {
    let trimmed = address.trim();
    let mut unmet = unmet_for_line(trimmed, path);
    let parts: Vec<&str> = trimmed.split('@').collect();
    let shaped = matches!(parts.as_slice(), [one, two] if !one.is_empty() && !two.is_empty());
    if unmet.is_empty() && (!shaped || trimmed.contains(char::is_whitespace)) {
        unmet.push(Refusal::at(Code::Invalid, path, "is no e-mail address"));
    }
    if trimmed.chars().count() > MAX_EMAIL {
        unmet.push(Refusal::at(Code::Invalid, path, "is longer than an e-mail address can be"));
    }
    unmet
}

/// A date of birth lies in the past, and not before 1900.
#[must_use]
pub fn unmet_for_birth(born: Option<NaiveDate>, today: NaiveDate) -> Vec<Refusal> {
    match born {
        Some(day) if day >= today || day.year() < 1900 => {
            vec![Refusal::at(Code::Invalid, "dateOfBirth", "must be a date of birth")]
        }
        _ => Vec::new(),
    }
}

/// A merged or erased record does not change any more.
#[must_use]
pub fn unmet_for_change(person: &Person, path: &str) -> Vec<Refusal> {
    if person.erased_on.is_some() {
        let message = "this record was erased: a pseudonym is all that is left";
        return vec![Refusal::at(Code::Conflict, path, message)];
    }
    if person.merged_into_id.is_some() {
        let message = "this record was merged into another: read its mergedInto";
        vec![Refusal::at(Code::Merged, path, message)]
    } else {
        Vec::new()
    }
}

/// Nobody gets a role in an organisation that is closed, nor for a course of one.
#[must_use]
pub fn unmet_for_open(status: Status) -> Vec<Refusal> {
    if status != Status::Closed {
        return Vec::new();
    }
    let message = "the organisation is closed: name the one that followed it, if there is one";
    vec![Refusal::at(Code::OwnerClosed, "scopeId", message)]
}

/// PER-2: nobody decides about themselves, whichever of their accounts they use.
#[must_use]
pub fn unmet_for_hands(actor: Option<Uuid>, concerned: &[Option<Uuid>]) -> Vec<Refusal> {
    if actor.is_some() && concerned.contains(&actor) {
        let message = "this is about yourself: somebody else has to decide it";
        vec![Refusal::at(Code::SeparationOfDuties, "", message)]
    } else {
        Vec::new()
    }
}

/// What the check for duplicates knows of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traits {
    /// The person.
    pub id: Uuid,
    /// Names.
    pub names: Names,
    /// Date of birth.
    pub born: Option<NaiveDate>,
    /// Verified e-mail addresses, present and past.
    pub emails: Vec<String>,
}

/// Why two records may be of one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reasons {
    /// One verified e-mail address is in both.
    pub same_email: bool,
    /// The same name and date of birth are in both.
    pub same_birth: bool,
}

/// Whether two records may be of one person: a proposal for somebody to look at, never a decision.
#[must_use]
pub fn likeness(one: &Traits, other: &Traits) -> Option<Reasons> {
    let emails: BTreeSet<String> = one.emails.iter().map(|e| folded(e)).collect();
    let same_email = other.emails.iter().any(|email| emails.contains(&folded(email)));
    let same_birth =
        one.born.is_some() && one.born == other.born && called(&one.names) == called(&other.names);
    (same_email || same_birth).then_some(Reasons { same_email, same_birth })
}

/// The name by which records are compared: given and family name where both are known.
fn called(names: &Names) -> String {
    match (&names.given_name, &names.family_name) {
        (Some(given), Some(family)) => folded(&format!("{given} {family}")),
        _ => folded(&names.certificate_name),
    }
}

/// Text as it is compared: without regard to case and spaces.
#[must_use]
pub fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// The roles that an actor of an organisation may give and end there: a signatory names coordinators.
#[must_use]
pub const fn given_within(by: Role) -> &'static [Role] {
    match by {
        Role::PartnerSignatory => {
            &[Role::Trainee, Role::Trainer, Role::LeadTrainer, Role::PartnerCoordinator]
        }
        Role::PartnerCoordinator => &[Role::Trainee, Role::Trainer, Role::LeadTrainer],
        _ => &[],
    }
}

/// Where a date of birth is known, who applies or gets a place is old enough on the day.
#[must_use]
pub fn unmet_for_age(born: Option<NaiveDate>, least: u32, today: NaiveDate) -> Vec<Refusal> {
    let Some(born) = born else { return Vec::new() };
    let had_birthday = (today.month(), today.day()) >= (born.month(), born.day());
    let years = today.year() - born.year() - i32::from(!had_birthday);
    if u32::try_from(years).is_ok_and(|years| years >= least) {
        return Vec::new();
    }
    let message = format!("people on courses are at least {least} years old");
    vec![Refusal::at(Code::UnderAge, "", message)]
}

/// A role counts in a scope that suits it.
#[must_use]
pub fn unmet_for_scope(role: Role, scope: GrantScope) -> Vec<Refusal> {
    use GrantScope::{Course, Nation, Organisation, Own, Region};
    let suits = match role {
        Role::Applicant => matches!(scope, Own),
        Role::Trainee => matches!(scope, Own | Organisation(_) | Course(_)),
        Role::Supervisor | Role::PartnerCoordinator | Role::PartnerSignatory => {
            matches!(scope, Organisation(_))
        }
        Role::Trainer | Role::LeadTrainer => matches!(scope, Organisation(_) | Course(_)),
        Role::Reviewer => matches!(scope, Own | Organisation(_) | Region(_)),
        Role::FundingOfficer | Role::FundingApprover => matches!(scope, Nation | Region(_)),
        Role::Integration => matches!(scope, Nation | Region(_) | Organisation(_)),
        Role::LicensingOfficer
        | Role::QualityLead
        | Role::Analyst
        | Role::DataProtectionOfficer => matches!(scope, Nation),
    };
    if suits {
        Vec::new()
    } else {
        vec![Refusal::at(Code::GrantScope, "scopeType", "this role does not count in this scope")]
    }
}

/// PER-3: of all grants of one person, none makes a funding officer and another a funding approver on one
/// day where the scopes meet.
#[must_use]
pub fn unmet_for_duties(grants: &[RoleGrant]) -> Vec<Refusal> {
    let of = |role: Role| grants.iter().filter(move |grant| grant.role == role);
    let clash = of(Role::FundingOfficer)
        .any(|one| of(Role::FundingApprover).any(|other| at_once(one, other)));
    if clash {
        let message =
            "one person cannot be funding officer and funding approver at once in one scope";
        vec![Refusal::at(Code::SeparationOfDuties, "role", message)]
    } else {
        Vec::new()
    }
}

fn at_once(one: &RoleGrant, other: &RoleGrant) -> bool {
    let days = matches!((one.period(), other.period()), (Some(a), Some(b)) if a.overlaps(&b));
    days && meet(one.scope, other.scope)
}

/// Whether one item can lie in both scopes: the nation holds every other.
const fn meet(one: GrantScope, other: GrantScope) -> bool {
    use GrantScope::{Course, Nation, Organisation, Region};
    match (one, other) {
        (Nation, _) | (_, Nation) => true,
        (Region(a), Region(b)) | (Organisation(a), Organisation(b)) | (Course(a), Course(b)) => {
            a.as_u128() == b.as_u128()
        }
        _ => false,
    }
}

/// A role begins before it ends.
#[must_use]
pub fn unmet_for_days(from: NaiveDate, to: Option<NaiveDate>) -> Vec<Refusal> {
    if to.is_some_and(|to| to <= from) {
        vec![Refusal::at(Code::Invalid, "validTo", "must lie after the first day")]
    } else {
        Vec::new()
    }
}

/// The same role of the same account in the same scope is not granted twice for one day.
#[must_use]
pub fn unmet_for_repeat(new: &RoleGrant, held: &[RoleGrant]) -> Vec<Refusal> {
    let repeats = |old: &RoleGrant| {
        let days = matches!((old.period(), new.period()), (Some(a), Some(b)) if a.overlaps(&b));
        (old.account_id, old.role, old.scope) == (new.account_id, new.role, new.scope) && days
    };
    if held.iter().any(repeats) {
        vec![Refusal::at(
            Code::Unchanged,
            "role",
            "the account holds this role on one of these days",
        )]
    } else {
        Vec::new()
    }
}

/// PER-1: two records can be merged that differ, of which neither is merged.
#[must_use]
pub fn unmet_for_merge(retired: &Person, survivor: &Person) -> Vec<Refusal> {
    if retired.id == survivor.id {
        return vec![Refusal::at(Code::Invalid, "intoId", "name two different records")];
    }
    let mut unmet = unmet_for_change(retired, "id");
    unmet.extend(unmet_for_change(survivor, "intoId"));
    unmet
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
