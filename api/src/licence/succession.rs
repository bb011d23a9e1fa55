//! What becomes of licences when their holder ends: they are superseded, and may be bridged.

use chrono::NaiveDate;
use uuid::Uuid;

use super::applications::take_back;
use super::bounds::{Bounds, bridged_bounds};
use super::model::{Command, Licence, Standing, State, standing};
use super::parts::Granted;
use super::rules::{self, Ended, terms};
use super::service::{Changed, Desk, Retirement, called, not_found};
use super::store::Licences;
use crate::actor::Permission;
use crate::actor::service::acts_for_any;
use crate::calendar::Period;
use crate::command::{Stop, Unit, refuse_any};
use crate::course::service::succession::bridge as bridge_courses;
use crate::organisation::model::Status;
use crate::organisation::rules::{MAX_TEXT, unmet_for_own_organisation, unmet_for_text};
use crate::organisation::store::Organisations;
use crate::programme::kind::ProgrammeType;
use crate::refusal::{Code, Refusal};

/// The licences and applications of an organisation that is about to end, locked.
pub struct Holdings<'a> {
    unit: &'a Unit,
    licences: Vec<Licence>,
    latest: Option<NaiveDate>,
}

impl<'a> Holdings<'a> {
    /// Those of `organisation`, which is locked already.
    ///
    /// # Errors
    ///
    /// What the database answers.
    pub async fn of(unit: &'a Unit, organisation: Uuid) -> Result<Self, Stop> {
        let store = Licences::of(unit);
        let licences = store.lock_all(organisation).await?;
        let mut latest = None;
        for licence in licences.iter().filter(|licence| licence.state.is_live()) {
            latest = latest.max(store.state_since(licence.id).await?);
        }
        Ok(Self { unit, licences, latest })
    }

    /// The licences that are live on the day `on` or begin later.
    fn live(&self, on: NaiveDate) -> impl Iterator<Item = &Licence> {
        let in_term = move |licence: &&Licence| {
            let grace = licence.renewal_in_review(on);
            licence.term.is_some_and(|term| on < if grace { term.grace_to } else { term.to })
        };
        self.licences.iter().filter(|licence| licence.state.is_live()).filter(in_term)
    }

    /// ORG-3: what speaks against the end of the organisation on this day.
    #[must_use]
    pub fn unmet_for_end(&self, (on, path): (NaiveDate, &str), succeeded: bool) -> Vec<Refusal> {
        let mut unmet = Vec::new();
        if !succeeded {
            let numbers: Vec<String> = self.live(on).map(|l| called(l).to_owned()).collect();
            unmet.extend(rules::unmet_for_closing(&numbers));
        }
        if let Some(latest) = self.latest.filter(|latest| on < *latest) {
            let message = format!("choose {latest} or later: a licence changed on that day");
            unmet.push(Refusal::at(Code::DateBeforeRecordedFact, path, message));
        }
        unmet
    }

    /// Supersedes what is live and takes open applications back; says what follows.
    ///
    /// # Errors
    ///
    /// What the database answers.
    pub async fn end(&self, acting_as: &str, on: NaiveDate) -> Result<Vec<String>, Stop> {
        let desk = Desk::of(self.unit, acting_as.to_owned());
        let mut impact = Vec::new();
        let open = self.licences.iter().filter(|licence| licence.state.is_open_application());
        for application in open {
            take_back(&desk, application).await?;
            impact.push("an application for a licence is withdrawn".to_owned());
        }
        for licence in self.live(on) {
            // An application to renew it was taken back just now, and changed it.
            let present = desk.store.lock(licence.id).await?.ok_or_else(not_found)?;
            let with = Retirement::by("licence.superseded");
            desk.retire(&present, Command::Supersede, on, with).await?;
            impact.push(format!(
                "{} is superseded on {on}; no licence passes on by itself",
                called(licence)
            ));
        }
        Ok(impact)
    }
}

/// Licences to be bridged.
#[derive(Clone, Debug)]
pub struct Bridge {
    /// Who followed their holders.
    pub organisation: Uuid,
    /// The licences that the succession superseded.
    pub licences: Vec<Uuid>,
    /// Why.
    pub reason: String,
}

