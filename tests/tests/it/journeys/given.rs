//! What journeys begin with: schools, their courses and the people there. Everybody is fictional.

use alongside::actor::{GrantScope, Role};
use alongside::config::Config;
use alongside::core::Core;
use alongside::course::model::State;
use alongside::credential::badge;
use alongside::credential::keys::Signer;
use alongside::person::service::NewPerson;
use alongside::programme::kind::ProgrammeType;
use serde_json::{Value, json};
use tests::courses::{Course, School, course, course_from, school_for, school_with};
use tests::credentials::{global_id, graduation_by};
use tests::curricula::{self, Standing, curriculum};
use tests::enrolments::enrolled;
use tests::licences::licence;
use tests::people::{Someone, linked, person, registered, somebody, trainer};
use tests::vault::signed_in;
use tests::{Tenant, World, given};

use super::script::Kept;

/// A school with its people, as `name`; if `approves`, its licence lets it approve its own courses.
pub async fn a_school(world: &World, (name, approves): (&str, bool), kept: &mut Kept) -> School {
    let organisation = given::organisation(world).active().register().await;
    let curriculum = curriculum(world, None, Standing::Published).await;
    let licence = licence(world, &organisation).approving_own_courses(approves);
    let school = school_with(world, organisation, curriculum, licence).await;
    staffed(world, &school.organisation).await;
    let novice = trainer(world, "Noa", &school.organisation).await;
    keep(kept, name, &school);
    kept.insert(format!("{name}.novice"), json!(novice.global_id()));
    school
}

/// A third school, which teaches the ten weeks, with those who look after its trainees; if `approves`, its licence lets it
/// approve its own courses.
pub async fn ten_weeks(world: &World, approves: bool, kept: &mut Kept) -> School {
    let organisation = given::organisation(world).active().register().await;
    let curriculum = curricula::ten_weeks(world).await;
    let licence = licence(world, &organisation).approving_own_courses(approves);
    let ty = ProgrammeType::PeerSupportWorker;
    let school = school_for(world, ty, (organisation, curriculum), licence).await;
    let of = &school.organisation;
    staffed(world, of).await;
    for (name, role) in [
        ("marker", Role::LeadTrainer),
        ("moderator", Role::LeadTrainer),
        ("supervisor", Role::Supervisor),
        ("another supervisor", Role::Supervisor),
        ("safeguarding lead", Role::Trainer),
    ] {
        let someone = at_home(world, of, name).await;
        world.grant_to(name, role, GrantScope::Organisation(of.id)).await;
        kept.insert(name.to_owned(), json!(someone.global_id()));
    }
    keep(kept, "third", &school);
    kept.insert("third.module".to_owned(), json!(school.curriculum.module_id(0)));
    school
}

async fn staffed(world: &World, of: &Tenant) {
    for role in [Role::PartnerCoordinator, Role::LeadTrainer, Role::PartnerSignatory] {
        world.grant(role, Some(of.id)).await;
    }
}

fn keep(kept: &mut Kept, name: &str, school: &School) {
    for (what, value) in [
        ("organisation", json!(school.organisation.global_id())),
        ("name", json!(school.organisation.name)),
        ("version", json!(school.curriculum.id())),
        ("licence", json!(school.licence.global_id())),
        ("licenceVersion", json!(school.licence.version)),
        ("lead", json!(school.lead.global_id())),
        ("peer", json!(school.peer.global_id())),
    ] {
        kept.insert(format!("{name}.{what}"), value);
    }
}

/// Somebody whose record `of` keeps, who signs in by the name.
async fn at_home(world: &World, of: &Tenant, name: &str) -> Someone {
    let mut someone = person(world, name, Some(of)).await;
    linked(world, &mut someone, name).await;
    someone
}

/// Keeps a course as `name`, with its version and the ids of its days.
pub fn keep_course(kept: &mut Kept, name: &str, course: &Course) {
    kept.insert(format!("{name}.id"), json!(course.global_id()));
    kept.insert(format!("{name}.version"), json!(course.version));
    for place in 0..course.sessions.len() {
        kept.insert(format!("{name}.s{place}"), json!(course.session(place)));
    }
}

