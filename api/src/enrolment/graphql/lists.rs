//! Lists of people as they can be read in, and what trainees tick off.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use serde::Serialize;

use super::enrolling::parts;
use super::{ABOUT, Enrolment, FILTERS, OF_ENROLMENT, listing};
use crate::actor::Permission;
use crate::course::graphql::Course;
use crate::enrolment::{importing, preparation};
use crate::graphql::mutate::{Asked, ids_of};
use crate::graphql::payload::Payload;
use crate::graphql::visible;
use crate::programme::graphql::ProgrammeModule;
use crate::read::declaration::{
    Rows, Way, boolean, choice, date, id, instant, int, list, one, text,
};
use crate::{mutations, readable};

/// What became of a row of a list. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "importing::RowOutcome")]
pub enum EnrolmentImportOutcome {
    /// The person has the place.
    Placed,
    /// The person has a place of this kind already: the national team decides.
    Held,
    /// Something speaks against it.
    Refused,
}

/// What was done for a module. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(remote = "preparation::PreparationKind")]
pub enum PreparationKind {
    /// What is to be prepared.
    Preparation,
    /// What is to be read.
    Reading,
}

readable! {
    /// A list of people who were given places at once.
    pub EnrolmentImport = Rows::of("enrolment_import", "eim")
        .visible_to(&[
            Way::Nation(Permission::SeeEnrolments),
            Way::Organisation("t.organisation_id", Permission::SeeEnrolments),
        ])
        .filters(FILTERS)
        .ordered_by("madeAt");
    /// The id of the list.
    id: id("eim"),
    /// The course.
    course: one::<Course>("t.course_id").nullable(),
    /// Whether rows were left out against which something spoke.
    isPartial: boolean("t.partial"),
    /// How many have a place.
    placed: int("t.placed"),
    /// How many are held for national review.
    held: int("t.held"),
    /// How many were refused.
    refused: int("t.refused"),
    /// What became of each row, in their order.
    rows: list::<EnrolmentImportRow>(500, "t.import_id = {parent}"),
    /// When it was read in.
    madeAt: instant("t.made_at").ordered(),
    /// Counts its changes: a list is written once.
    version: int("1"),
}

readable! {
    /// What became of a row of a list.
    pub EnrolmentImportRow = Rows::of("enrolment_import_row", "eir")
        .visible_to(&[
            Way::Nation(Permission::SeeEnrolments),
            Way::Organisation("t.organisation_id", Permission::SeeEnrolments),
        ])
        .ordered_by("number");
    /// The id of the row.
    id: id("eir"),
    /// Its number in the list, from 1; the line of names does not count.
    number: int("t.number").ordered(),
    /// What became of it.
    outcome: choice::<EnrolmentImportOutcome>("t.outcome"),
    /// The enrolment; null where it was refused.
    enrolment: one::<Enrolment>("t.enrolment_id").nullable(),
    /// The code of what spoke against it first.
    code: text("t.code").nullable(),
    /// The field that it concerns.
    field: text("t.field").nullable(),
    /// What to do next.
    message: text("t.message").nullable(),
}

readable! {
    /// What a trainee ticked off as prepared or read for a module.
    pub ModulePreparation = Rows::of("module_preparation", "mpr").visible_to(OF_ENROLMENT).about(ABOUT).ordered_by("doneOn");
    /// The id of the tick.
    id: id("mpr"),
    /// The module, where you see its programme.
    module: one::<ProgrammeModule>("t.module_id").nullable(),
    /// What was done.
    kind: choice::<PreparationKind>("t.kind"),
    /// On which day it was ticked off.
    doneOn: date("t.done_on").ordered(),
}

mutations! {
    EnrolmentImportCreate by EnrolPeople -> enrolmentImport: EnrolmentImport,
        [AlreadyEnrolled, CapacityExceeded, CourseTakesNobody, LicenceNotActive, Merged, NoFundedPlace, NotCovered,
         OrganisationNotActive, SeparationOfDuties, SponsorRequired, UnderAge];
    PreparationTick by SignedIn -> enrolment: Enrolment, [Merged, Unchanged];
}

/// A list of people who are to have places.
#[derive(InputObject, Clone, Serialize)]
pub struct EnrolmentImportCreateInput {
    /// The course.
    course_id: ID,
    /// Comma-separated values, at most 500 rows below a line of names: person_id or employee_ref, funding_basis,
    /// sponsor_id, from.
    csv: String,
    /// Whether rows against which something speaks are left out, and told; without it nobody gets a place unless all do.
    #[graphql(default)]
    partial: bool,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// What a trainee prepared or read.
#[derive(InputObject, Clone, Serialize)]
pub struct PreparationTickInput {
    /// Your enrolment.
    enrolment_id: ID,
    /// The module.
    module_id: ID,
    /// What you did for it.
    kind: PreparationKind,
    /// False takes it back.
    #[graphql(default = true)]
    done: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Mutations of lists, and of what trainees tick off.
#[derive(Default)]
pub struct ListMutations;

#[Object]
impl ListMutations {
    /// Gives many people places on a course at once. Everything that speaks against a row is told under `rows` and its
    /// number; with `partial` the others get their places, and what became of each row is kept.
    #[graphql(visible = "visible::enrol_people")]
    async fn enrolment_import_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The list.")] input: EnrolmentImportCreateInput,
    ) -> Result<Payload<EnrolmentImportCreate>> {
        let asked = Asked::new("enrolmentImportCreate", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let course = ids_of("crs", "courseId", &input.course_id)?;
        let rows = match listing::rows(&input.csv) {
            Ok(rows) => rows,
            Err(refusal) => return Ok(Payload::refused(vec![refusal])),
        };
        let partial = input.partial;
        asked
            .run(ctx, parts, move |unit| {
                let rows = rows.clone();
                Box::pin(async move { importing::import(unit, course, &rows, partial).await })
            })
            .await
    }

    /// Ticks off what you prepared or read for a module of your course, or takes that back.
    async fn preparation_tick(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What you did.")] input: PreparationTickInput,
    ) -> Result<Payload<PreparationTick>> {
        let asked = Asked::new("preparationTick", &input, input.idempotency_key.as_ref());
        let enrolment = ids_of("enr", "enrolmentId", &input.enrolment_id)?;
        let what = (ids_of("mdl", "moduleId", &input.module_id)?, input.kind.into());
        let done = input.done;
        asked
            .run(ctx, parts, move |unit| Box::pin(preparation::tick(unit, enrolment, what, done)))
            .await
    }
}
