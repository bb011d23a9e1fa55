//! What an organisation records about itself, in one place, with what it should mend.

use async_graphql::Enum;

use super::{
    DsptAssessment, DsptStatusChoice, EmployerAgreement, OrganisationContact, SupervisionOffer,
    in_force_today, partners,
};
use crate::actor::Permission;
use crate::employer::model;
use crate::organisation::graphql::Organisation;
use crate::read::declaration::{
    EVERYONE, Filter, Kind, Rows, Way, boolean, choice, date, id, list_through, one, page, text,
};
use crate::readable;

/// What the Data Security and Protection Toolkit says of an organisation on a day.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "DsptStanding", remote = "model::DsptStanding")]
pub enum DsptStandingChoice {
    /// A published status counts.
    Current,
    /// It counts for 90 days more at most.
    Expiring,
    /// The last one no longer counts.
    Lapsed,
    /// None was published.
    Missing,
}

/// Something that an organisation should mend, and that stops nothing. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "SupportWarningKind", remote = "model::Warning")]
pub enum SupportWarningKind {
    /// The status in the toolkit expires within 90 days.
    DsptExpiring,
    /// The status in the toolkit has lapsed.
    DsptLapsed,
    /// No status in the toolkit is recorded.
    DsptMissing,
    /// The standards of the toolkit are not met.
    DsptNotMet,
    /// An agreement is in force and nobody is named for safeguarding.
    SafeguardingContactMissing,
    /// An agreement is in force and nobody is named for supervision.
    SupervisionContactMissing,
}

/// A value of that which counts, of what the organisation published by the day.
macro_rules! counting {
    ($value:literal, $organisation:literal, $day:literal) => {
        concat!(
            "(select ",
            $value,
            " from dspt_assessment d where d.organisation_id = ",
            $organisation,
            " and d.published_on <= ",
            $day,
            " order by d.expires_on desc, d.id desc limit 1)"
        )
    };
}

/// What the toolkit says of the organisation on the day: the rule in `rules::dspt_standing`.
macro_rules! standing {
    ($organisation:literal, $day:literal) => {
        concat!(
            "coalesce((select case when d.expires_on < ",
            $day,
            " then 'LAPSED' when d.expiring_from <= ",
            $day,
            " then 'EXPIRING' else 'CURRENT' end from dspt_assessment d where d.organisation_id = ",
            $organisation,
            " and d.published_on <= ",
            $day,
            " order by d.expires_on desc, d.id desc limit 1), 'MISSING')"
        )
    };
}

/// An agreement of the organisation is in force today.
macro_rules! in_agreement {
    ($organisation:literal) => {
        concat!(
            "exists (select 1 from employer_agreement a where (a.organisation_id = ",
            $organisation,
            " or a.host_id = ",
            $organisation,
            ") and ",
            in_force_today!(),
            ")"
        )
    };
}

/// The warnings `t` that apply to the organisation `l` today: the rule in `rules::warnings`.
const APPLIES: &str = concat!(
    "organisation l on (t.kind = 'DSPT_' || ",
    standing!("l.id", "{today}"),
    " or (t.kind = 'DSPT_NOT_MET' and ",
    counting!("d.status", "l.id", "{today}"),
    " = 'STANDARDS_NOT_MET')",
    " or (t.kind in ('SAFEGUARDING_CONTACT_MISSING','SUPERVISION_CONTACT_MISSING') and ",
    in_agreement!("l.id"),
    " and not exists (select 1 from organisation_contact c where c.organisation_id = l.id ",
    "and c.purpose || '_CONTACT_MISSING' = t.kind and c.valid_from <= {today} ",
    "and (c.valid_to is null or c.valid_to > {today}))))"
);

/// Who sees what an organisation records about itself.
const OF_SUPPORT: &[Way] = &{
    let [hosts, hosted] = partners!("t.id", SeeEmployers);
    [
        Way::Nation(Permission::SeeEmployers),
        Way::Organisation("t.id", Permission::SeeEmployers),
        hosts,
        hosted,
    ]
};

readable! {
    /// What an organisation records about itself for those with whom it works: agreements, contacts, offers of
    /// supervision, the Data Security and Protection Toolkit, and what it should mend.
    pub OrganisationSupport = Rows::of("organisation", "osu")
        .visible_to(OF_SUPPORT)
        .filters(&[Filter {
            name: "organisationId",
            description: "The organisation.",
            sql: "t.id",
            kind: Kind::Id("org"),
        }])
        .ordered_by("organisationName");
    /// The id, of the organisation's own digits.
    id: id("osu"),
    /// The organisation.
    organisation: one::<Organisation>("t.id"),
    /// The legal name of the organisation today.
    organisationName: text("t.name").ordered(),
    /// Whether you see an agreement of it that is in force today.
    hasAgreementInForce: boolean(in_agreement!("t.id")).filtered(),
    /// What the toolkit says of it on the day asked about.
    dsptStanding: choice::<DsptStandingChoice>(standing!("t.id", "{asOf}")).filtered(),
    /// The status that counts, of those published by the day asked about; null if there is none.
    dsptStatus: choice::<DsptStatusChoice>(counting!("d.status", "t.id", "{asOf}")).nullable().filtered(),
    /// The last day on which that status counts; null if there is none.
    dsptExpiresOn: date(counting!("d.expires_on", "t.id", "{asOf}")).nullable().filtered().ordered(),
    /// What it published in the toolkit, year by year.
    dsptAssessments: page::<DsptAssessment>("t.organisation_id = {parent}"),
    /// Whom to ask there.
    contacts: page::<OrganisationContact>("t.organisation_id = {parent}").dated(),
    /// Its agreements, of which others see those with themselves.
    agreements: page::<EmployerAgreement>("(t.organisation_id = {parent} or t.host_id = {parent})").dated(),
    /// The supervision that it offers.
    supervisionOffers: page::<SupervisionOffer>("t.organisation_id = {parent}").dated(),
    /// What it should mend today. Nothing of it stops anything.
    warnings: list_through::<SupportWarning>(10, "t.id", APPLIES, "l.id = {parent}"),
}

readable! {
    /// Something that an organisation should mend.
    pub SupportWarning = Rows::of("support_warning", "swa").visible_to(EVERYONE).ordered_by("kind");
    /// The id of what is warned of, the same for all organisations.
    id: id("swa"),
    /// What it is.
    kind: choice::<SupportWarningKind>("t.kind").ordered(),
    /// It in words.
    message: text("t.message"),
}