/// Gives an organisation a licence for 90 days from the succession on, in place of those that it ended.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn bridge(unit: &Unit, new: Bridge) -> Result<Changed, Stop> {
    let desk = Desk::of_the_nation(unit, Permission::ReviewLicences)?;
    desk.account()?;
    let ended = locked(&desk, &new).await?;
    let mut bodies: Vec<Uuid> = ended.iter().map(|licence| licence.organisation_id).collect();
    bodies.push(new.organisation);
    refuse_any(unmet_for_own_organisation(acts_for_any(unit, &bodies).await?))?;
    let successions = desk.store.successions_into(new.organisation).await?;
    let own = desk.store.lock_all(new.organisation).await?;
    let suspended = own.iter().any(|licence| desk.standing(licence) == Standing::Suspended);
    let facts: Vec<Ended> = ended.iter().map(facts_of).collect();
    let on = ended.first().and_then(|licence| licence.ended_on).unwrap_or_default();
    let bridges: Vec<&Licence> = own.iter().filter(|licence| is_bridge_from(licence, on)).collect();
    let bridged = desk.store.bridged_by(&bridges).await?;
    let before = (bridged.as_slice(), suspended);
    let mut unmet = rules::unmet_for_bridge(&facts, &successions, before, unit.today());
    unmet.extend(unmet_for_text(&new.reason, "reason", MAX_TEXT));
    let holder = desk.store.holder(new.organisation).await?.ok_or_else(not_found)?;
    if holder.status != Status::Active {
        let message = "the organisation must be active in the network";
        unmet.push(Refusal::at(Code::OrganisationNotActive, "organisationId", message));
    }
    let (mut types, mut under) = (types_of(&desk, &ended, on).await?, Vec::new());
    if types.is_empty() && unmet.is_empty() {
        let message = "the licences were for nothing on the day before the succession";
        unmet.push(Refusal::at(Code::NotBridgeable, "licenceIds", message));
    }
    let until = terms::days_after(on, terms::BRIDGE_DAYS);
    if let Ok(period) = Period::new(Some(on), Some(until)) {
        let (held, others): (Vec<_>, Vec<_>) = desk
            .store
            .granted(new.organisation)
            .await?
            .into_iter()
            .partition(|held| bridges.iter().any(|bridge| bridge.id == held.licence_id));
        // What an earlier bridge of this succession is for stays with it.
        types.retain(|ty| !held.iter().any(|held| held.programme_type == *ty));
        under.extend(held.iter().filter_map(|held| {
            let of = |bridge: &&&Licence| bridge.id == held.licence_id;
            Some((held.programme_type, (*bridges.iter().find(of)?).clone()))
        }));
        let wanted: Vec<_> = types.iter().map(|ty| (*ty, period)).collect();
        unmet.extend(rules::unmet_for_one_at_a_time(&wanted, &others));
    }
    refuse_any(unmet)?;
    match bridges.first() {
        Some(bridge) if types.is_empty() => {
            let mut impact = vec![format!("{} is for the same and bridges them", called(bridge))];
            impact.extend(succeed(&desk, &new, &ended, (bridge, &under)).await?);
            Ok(Changed { id: bridge.id, impact })
        }
        _ => build(&desk, &new, &ended, (&types, under), (on, until)).await,
    }
}

/// Whether a licence bridges those that ended on a day, and is still in force.
fn is_bridge_from(licence: &Licence, on: NaiveDate) -> bool {
    let begins = licence.term.is_some_and(|term| term.from == on);
    licence.bridging && licence.state.is_live() && begins
}

/// The licence takes the place of those that ended; each of their courses goes on under the bridge that is for
/// its type.
async fn succeed(
    desk: &Desk<'_>,
    new: &Bridge,
    ended: &[Licence],
    (licence, under): (&Licence, &[(ProgrammeType, Licence)]),
) -> Result<Vec<String>, Stop> {
    for before in ended {
        let after = Licence { succeeded_by_id: Some(licence.id), ..before.clone() };
        desk.save("licence.succeeded", before, after, &[], Some(&new.reason)).await?;
    }
    let ids: Vec<Uuid> = ended.iter().map(|licence| licence.id).collect();
    bridge_courses(desk.unit, &desk.acting_as, (&ids, new.organisation), under).await
}

