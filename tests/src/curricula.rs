//! Curricula that a test begins with, made through the service's own use cases.

use std::sync::atomic::{AtomicU32, Ordering};

use alongside::command::{Stop, Unit};
use alongside::graphql::ids;
use alongside::programme::kind::ProgrammeType;
use alongside::programme::model::{
    AttendanceBasis, Depth, Gap, GraduationRule, Mapping, Module, Number, Outline,
};
use alongside::programme::publication;
use alongside::programme::service::{self, Amendment, NewProgramme};
use alongside::programme::store::Programmes;
use uuid::Uuid;

use crate::given::{as_system, day};
use crate::world::World;

/// The set of competences that came with the service.
pub const FRAMEWORK: &str = "HEE_PSW_FRAMEWORK@2020-10";

/// Where a curriculum of a test stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A draft that can be published; its version is 4.
    Draft,
    /// Published; its version is 5.
    Published,
    /// Retired; its version is 6.
    Retired,
}

impl Standing {
    /// Every standing.
    pub const ALL: [Self; 3] = [Self::Draft, Self::Published, Self::Retired];

    /// The version that a curriculum of the test has there.
    #[must_use]
    pub const fn version(self) -> i32 {
        match self {
            Self::Draft => 4,
            Self::Published => 5,
            Self::Retired => 6,
        }
    }
}

/// A curriculum of a test: two modules of an hour, of which the second needs the first; the first
/// introduces one competence, one gap is listed.
#[derive(Clone, Debug)]
pub struct Curriculum {
    /// The programme.
    pub programme: Uuid,
    /// The programme's code.
    pub code: String,
    /// The version, whose number is 1.0.0.
    pub version: Uuid,
    /// Its modules.
    pub modules: Vec<Uuid>,
    /// The competence that the first module introduces: framework 1.1.
    pub mapped: Uuid,
    /// A competence that no module covers: framework 1.2.
    pub unmapped: Uuid,
}

impl Curriculum {
    /// The id of the version as the API gives it.
    #[must_use]
    pub fn id(&self) -> String {
        ids::encode("prv", self.version)
    }

    /// The id of the programme as the API gives it.
    #[must_use]
    pub fn programme_id(&self) -> String {
        ids::encode("prg", self.programme)
    }

    /// The id of a module as the API gives it.
    #[must_use]
    pub fn module_id(&self, place: usize) -> String {
        ids::encode("mdl", self.modules[place])
    }
}

