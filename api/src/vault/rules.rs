//! The rules of the vault, as functions over plain values. Each returns everything that is unmet.

use chrono::NaiveDate;
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use super::model::{
    ArticleNine, Capacity, Category, LawfulBasis, NewReader, OWN, Purpose, ReaderRole, ScheduleOne,
};
use crate::actor::{Permission, Role};
use crate::organisation::rules as lines;
use crate::refusal::{Code, Refusal};

/// Longest text, in characters.
pub const MAX_TEXT: usize = 10_000;

/// How texts of a category are handled.
#[derive(Clone, Copy, Debug)]
pub struct Handling {
    /// What they are kept and read for.
    pub purpose: Purpose,
    /// By which lawful basis.
    pub lawful_basis: LawfulBasis,
    /// Under which condition of Article 9.
    pub article_nine: ArticleNine,
    /// Under which condition of Schedule 1.
    pub schedule_one: ScheduleOne,
    /// What whoever reads them for the organisation that keeps them holds there; nobody does, if `None`.
    pub permission: Option<Permission>,
    /// As what named people read them.
    pub readers: &'static [ReaderRole],
    /// Whether the person concerned wrote them, and so opens them.
    pub own: bool,
    /// Whether naming a reader is the choice of the person concerned.
    pub by_choice: bool,
}

/// Texts for selection.
const SELECTION: Handling = Handling {
    purpose: Purpose::Selection,
    lawful_basis: LawfulBasis::PublicTask,
    article_nine: ArticleNine::SubstantialPublicInterest,
    schedule_one: ScheduleOne::StatutoryPurposes,
    permission: Some(Permission::OpenSelection),
    readers: &[ReaderRole::Assessor],
    own: false,
    by_choice: false,
};

/// Texts for support.
const SUPPORT: Handling = Handling {
    purpose: Purpose::Support,
    article_nine: ArticleNine::EmploymentAndSocialProtection,
    schedule_one: ScheduleOne::EmploymentAndSocialProtection,
    permission: None,
    readers: &[ReaderRole::Tutor, ReaderRole::Supervisor],
    own: true,
    by_choice: true,
    ..SELECTION
};

/// How texts of `category` are handled: the one table. Basis and conditions are to be confirmed by a data protection
/// officer; the rest is DP-2, DP-5 and ENR-5, by which nobody is shown the notes about their own selection.
#[must_use]
pub const fn handling(category: Category) -> Handling {
    match category {
        Category::Motivation => Handling { own: true, ..SELECTION },
        Category::Reference | Category::SelectionNote => SELECTION,
        Category::SupportNeeds | Category::Adjustments => SUPPORT,
        Category::Assignment => Handling {
            purpose: Purpose::Assessment,
            permission: None,
            // Leads of a concern that came up in it; the person is not told of them.
            readers: &[
                ReaderRole::ConcernLead,
                ReaderRole::Assessor,
                ReaderRole::Marker,
                ReaderRole::Moderator,
            ],
            own: true,
            ..SELECTION
        },
        Category::Concern => Handling {
            purpose: Purpose::Safeguarding,
            schedule_one: ScheduleOne::Safeguarding,
            permission: None,
            readers: &[ReaderRole::ConcernLead],
            ..SELECTION
        },
    }
}

/// What somebody is to a record.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// Whether they are the person concerned.
    pub concerned: bool,
    /// As what they are named as its reader today, and for which organisation.
    pub named: Vec<(ReaderRole, Option<Uuid>)>,
    /// The role by which they hold the category's permission in the organisation that keeps it.
    pub role: Option<String>,
    /// Whether they answer rights requests for the nation.
    pub officer: bool,
}

/// As what somebody of this standing opens a record for this purpose; `None` if they may not. `organisation` keeps
/// the record.
#[must_use]
pub fn opens_as(
    category: Category,
    purpose: Purpose,
    standing: &Standing,
    organisation: Option<Uuid>,
) -> Option<Capacity> {
    let Handling { purpose: kept_for, readers, own, .. } = handling(category);
    let as_code = |code: &str, organisation| Capacity { acting_as: code.to_owned(), organisation };
    match purpose {
        Purpose::OwnRecord => (standing.concerned && own).then(|| as_code(OWN, None)),
        Purpose::RightsRequest => {
            standing.officer.then(|| as_code(Role::DataProtectionOfficer.code(), None))
        }
        stated if stated == kept_for => {
            let named = standing.named.iter().find(|(role, _)| readers.contains(role));
            let by_name = named.map(|(role, of)| as_code(role.code(), of.or(organisation)));
            by_name.or_else(|| standing.role.as_deref().map(|role| as_code(role, organisation)))
        }
        _ => None,
    }
}

/// A text says something, and no more than a few pages.
#[must_use]
pub fn unmet_for_text(text: &SecretString) -> Vec<Refusal> {
    lines::unmet_for_text(text.expose_secret(), "text", MAX_TEXT)
}

/// A reader reads as what the category knows, until a day to come; and by the agreed wording where that is a choice.
#[must_use]
pub fn unmet_for_reader(category: Category, new: &NewReader, today: NaiveDate) -> Vec<Refusal> {
    let Handling { readers, by_choice, .. } = handling(category);
    let invalid = |path: &str, message: &str| Refusal::at(Code::Invalid, path, message);
    let mut unmet = Vec::new();
    if !readers.contains(&new.role) {
        unmet.push(invalid("role", "nobody reads a text of this kind in this role"));
    }
    if new.until.is_some_and(|until| until <= today) {
        unmet.push(invalid("until", "must be a day to come"));
    }
    match new.consent_wording.as_deref() {
        Some(_) if !by_choice => {
            unmet.push(invalid("consentWording", "such texts are not shared by choice"));
        }
        None if by_choice => {
            unmet.push(invalid("consentWording", "name the wording that was agreed to"));
        }
        Some(wording) => unmet.extend(lines::unmet_for_line(wording, "consentWording")),
        None => {}
    }
    unmet
}