/// The named licences, locked behind their holders and the successor.
async fn locked(desk: &Desk<'_>, new: &Bridge) -> Result<Vec<Licence>, Stop> {
    let missing = |path| Stop::from(Refusal::at(Code::NotFound, path, "nothing with this id"));
    let mut ids = new.licences.clone();
    ids.sort_unstable();
    ids.dedup();
    let mut holders = vec![new.organisation];
    for id in &ids {
        let found = desk.store.find(*id).await?.ok_or_else(|| missing("licenceIds"))?;
        holders.push(found.organisation_id);
    }
    holders.sort_unstable();
    holders.dedup();
    for holder in holders {
        let found = Organisations::of(desk.unit).lock(holder).await?;
        found.ok_or_else(|| missing("organisationId"))?;
    }
    let mut licences = Vec::new();
    for id in ids {
        licences.push(desk.store.lock(id).await?.ok_or_else(|| missing("licenceIds"))?);
    }
    Ok(licences)
}

fn facts_of(licence: &Licence) -> Ended {
    let on = licence.ended_on.unwrap_or_default();
    let stood = standing(State::Granted, licence.term, licence.renewal_in_review(on), on);
    Ended {
        holder: licence.organisation_id,
        state: licence.state,
        ended_on: licence.ended_on,
        suspended: licence.suspended_on.is_some(),
        was_in_force: stood.allows_new_starts() || stood == Standing::Grace,
        outcome: licence.readiness.as_ref().map(|found| found.outcome),
        bridged: licence.succeeded_by_id.is_some(),
    }
}

/// What the licences were for up to the day on which they ended.
async fn types_of(
    desk: &Desk<'_>,
    ended: &[Licence],
    on: NaiveDate,
) -> Result<Vec<ProgrammeType>, Stop> {
    let mut types = Vec::new();
    for licence in ended {
        let granted = desk.store.granted(licence.organisation_id).await?;
        let last = |granted: &&Granted| granted.licence_id == licence.id && granted.to == on;
        for granted in granted.iter().filter(last) {
            if !types.contains(&granted.programme_type) {
                types.push(granted.programme_type);
            }
        }
    }
    Ok(types)
}

async fn build(
    desk: &Desk<'_>,
    new: &Bridge,
    ended: &[Licence],
    (types, mut under): (&[ProgrammeType], Vec<(ProgrammeType, Licence)>),
    (on, until): (NaiveDate, NaiveDate),
) -> Result<Changed, Stop> {
    let unit = desk.unit;
    let bounds = bounds_of(desk, ended, (on, until)).await?;
    let oldest = ended.iter().filter_map(|licence| licence.readiness.clone());
    let readiness = oldest.min_by_key(|found| found.validated_on);
    let licence = Licence {
        id: unit.id(),
        organisation_id: new.organisation,
        number: Some(desk.store.next_number().await?),
        tier: bounds.tier,
        approves_own_courses: ended.iter().all(|licence| licence.approves_own_courses),
        max_concurrent_courses: bounds.max_concurrent_courses,
        max_trainees_per_course: bounds.max_trainees_per_course,
        state: State::Granted,
        renews_id: None,
        bridging: true,
        readiness,
        submitted_on: None,
        submitted_by: None,
        decided_on: Some(unit.today()),
        term: Some(terms::term(on, until)),
        renewal_from: None,
        renewal_to: None,
        suspended_on: None,
        ended_on: None,
        public_reason: None,
        teach_out_plan: None,
        succeeded_by_id: None,
        created_at: unit.now(),
        updated_at: unit.now(),
        version: 1,
    };
    desk.store.insert(&licence).await?;
    for ty in types {
        desk.store.grant(&licence, *ty, (on, until)).await?;
    }
    desk.store.enter_state(&licence, on).await?;
    desk.record("licence.bridged", None, &licence, &["programmes"], Some(&new.reason));
    desk.lead_credential(&licence).await?;
    let codes: Vec<&str> = types.iter().map(|ty| ty.code()).collect();
    under.extend(types.iter().map(|ty| (*ty, licence.clone())));
    let courses = succeed(desk, new, ended, (&licence, &under)).await?;
    let mut impact = vec![
        format!("{} bridges from {on} to before {until}", called(&licence)),
        format!("it is for {}", codes.join(", ")),
        "the organisation has to apply for a licence of its own before that day".to_owned(),
    ];
    impact.extend(courses);
    Ok(Changed { id: licence.id, impact })
}

/// What the bridge of these licences lets its holder do.
async fn bounds_of(
    desk: &Desk<'_>,
    ended: &[Licence],
    (on, until): (NaiveDate, NaiveDate),
) -> Result<Bounds, Stop> {
    let mut allowed = Vec::new();
    for licence in ended {
        let to = licence.term.map_or(on, |term| term.to);
        allowed.push((desk.store.allowed(licence).await?, to));
    }
    bridged_bounds(&allowed, on, until).ok_or_else(not_found)
}
