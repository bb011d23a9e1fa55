//! Journeys: scripts of plain GraphQL documents, and of requests beside them, that several people go through, one step
//! after another.

mod given;
mod script;

use alongside::actor::{GrantScope, Role};
use alongside::course::model::State;
use tests::courses::{School, course, course_from};
use tests::given::day;
use tests::vault::signed_in;
use tests::{World, on_both_databases, world_with};

use given::{a_school, employees, graduates, keep_course, placed, rotated, ten_weeks};
use script::{FOLDER, Journey, Kept};

/// The journeys that the tests below go through.
const JOURNEYS: [&str; 7] = [
    "employees-of-a-partner",
    "interest-to-place",
    "place-to-credential",
    "plan-and-open-a-course",
    "supervision",
    "suspension-and-teach-out",
    "verification-by-anybody",
];

world_with! {
    /// A world that signs with a new key since today, in which a surname is guessed four times.
    Public, rotated
}

/// Goes through a journey; `with` gives what it begins with beside two schools.
async fn go(world: &World, name: &str, with: impl AsyncFnOnce([&School; 2], &mut Kept)) {
    assert!(JOURNEYS.contains(&name), "{name}");
    let script = script::script(name);
    let mut kept = Kept::new();
    let first = a_school(world, ("first", script.first_approves), &mut kept).await;
    let second = a_school(world, ("second", false), &mut kept).await;
    world.grant_to("deputy", Role::LicensingOfficer, GrantScope::Nation).await;
    with([&first, &second], &mut kept).await;
    if let Some(clock) = &script.clock {
        world.set_clock(clock);
    }
    Journey::new(world, name, kept).follow(&script).await;
}

#[test]
fn every_script_is_gone_through() {
    let files = std::fs::read_dir(FOLDER).expect("the folder");
    let names = files.map(|file| file.expect("a file").path());
    let scripts = names.filter(|path| path.extension().is_some_and(|ending| ending == "toml"));
    let mut found: Vec<String> =
        scripts.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
    found.sort_unstable();
    assert_eq!(found, JOURNEYS);
}

on_both_databases! {
    async fn somebody_comes_from_interest_to_a_place(world: World) {
        go(&world, "interest-to-place", async |_, kept| {
            ten_weeks(&world, true, kept).await;
            signed_in(&world, "bea").await;
        })
        .await;
    }

    async fn a_trainee_comes_from_a_place_to_a_credential(world: World) {
        go(&world, "place-to-credential", async |_, kept| {
            let school = ten_weeks(&world, false, kept).await;
            placed(&world, &school, &["ari", "bea", "cal", "dee", "eli"], kept).await;
        })
        .await;
    }

    async fn a_supervisor_stands_by_a_trainee_and_knows_no_more_than_is_shared(world: World) {
        go(&world, "supervision", async |_, kept| {
            let school = ten_weeks(&world, false, kept).await;
            placed(&world, &school, &["ari", "bea"], kept).await;
            signed_in(&world, "national lead").await;
            world.grant_to("national lead", Role::QualityLead, GrantScope::Nation).await;
        })
        .await;
    }

    async fn a_system_for_human_resources_enrols_its_employees(world: World) {
        go(&world, "employees-of-a-partner", async |[_, second], kept| {
            let school = ten_weeks(&world, false, kept).await;
            placed(&world, &school, &[], kept).await;
            employees(&world, &school, &second.organisation, kept).await;
        })
        .await;
    }

    async fn anybody_verifies_a_credential(world: Public) {
        go(&world, "verification-by-anybody", async |schools, kept| {
            graduates(&world, schools, kept).await;
        })
        .await;
    }

    async fn a_course_is_planned_and_opened(world: World) {
        go(&world, "plan-and-open-a-course", async |_, _| ()).await;
    }

    async fn a_licence_is_suspended_and_its_courses_taught_out(world: World) {
        go(&world, "suspension-and-teach-out", async |[school, _], kept| {
            let running = course(&world, school, State::Running).await;
            world.set_clock(tests::world::NOW);
            let open = course_from(&world, school, State::Open, day("2026-06-08")).await;
            let approved = course_from(&world, school, State::Approved, day("2026-06-29")).await;
            for (name, course) in [("running", running), ("open", open), ("approved", approved)] {
                keep_course(kept, name, &course);
            }
        })
        .await;
    }
}