/// Nothing is written to, or shared with, a record that was merged into another. `path` names the person.
#[must_use]
pub fn unmet_for_person(is_merged: bool, path: &str) -> Vec<Refusal> {
    let merged = || Refusal::at(Code::Merged, path, "this record was merged: see personIdChanges");
    is_merged.then(merged).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing() -> [(&'static str, Standing); 6] {
        let named = |role| Standing { named: vec![(role, None)], ..Standing::default() };
        [
            ("concerned", Standing { concerned: true, ..Standing::default() }),
            ("tutor", named(ReaderRole::Tutor)),
            ("marker", named(ReaderRole::Marker)),
            ("lead", named(ReaderRole::ConcernLead)),
            ("coordinator", Standing { role: Some("PCO".to_owned()), ..Standing::default() }),
            ("officer", Standing { officer: true, ..Standing::default() }),
        ]
    }

    /// Who opens texts of `category`, and for what. The service looks for a role only where the table has one.
    fn openers(category: Category) -> Vec<String> {
        let mut found = Vec::new();
        for purpose in Purpose::ALL {
            for (who, mut standing) in standing() {
                standing.role = standing.role.filter(|_| handling(category).permission.is_some());
                if opens_as(category, *purpose, &standing, None).is_some() {
                    found.push(format!("{who} for {}", purpose.code()));
                }
            }
        }
        found
    }

    #[test]
    fn each_category_is_opened_by_those_who_need_it_for_its_purpose() {
        let [own, officer] = ["concerned for OWN_RECORD", "officer for RIGHTS_REQUEST"];
        for (category, expected) in [
            (Category::Motivation, vec!["coordinator for SELECTION", own, officer]),
            (Category::Reference, vec!["coordinator for SELECTION", officer]),
            (Category::SelectionNote, vec!["coordinator for SELECTION", officer]),
            (Category::SupportNeeds, vec!["tutor for SUPPORT", own, officer]),
            (Category::Adjustments, vec!["tutor for SUPPORT", own, officer]),
            (
                Category::Assignment,
                vec!["marker for ASSESSMENT", "lead for ASSESSMENT", own, officer],
            ),
            (Category::Concern, vec!["lead for SAFEGUARDING", officer]),
        ] {
            assert_eq!(openers(category), expected, "{category:?}");
        }
    }

    #[test]
    fn a_reader_reads_for_the_organisation_that_was_said_or_that_keeps_the_record() {
        let (keeper, employer) = (Some(Uuid::from_u128(1)), Some(Uuid::from_u128(2)));
        for (said, expected) in [(None, keeper), (employer, employer)] {
            let named = vec![(ReaderRole::Supervisor, said)];
            let standing = Standing { named, ..Standing::default() };
            let as_what =
                opens_as(Category::Adjustments, Purpose::Support, &standing, keeper).expect("yes");
            assert_eq!(
                (as_what.acting_as.as_str(), as_what.organisation),
                ("SUPERVISOR", expected)
            );
        }
    }

    #[test]
    fn a_text_says_something_within_its_bound() {
        let unmet = |text: &str| unmet_for_text(&text.into()).len();
        for good in ["x", "Zeile\nund\tmehr", &"ü".repeat(MAX_TEXT)] {
            assert_eq!(unmet(good), 0);
        }
        for bad in ["", " \n", "a\0b", &"x".repeat(MAX_TEXT + 1)] {
            assert_eq!(unmet(bad), 1);
        }
    }

    #[test]
    fn a_choice_names_its_wording_and_what_is_none_does_not() {
        let today = NaiveDate::from_ymd_opt(2026, 5, 1).expect("a day");
        let new = |role, wording: Option<&str>, until| NewReader {
            person: Uuid::nil(),
            role,
            acts_for: None,
            consent_wording: wording.map(str::to_owned),
            until,
        };
        let paths = |category, new: &NewReader| -> Vec<String> {
            let unmet = unmet_for_reader(category, new, today);
            unmet.into_iter().map(|unmet| unmet.path[1].clone()).collect()
        };
        let needs = Category::SupportNeeds;
        assert_eq!(paths(needs, &new(ReaderRole::Tutor, Some("v1"), today.succ_opt())), [""; 0]);
        assert_eq!(paths(needs, &new(ReaderRole::Tutor, None, None)), ["consentWording"]);
        assert_eq!(paths(needs, &new(ReaderRole::Tutor, Some(""), None)), ["consentWording"]);
        assert_eq!(
            paths(needs, &new(ReaderRole::Marker, Some("v1"), Some(today))),
            ["role", "until"]
        );
        let marker = new(ReaderRole::Marker, None, None);
        assert_eq!(paths(Category::Assignment, &marker), [""; 0]);
        let asked = new(ReaderRole::Marker, Some("v1"), None);
        assert_eq!(paths(Category::Assignment, &asked), ["consentWording"]);
        assert_eq!(paths(Category::Motivation, &marker), ["role"]);
    }
}
