//! Variations: other terms of a granted licence, for a period of their own (LIC-6).

use chrono::NaiveDate;

use super::bounds::Variation;
use super::decisions::NewDecision;
use super::impacts;
use super::model::{Licence, Standing};
use super::parts::{DecisionKind, Granted, VariationTerms};
use super::rules;
use super::service::{At, Changed, Desk, not_found};
use crate::actor::Permission;
use crate::calendar::Period;
use crate::command::{Stop, Unit, refuse_any};
use crate::db::DbFault;
use crate::organisation::rules::{MAX_TEXT, unmet_for_text};
use crate::programme::kind::ProgrammeType;
use crate::refusal::{Code, Refusal};

/// Proposes other terms for a period; another officer or a quality lead confirms them.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn propose(
    unit: &Unit,
    at: At,
    terms: VariationTerms,
    reason: &str,
) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at(unit, Permission::ReviewLicences, at).await?;
    let account = desk.account()?;
    let mut unmet = speaks_against(&desk, &before, &terms, unit.today()).await?;
    unmet.extend(unmet_for_text(reason, "reason", MAX_TEXT));
    refuse_any(unmet)?;
    desk.store.drop_proposal(at.id).await?;
    let new = NewDecision {
        kind: DecisionKind::Variation,
        reason,
        summary: summary(&terms),
        terms: Some(serde_json::to_string(&terms).unwrap_or_default()),
        by: account,
        role: &desk.acting_as,
    };
    desk.store.decide(&before, new).await?;
    let action = "licence.variation_proposed";
    desk.save(action, &before, before.clone(), &["decisions"], Some(reason)).await?;
    Ok(Changed { id: at.id, impact: told(&desk, &before, &terms).await? })
}

/// Confirms a proposed variation.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn confirm(unit: &Unit, at: At) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at(unit, Permission::DecideLicences, at).await?;
    let account = desk.account()?;
    let proposal = desk.store.proposal(at.id).await?;
    let by = (account, desk.acting_as.as_str());
    let mut unmet = rules::unmet_for_confirmation(proposal.as_ref(), DecisionKind::Variation, by);
    unmet.extend(desk.unmet_for_proposer(proposal.as_ref()).await?);
    let terms: Option<VariationTerms> = proposal
        .as_ref()
        .filter(|proposal| proposal.kind == DecisionKind::Variation)
        .and_then(|proposal| serde_json::from_str(proposal.terms.as_deref()?).ok());
    let (Some(proposal), Some(terms)) = (proposal, terms) else {
        refuse_any(unmet)?;
        return Err(DbFault::unreadable("licence_decision.terms").into());
    };
    // The proposal says it: the input names no such field.
    let against = speaks_against(&desk, &before, &terms, proposal.proposed_on).await?;
    unmet.extend(against.into_iter().map(Refusal::of_all));
    refuse_any(unmet)?;
    desk.store.confirm(proposal.id, account, &desk.acting_as).await?;
    desk.store.add_variation(&before, proposal.id, &terms).await?;
    if let Some(types) = terms.programme_types() {
        license_for(&desk, &before, &types, (terms.from, terms.to)).await?;
    }
    let facts = ["variations", "programmes", "decisions"];
    let reason = Some(proposal.reason.as_str());
    desk.save("licence.varied", &before, before.clone(), &facts, reason).await?;
    Ok(Changed { id: at.id, impact: told(&desk, &before, &terms).await? })
}

/// Everything that speaks against a variation; `day` is that of its proposal.
async fn speaks_against(
    desk: &Desk<'_>,
    licence: &Licence,
    terms: &VariationTerms,
    day: NaiveDate,
) -> Result<Vec<Refusal>, Stop> {
    let standing = desk.standing(licence);
    let in_force = matches!(standing, Standing::Granted | Standing::Active | Standing::Expiring);
    let Some(term) = licence.term.filter(|_| in_force) else {
        let message = "the terms of a licence vary while it is granted and in force: a suspended one is reinstated \
                       first, one in grace or past its end renewed";
        return Ok(vec![Refusal::at(Code::Conflict, "", message)]);
    };
    let (types, days) = (terms.programme_types(), (terms.from, terms.to));
    let bounds = (terms.max_concurrent_courses, terms.max_trainees_per_course);
    let changes =
        types.is_some() || terms.tier.is_some() || bounds.0.is_some() || bounds.1.is_some();
    let mut unmet = rules::unmet_for_variation(days, (term.from, term.to), day, changes);
    unmet.extend(rules::unmet_for_bounds(bounds.0, bounds.1));
    unmet.extend(rules::unmet_for_varied_tier(terms.tier(), licence.readiness.as_ref()));
    if let Some(tier) = terms.tier() {
        let holder = desk.store.holder(licence.organisation_id).await?.ok_or_else(not_found)?;
        unmet.extend(rules::unmet_for_delivery((holder.delivers, tier)));
    }
    let Ok(period) = Period::new(Some(days.0), Some(days.1)) else { return Ok(unmet) };
    let varied = desk.store.variations(licence.id).await?;
    let meets = |other: &Variation| {
        Period::new(Some(other.from), Some(other.to)).is_ok_and(|other| other.overlaps(&period))
    };
    if varied.iter().any(meets) {
        let message =
            "another variation holds on some of these days: choose days before or after it";
        unmet.push(Refusal::at(Code::Conflict, "validFrom", message));
    }
    if let Some(types) = types {
        unmet.extend(rules::unmet_for_types(&types));
        let mut others = desk.store.granted(licence.organisation_id).await?;
        others.retain(|other| other.licence_id != licence.id);
        let wanted: Vec<_> = types.iter().map(|ty| (*ty, period)).collect();
        unmet.extend(rules::unmet_for_one_at_a_time(&wanted, &others));
    }
    Ok(unmet)
}