/// The course of the third school from 1 June 2026 on, confirmed, with a place for each of these, who sign in by their
/// names. Each is kept by name, and each enrolment with its version.
pub async fn placed(world: &World, school: &School, names: &[&str], kept: &mut Kept) -> Course {
    let course = course_from(world, school, State::Confirmed, given::day("2026-06-01")).await;
    let of = &school.organisation;
    let coordinator = world.token(Role::PartnerCoordinator, Some(of.id));
    for name in names {
        let someone = at_home(world, of, name).await;
        world.grant_to(name, Role::Trainee, GrantScope::Own).await;
        let enrolment = enrolled(world, &coordinator, &course, &someone).await;
        kept.insert((*name).to_owned(), json!(someone.global_id()));
        kept.insert(format!("{name}.enrolment"), json!(enrolment.id));
        kept.insert(format!("{name}.version"), json!(enrolment.version));
    }
    keep_course(kept, "course", &course);
    course
}

/// The people that an organisation's system knows: one by an address, two with one mailbox, one whom only another
/// organisation knows; kept by name.
pub async fn employees(world: &World, school: &School, elsewhere: &Tenant, kept: &mut Kept) {
    let of = Some(school.organisation.id);
    for (name, address, organisation) in [
        ("Cam", "cam@example.org", of),
        ("Dev", "shared@example.org", of),
        ("Fay", "shared@example.org", of),
        ("Gil", "gil@example.org", Some(elsewhere.id)),
    ] {
        let email = Some((address.to_owned(), true));
        let someone = registered(world, NewPerson { email, ..somebody(name, organisation) }).await;
        kept.insert(format!("person.{name}"), json!(someone.global_id()));
        kept.insert(format!("person.{name}.version"), json!(someone.version));
    }
    let again = person(world, "Cam", Some(&school.organisation)).await;
    kept.insert("person.again".to_owned(), json!(again.global_id()));
    kept.insert("person.again.version".to_owned(), json!(again.version));
}

/// The settings of a service that has signed with a new key since today.
pub fn rotated(config: &mut Config) {
    let newest = config.credential.keys[0].with_file_name("newest.pem");
    config.credential.keys.insert(0, newest);
    config.credential.confirm_burst = 4;
}

/// The service as it was before its keys were changed.
fn before(world: &World) -> Core {
    let mut config = world.app.config().clone();
    config.credential.keys.remove(0);
    let signer = Signer::open(&config).expect("the older key");
    world.app.core().clone().with_signer(signer)
}

/// Graduates of the first and the second school, who sign in by their names, each with what the public has of the
/// credential. Those of the first school were signed by a key that signs no longer.
pub async fn graduates(world: &World, schools: [&School; 2], kept: &mut Kept) {
    for (school, names) in [(schools[0], &["zuzana", "elm"][..]), (schools[1], &["rowan"][..])] {
        let course = course(world, school, State::Draft).await;
        for name in names {
            let (someone, _) = signed_in(world, name).await;
            world.grant_to(name, Role::Trainee, GrantScope::Own).await;
            let core = if *name == "rowan" { world.app.core().clone() } else { before(world) };
            let credential = graduation_by(&core, world, &someone, (school, &course)).await;
            let stranger = stranger(world);
            let forged = badge::payload(&credential, &[], &stranger);
            let forged = stranger.sign(&forged).expect("a signature");
            let jwt = credential.jwt.clone().expect("a signed text");
            let header = jwt.split('.').next().expect("a header");
            let (_, rest) = forged.split_once('.').expect("a payload");
            for (what, value) in [
                ("person", json!(someone.global_id())),
                ("credential", json!(global_id(&credential))),
                ("token", json!(credential.public_token)),
                ("title", json!(credential.title)),
                ("edition", json!(credential.edition)),
                ("jwt", json!(jwt)),
                ("forged", Value::String(format!("{header}.{rest}"))),
            ] {
                kept.insert(format!("{name}.{what}"), value);
            }
        }
    }
}

/// Who has a key of their own and signs in our name.
fn stranger(world: &World) -> Signer {
    let mut config = world.app.config().clone();
    config.credential.keys = vec![world.folder("a-stranger.pem")];
    Signer::open(&config).expect("a key")
}