/// A code that no other test of this process uses.
#[must_use]
pub fn code() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("ZZ-{:05}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A module of an hour.
#[must_use]
pub fn module(number: i32) -> Module {
    Module {
        number,
        title: Some(format!("Fictional module {number}")),
        block: Some("Fictional block".to_owned()),
        taught_minutes: Some(60),
        prep_minutes: Some(30),
        mandatory: false,
        reading_list: Some("A fictional book".to_owned()),
        requires: Vec::new(),
        competences: Vec::new(),
    }
}

/// What a draft says that can be published.
#[must_use]
pub fn outline() -> Outline {
    Outline {
        effective_from: Some(day("2026-01-05")),
        last_start_date: None,
        weeks: Some(2),
        taught_days: Some(2),
        taught_minutes: Some(120),
        aligned_to: None,
        source: Some("Fictional".to_owned()),
        rule: GraduationRule {
            attendance_basis: Some(AttendanceBasis::Days),
            attendance_threshold: Some(8_000),
            day_counts_at: Some(7_500),
            max_missed_days: Some(1),
            make_up_allowed: Some(true),
            make_up_max_days: Some(1),
            assignment_required: Some(true),
            placement_required: Some(true),
            placement_min_minutes: Some(600),
            completion_without_accreditation: Some(true),
        },
    }
}

/// A curriculum of `owner`'s own, or a national one.
pub async fn curriculum(world: &World, owner: Option<Uuid>, standing: Standing) -> Curriculum {
    given(world, owner, standing, false).await
}

/// The same, which claims to be aligned to the framework: all that it does not cover is listed.
pub async fn aligned(world: &World, owner: Option<Uuid>, standing: Standing) -> Curriculum {
    given(world, owner, standing, true).await
}

async fn given(
    world: &World,
    owner: Option<Uuid>,
    standing: Standing,
    aligned: bool,
) -> Curriculum {
    let code = code();
    let given = code.clone();
    let (programme, version, modules, mapped, unmapped) =
        as_system(world.app.core(), move |unit| {
            let code = given.clone();
            Box::pin(
                async move { make(unit, (code, owner), (standing, aligned), two_modules()).await },
            )
        })
        .await;
    Curriculum { programme, code, version, modules, mapped, unmapped }
}

type Made = (Uuid, Uuid, Vec<Uuid>, Uuid, Uuid);

/// What a curriculum teaches if nothing else is said, and what it says of itself.
fn two_modules() -> (Vec<Module>, Outline) {
    (vec![module(1), Module { requires: vec![1], ..module(2) }], outline())
}

async fn make(
    unit: &Unit,
    (code, owner): (String, Option<Uuid>),
    (standing, aligned): (Standing, bool),
    (taught, outline): (Vec<Module>, Outline),
) -> Result<Made, Stop> {
    let store = Programmes::of(unit);
    let catalogue = store.catalogue().await?;
    let set = catalogue.set_named(FRAMEWORK).expect("the set that came with the service");
    let item = |code: &str| catalogue.competence_named(set, code).expect("a competence");
    let (mapped, unmapped, left_out) = (item("1.1"), item("1.2"), item("6"));
    let title = format!("Fictional training {code}");
    let new = NewProgramme { code, kind: ProgrammeType::Volunteer, title, owner };
    let programme = service::create(unit, new).await?.id;
    let id = service::draft(unit, programme, "1.0.0", None).await?.id;
    service::set_modules(unit, id, 1, taught).await?;
    let version = store.version(id).await?.expect("the draft");
    let modules = store.kept(&version).await?.modules;
    let mapping = Mapping { competence: mapped, depth: Depth::Introduced };
    service::map(unit, modules[0], 2, vec![mapping]).await?;
    let core = catalogue.core_of(set).into_iter().map(|item| item.id);
    let left_out = if aligned { core.filter(|id| *id != mapped).collect() } else { vec![left_out] };
    let gap = |competence| Gap { competence, reason: "Fictional".to_owned() };
    let gaps = left_out.into_iter().map(gap).collect();
    let outline = Outline { aligned_to: aligned.then_some(set), ..outline };
    service::amend(unit, id, 3, Amendment { outline, gaps }).await?;
    if standing != Standing::Draft {
        publication::publish(unit, id, 4).await?;
    }
    if standing == Standing::Retired {
        publication::retire(unit, id, 5, None, "Fictional").await?;
    }
    Ok((programme, id, modules, mapped, unmapped))
}

/// How many days a curriculum of a test teaches, and how.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Its days.
    pub days: i32,
    /// How many modules each of them has.
    pub modules_each: i32,
    /// The taught minutes of a module.
    pub minutes: i32,
    /// What the titles of its modules begin with.
    pub subject: &'static str,
    /// The numbers of the modules without which nobody graduates.
    pub mandatory: Vec<i32>,
    /// What it asks for.
    pub rule: GraduationRule,
}

impl Shape {
    /// One module a day of four hours; nothing is mandatory.
    #[must_use]
    pub fn of_days(days: i32, rule: GraduationRule) -> Self {
        let subject = "Fictional module";
        Self { days, modules_each: 1, minutes: 240, subject, mandatory: Vec::new(), rule }
    }

    /// Two modules a day of five hours; nothing is mandatory.
    #[must_use]
    pub fn of_double_days(days: i32, rule: GraduationRule) -> Self {
        Self { modules_each: 2, minutes: 150, ..Self::of_days(days, rule) }
    }

    /// The same, with these modules mandatory.
    #[must_use]
    pub fn needing(self, mandatory: &[i32]) -> Self {
        Self { mandatory: mandatory.to_vec(), ..self }
    }

    /// The same, whose modules are about something else.
    #[must_use]
    pub fn about(self, subject: &'static str) -> Self {
        Self { subject, ..self }
    }

    fn taught(&self) -> (Vec<Module>, Outline) {
        let numbers = 1..=self.days * self.modules_each;
        let modules = numbers.clone().map(|number| Module {
            title: Some(format!("{} {number}", self.subject)),
            taught_minutes: Some(self.minutes),
            mandatory: self.mandatory.contains(&number),
            ..module(number)
        });
        let outline = Outline {
            weeks: Some(self.days),
            taught_days: Some(self.days),
            taught_minutes: Some(self.days * self.modules_each * self.minutes),
            rule: self.rule.clone(),
            ..outline()
        };
        (modules.collect(), outline)
    }
}