/// Licenses the holder for exactly these programme types on these days, and as before on the others.
async fn license_for(
    desk: &Desk<'_>,
    licence: &Licence,
    types: &[ProgrammeType],
    (from, to): (NaiveDate, NaiveDate),
) -> Result<(), Stop> {
    let mut held = desk.store.granted(licence.organisation_id).await?;
    held.retain(|granted| {
        granted.licence_id == licence.id && granted.from < to && from < granted.to
    });
    for granted in &held {
        if !types.contains(&granted.programme_type) {
            desk.store.cut(granted, from.max(granted.from), None).await?;
            if to < granted.to {
                desk.store.grant(licence, granted.programme_type, (to, granted.to)).await?;
            }
        }
    }
    for ty in types {
        for days in uncovered(*ty, &held, (from, to)) {
            desk.store.grant(licence, *ty, days).await?;
        }
    }
    Ok(())
}

/// The days from `from` to before `to` on which `held`, in the order of its days, does not name the type.
fn uncovered(
    ty: ProgrammeType,
    held: &[Granted],
    (from, to): (NaiveDate, NaiveDate),
) -> Vec<(NaiveDate, NaiveDate)> {
    let (mut days, mut at) = (Vec::new(), from);
    for granted in held.iter().filter(|granted| granted.programme_type == ty) {
        if at < granted.from {
            days.push((at, granted.from));
        }
        at = at.max(granted.to);
    }
    if at < to {
        days.push((at, to));
    }
    days
}

/// What a variation says, and what it breaks.
async fn told(
    desk: &Desk<'_>,
    licence: &Licence,
    terms: &VariationTerms,
) -> Result<Vec<String>, Stop> {
    let courses = desk.store.open_courses(licence.id).await?;
    let mut told = vec![summary(terms)];
    told.extend(impacts::told_of_variation(terms, &courses));
    Ok(told)
}

/// What a variation says, in words.
fn summary(terms: &VariationTerms) -> String {
    let mut words = format!("from {} to before {}", terms.from, terms.to);
    if let Some(tier) = &terms.tier {
        words.push_str(&format!("; tier {tier}"));
    }
    if let Some(types) = &terms.programme_types {
        words.push_str(&format!("; licensed for {}", types.join(", ")));
    }
    if let Some(courses) = terms.max_concurrent_courses {
        words.push_str(&format!("; at most {courses} courses at once"));
    }
    if let Some(trainees) = terms.max_trainees_per_course {
        words.push_str(&format!("; at most {trainees} trainees in a course"));
    }
    words
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn day(number: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, number).unwrap()
    }

    fn held(ty: ProgrammeType, from: u32, to: u32) -> Granted {
        let (id, licence_id) = (Uuid::nil(), Uuid::nil());
        let (from, to) = (day(from), day(to));
        Granted { id, licence_id, number: None, programme_type: ty, from, to }
    }

    #[test]
    fn the_days_that_are_not_covered_lie_before_between_and_after() {
        let ty = ProgrammeType::Volunteer;
        let gaps = |held: &[Granted]| uncovered(ty, held, (day(5), day(20)));
        assert_eq!(gaps(&[]), [(day(5), day(20))]);
        assert_eq!(gaps(&[held(ty, 1, 31)]), []);
        assert_eq!(
            gaps(&[held(ty, 6, 8), held(ty, 10, 12)]),
            [(day(5), day(6)), (day(8), day(10)), (day(12), day(20))]
        );
        assert_eq!(gaps(&[held(ProgrammeType::Specialist, 1, 31)]), [(day(5), day(20))]);
    }
}
