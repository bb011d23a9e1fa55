//! Fictional curricula, so that courses of every usual type can run.
//!
//! They are versions of programmes that came with the service, and say in their source and in the title
//! of each module that they are fictional.

use uuid::Uuid;

use super::{DemoError, holder, network, step};
use crate::command::{Stop, Unit};
use crate::core::Core;
use crate::db::Access;
use crate::programme::kind::ProgrammeType;
use crate::programme::model::{
    AttendanceBasis, Catalogue, Depth, Gap, GraduationRule, Mapping, Module, Number, Outline,
};
use crate::programme::publication;
use crate::programme::service::{self, Amendment, NewProgramme};
use crate::programme::store::Programmes;

/// The number of every fictional version.
const NUMBER: &str = "1.0.0";

/// The set that the first curriculum claims.
const FRAMEWORK: &str = "HEE_PSW_FRAMEWORK@2020-10";

/// One fictional curriculum: programme, its type, weeks, days, modules and taught minutes of each, whether it
/// claims the framework.
struct Sketch(&'static str, ProgrammeType, [i32; 4], bool);

const CURRICULA: [Sketch; 4] = [
    Sketch("PSW-10-WEEKS", ProgrammeType::PeerSupportWorker, [10, 8, 16, 150], true),
    Sketch("SUPERVISOR", ProgrammeType::Supervisor, [3, 3, 6, 150], false),
    Sketch("VOLUNTEER-4-WEEKS", ProgrammeType::Volunteer, [4, 5, 15, 90], false),
    Sketch("FAMILY-AMBASSADOR", ProgrammeType::FamilyAmbassador, [5, 5, 10, 120], false),
];

/// Makes what is missing; says how many curricula were published.
pub(super) async fn build(core: &Core) -> Result<usize, DemoError> {
    let mut made = 0;
    for sketch in &CURRICULA {
        if let Some(programme) = missing(core, sketch.0).await? {
            step(core, sketch.0, move |unit| Box::pin(publish(unit, programme, sketch))).await?;
            made += 1;
        }
    }
    own_draft(core).await?;
    Ok(made)
}

/// The programme, if it lacks the fictional version.
async fn missing(core: &Core, code: &str) -> Result<Option<Uuid>, DemoError> {
    let (programme, version) = numbered(core, code).await?;
    Ok(programme.filter(|_| version.is_none()))
}

/// The fictional version for a programme type.
pub(super) async fn version_for(core: &Core, ty: ProgrammeType) -> Result<Option<Uuid>, DemoError> {
    match CURRICULA.iter().find(|sketch| sketch.1 == ty) {
        Some(sketch) => Ok(numbered(core, sketch.0).await?.1),
        None => Ok(None),
    }
}

/// A programme and its fictional version, as far as they are there.
async fn numbered(core: &Core, code: &str) -> Result<(Option<Uuid>, Option<Uuid>), DemoError> {
    let (tx, _) = core.begin(Access::Read, crate::actor::Identity::System("demo")).await?;
    let store = Programmes::within(&tx);
    let found = async {
        let Some(programme) = store.programme_by_code(None, code).await? else {
            return Ok((None, None));
        };
        let Some(number) = Number::parse(NUMBER) else { return Ok((None, None)) };
        let version = store.version_numbered(programme.id, number).await?;
        Ok::<_, Stop>((Some(programme.id), version.map(|version| version.id)))
    };
    let found = found.await;
    tx.rollback().await;
    match found {
        Ok(found) => Ok(found),
        Err(Stop::Db(fault)) => Err(fault.into()),
        Err(Stop::Refused(_)) => Ok((None, None)),
    }
}

async fn publish(unit: &Unit, programme: Uuid, sketch: &Sketch) -> Result<Uuid, Stop> {
    let catalogue = Programmes::of(unit).catalogue().await?;
    let id = service::draft(unit, programme, NUMBER, None).await?.id;
    service::set_modules(unit, id, 1, modules(sketch)).await?;
    let mut version = 2;
    if sketch.3 {
        version = map(unit, id, version, &catalogue).await?;
    }
    service::amend(unit, id, version, amendment(unit, sketch, &catalogue)).await?;
    publication::publish(unit, id, version + 1).await?;
    Ok(id)
}

fn modules(sketch: &Sketch) -> Vec<Module> {
    let Sketch(_, _, [_, _, count, minutes], _) = *sketch;
    let module = |number| Module {
        number,
        title: Some(format!("Fictional module {number}")),
        block: None,
        taught_minutes: Some(minutes),
        prep_minutes: Some(60),
        mandatory: number == 1,
        reading_list: None,
        requires: Vec::new(),
        competences: Vec::new(),
    };
    (1..=count).map(module).collect()
}

/// Maps the groups of the framework to the modules in turn; its whole domains stay gaps.
async fn map(unit: &Unit, id: Uuid, mut version: i32, catalogue: &Catalogue) -> Result<i32, Stop> {
    let store = Programmes::of(unit);
    let Some(found) = store.version(id).await? else { return Ok(version) };
    let modules = store.kept(&found).await?.modules;
    let depths = [Depth::Introduced, Depth::Practised, Depth::Assessed];
    let groups: Vec<Uuid> = core(catalogue, true).collect();
    for (place, module) in modules.iter().enumerate() {
        let shared = groups.iter().skip(place).step_by(modules.len());
        let depth = depths[place % depths.len()];
        let mappings = shared.map(|id| Mapping { competence: *id, depth }).collect();
        service::map(unit, *module, version, mappings).await?;
        version += 1;
    }
    Ok(version)
}

/// The core competences that are groups, or those that are whole domains.
fn core(catalogue: &Catalogue, groups: bool) -> impl Iterator<Item = Uuid> {
    let set = catalogue.set_named(FRAMEWORK).unwrap_or_default();
    let core = catalogue.core_of(set).into_iter();
    core.filter(move |item| item.code.contains('.') == groups).map(|item| item.id)
}

fn amendment(unit: &Unit, sketch: &Sketch, catalogue: &Catalogue) -> Amendment {
    let Sketch(_, _, [weeks, days, count, minutes], aligned) = *sketch;
    let gap = |competence| Gap {
        competence,
        reason: "Fictional: left out to show how a gap is listed.".to_owned(),
    };
    let outline = Outline {
        effective_from: Some(unit.today()),
        last_start_date: None,
        weeks: Some(weeks),
        taught_days: Some(days),
        taught_minutes: Some(count * minutes),
        aligned_to: aligned.then(|| catalogue.set_named(FRAMEWORK)).flatten(),
        source: Some("FICTIONAL: made for the demonstration, nobody's curriculum.".to_owned()),
        rule: rule(),
    };
    let gaps = if aligned { core(catalogue, false).map(gap).collect() } else { Vec::new() };
    Amendment { outline, gaps }
}

fn rule() -> GraduationRule {
    GraduationRule {
        attendance_basis: Some(AttendanceBasis::Days),
        attendance_threshold: Some(8_000),
        day_counts_at: Some(7_500),
        max_missed_days: None,
        make_up_allowed: Some(true),
        make_up_max_days: Some(1),
        assignment_required: Some(true),
        placement_required: Some(false),
        placement_min_minutes: None,
        completion_without_accreditation: Some(true),
    }
}

/// A programme of a partner's own, with a draft that only the partner and the national team see.
async fn own_draft(core: &Core) -> Result<(), DemoError> {
    let code = "ALDER-WELCOME";
    let owner = holder(core, network::PARTNER_CODE).await?;
    if owner.is_none() || exists(core, (owner, code)).await? {
        return Ok(());
    }
    step(core, code, move |unit| {
        Box::pin(async move {
            let new = NewProgramme {
                code: code.to_owned(),
                kind: ProgrammeType::Volunteer,
                title: "Welcome to Alder Vale (fictional)".to_owned(),
                owner,
            };
            let programme = service::create(unit, new).await?.id;
            let id = service::draft(unit, programme, "0.1.0", None).await?.id;
            service::set_modules(
                unit,
                id,
                1,
                modules(&Sketch(code, ProgrammeType::Volunteer, [1, 1, 3, 60], false)),
            )
            .await?;
            Ok(id)
        })
    })
    .await?;
    Ok(())
}

async fn exists(core: &Core, (owner, code): (Option<Uuid>, &str)) -> Result<bool, DemoError> {
    let (tx, _) = core.begin(Access::Read, crate::actor::Identity::System("demo")).await?;
    let found = Programmes::within(&tx).programme_by_code(owner, code).await;
    tx.rollback().await;
    match found {
        Ok(found) => Ok(found.is_some()),
        Err(Stop::Db(fault)) => Err(fault.into()),
        Err(Stop::Refused(_)) => Ok(false),
    }
}