/// Four fifths of what is counted, and nothing else: nothing is made up.
#[must_use]
pub fn attendance_alone(basis: AttendanceBasis) -> GraduationRule {
    GraduationRule {
        attendance_basis: Some(basis),
        max_missed_days: None,
        make_up_allowed: Some(false),
        make_up_max_days: None,
        assignment_required: Some(false),
        placement_required: Some(false),
        placement_min_minutes: None,
        ..outline().rule
    }
}

/// A published national curriculum of this shape.
pub async fn shaped(world: &World, shape: &Shape) -> Curriculum {
    let given = (code(), shape.taught());
    let code = given.0.clone();
    let (programme, version, modules, mapped, unmapped) =
        as_system(world.app.core(), move |unit| {
            let (code, taught) = given.clone();
            Box::pin(
                async move { make(unit, (code, None), (Standing::Published, false), taught).await },
            )
        })
        .await;
    Curriculum { programme, code, version, modules, mapped, unmapped }
}

/// Version 1.1.0 of the same programme, published: it teaches the same and asks for something else.
pub async fn next_version(world: &World, of: &Curriculum, rule: GraduationRule) -> Curriculum {
    let former = of.clone();
    let (version, modules) = as_system(world.app.core(), move |unit| {
        let (former, rule) = (former.clone(), rule.clone());
        Box::pin(async move {
            let store = Programmes::of(unit);
            let from = Some(former.version);
            let id = service::draft(unit, former.programme, "1.1.0", from).await?.id;
            let draft = store.version(id).await?.expect("the draft");
            let kept = store.kept(&draft).await?;
            let outline = Outline {
                effective_from: Some(day("2026-01-05")),
                rule,
                ..kept.content.outline.clone()
            };
            let gaps = kept.content.gaps.clone();
            service::amend(unit, id, draft.version, Amendment { outline, gaps }).await?;
            publication::publish(unit, id, draft.version + 1).await?;
            Ok((id, kept.modules))
        })
    })
    .await;
    Curriculum { version, modules, ..of.clone() }
}

/// The ten weeks as Northamptonshire Healthcare and `ImROC` publish them, and as they came with the service: sixteen
/// modules, two a day, four fifths of the classroom days and an assignment. Titles, which no source gives, are fictional;
/// that a day counts from three quarters on is the proposal of the network.
pub async fn ten_weeks(world: &World) -> Curriculum {
    let (programme, version, modules, mapped, unmapped) =
        as_system(world.app.core(), |unit| Box::pin(async move { publish_ten_weeks(unit).await }))
            .await;
    Curriculum { programme, code: "PSW-10-WEEKS".to_owned(), version, modules, mapped, unmapped }
}

async fn publish_ten_weeks(unit: &Unit) -> Result<Made, Stop> {
    let store = Programmes::of(unit);
    let programme = store.programmes_by_code("PSW-10-WEEKS").await?.remove(0).id;
    let number = Number::parse("0.1.0").expect("a number");
    let draft = store.version_numbered(programme, number).await?.expect("the draft that came");
    let of_ten_weeks = |number: i32| Module {
        block: Some(if number <= 8 { "Principles and skills" } else { "Practice" }.to_owned()),
        taught_minutes: Some(150),
        prep_minutes: Some(60),
        ..module(number)
    };
    let catalogue = store.catalogue().await?;
    let set = catalogue.set_named(FRAMEWORK).expect("the set that came with the service");
    let item = |code: &str| catalogue.competence_named(set, code).expect("a competence");
    let (mapped, unmapped) = (item("1.1"), item("1.2"));
    service::set_modules(unit, draft.id, draft.version, (1..=16).map(of_ten_weeks).collect())
        .await?;
    let rule = GraduationRule {
        max_missed_days: None,
        placement_required: Some(false),
        placement_min_minutes: None,
        ..outline().rule
    };
    let outline = Outline {
        weeks: Some(10),
        taught_days: Some(8),
        taught_minutes: Some(2_400),
        rule,
        ..outline()
    };
    let gaps = Vec::new();
    service::amend(unit, draft.id, draft.version + 1, Amendment { outline, gaps }).await?;
    publication::publish(unit, draft.id, draft.version + 2).await?;
    let version = store.version(draft.id).await?.expect("the version");
    Ok((programme, draft.id, store.kept(&version).await?.modules, mapped, unmapped))
}
