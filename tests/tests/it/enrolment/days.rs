//! How much of a course must be attended: numbers and words as the API gives them, from the plan to the decision.

use alongside::actor::Role;
use alongside::programme::model::{AttendanceBasis, GraduationRule};
use serde_json::{Value, json};
use tests::courses::{School, school_teaching};
use tests::curricula::{Shape, attendance_alone};
use tests::enrolments::{Class, absent, present, progress, reason};
use tests::{World, on_both_databases};

/// Four fifths of the days, of which so many can be made up.
fn days_made_up(most: i32) -> GraduationRule {
    GraduationRule {
        make_up_allowed: Some(true),
        make_up_max_days: Some(most),
        ..attendance_alone(AttendanceBasis::Days)
    }
}

/// Somebody is at the first `most` sessions and at no others.
fn at_first(place: usize, most: usize) -> Value {
    if place < most { present() } else { absent() }
}

/// What the preview says of attendance.
fn share(progress: &Value) -> Value {
    let found = reason(progress, "ATTENDANCE");
    json!([found["verdict"], found["found"], found["needed"], found["words"]])
}

/// The numbers of attendance.
fn numbers(progress: &Value) -> Value {
    json!([progress["attended"], progress["held"], progress["needed"], progress["percent"]])
}

async fn hidden_from_others(world: &World, class: &Class) {
    let elsewhere = world.coordinator(&world.b);
    for of in &class.people {
        assert_eq!(progress(world, &elsewhere, &of.enrolment).await, Value::Null);
    }
}

/// What is expected of a course of which so many days are held.
struct Row {
    start: &'static str,
    /// Whether one day is called off and not replaced.
    called_off: bool,
    held: usize,
    needed: usize,
    /// The share in basis points and the words for who was at just enough, and for who was at one less.
    enough: (i32, &'static str),
    short: (i32, &'static str),
}

const OF_TEN: [Row; 2] = [
    Row {
        start: "2026-05-12",
        called_off: false,
        held: 10,
        needed: 8,
        enough: (8_000, "8 of 10 days, 80 %, needs 80 %"),
        short: (7_000, "7 of 10 days, 70 %, needs 80 %"),
    },
    Row {
        start: "2026-05-13",
        called_off: true,
        held: 9,
        needed: 8,
        enough: (8_888, "8 of 9 days, 88.88 %, needs 80 %"),
        short: (7_777, "7 of 9 days, 77.77 %, needs 80 %"),
    },
];

/// Sixteen modules, two a day.
const OF_EIGHT: [Row; 2] = [
    Row {
        start: "2026-05-12",
        called_off: false,
        held: 8,
        needed: 7,
        enough: (8_750, "7 of 8 days, 87.5 %, needs 80 %"),
        short: (7_500, "6 of 8 days, 75 %, needs 80 %"),
    },
    Row {
        start: "2026-05-13",
        called_off: true,
        held: 7,
        needed: 6,
        enough: (8_571, "6 of 7 days, 85.71 %, needs 80 %"),
        short: (7_142, "5 of 7 days, 71.42 %, needs 80 %"),
    },
];

impl Row {
    async fn class(&self, world: &World, school: &School, ends: &str, names: &[&str]) -> Class {
        let mut class = Class::at(world, school, (self.start, ends), names).await;
        if self.called_off {
            let (lead, last) = (class.lead(world), self.held);
            let why = json!({ "reason": "The hall is flooded." });
            class.course.session_step(world, &lead, ("sessionCancel", last), &why).await;
        }
        class
    }

    /// Two people go through the course: one is at as many days as are needed, the other at one less.
    async fn lived(&self, world: &World, class: &mut Class) {
        for place in 0..self.held {
            let attended = [at_first(place, self.needed), at_first(place, self.needed - 1)];
            class.hold(world, place, &attended).await;
        }
        class.complete(world).await;
        let outcomes = ["GRADUATED", "NOT_MET"];
        for (who, (percent, words)) in [self.enough, self.short].into_iter().enumerate() {
            let found = class.stands(world, who).await;
            let attended = self.needed - who;
            assert_eq!(numbers(&found), json!([attended, self.held, self.needed, percent]));
            assert_eq!(
                (&found["total"], &found["needsPercent"]),
                (&json!(self.held), &json!(8_000))
            );
            let verdict = ["MET", "UNMET"][who];
            assert_eq!(share(&found), json!([verdict, attended, self.needed, words]));
            assert_eq!(found["preview"]["outcome"], outcomes[who]);
            let of = class.people[who].enrolment.clone();
            let wrong = json!({ "outcome": outcomes[1 - who] });
            let lead = class.lead(world);
            assert_eq!(
                of.refused(world, &lead, "graduationDecide", &wrong).await,
                ["OUTCOME_DIFFERS"]
            );
            let told = class.decide(world, who, outcomes[who]).await;
            assert!(told.contains(words), "{told}");
            assert_eq!(class.people[who].enrolment.state, ["GRADUATED", "NOT_GRADUATED"][who]);
        }
    }
}

on_both_databases! {
    async fn the_days_held_say_how_many_are_needed(world: World) {
        let rule = || attendance_alone(AttendanceBasis::Days);
        let ten = school_teaching(&world, &Shape::of_days(10, rule())).await;
        let eight = school_teaching(&world, &Shape::of_double_days(8, rule())).await;
        let mut lived = Vec::new();
        for (school, rows, ends) in [(&ten, &OF_TEN, "14:00"), (&eight, &OF_EIGHT, "15:00")] {
            for (row, names) in rows.iter().zip([["Ann", "Ben"], ["Cleo", "Dora"]]) {
                lived.push((row, row.class(&world, school, ends, &names).await));
            }
        }
        world.set_clock("2026-07-31T18:00:00Z");
        for (row, class) in &mut lived {
            row.lived(&world, class).await;
            hidden_from_others(&world, class).await;
        }
        let own = world.data(Some(&lived[3].1.lead(&world)), "{ enrolments { nodes { name state } } }", json!({})).await;
        let mut seen = own["enrolments"]["nodes"].as_array().expect("a list").clone();
        seen.sort_by_key(|of| of["name"].to_string());
        let of = |name: &str, state: &str| json!({ "name": name, "state": state });
        let (graduated, not) = ("GRADUATED", "NOT_GRADUATED");
        assert_eq!(seen, [of("Ann", graduated), of("Ben", not), of("Cleo", graduated), of("Dora", not)], "of the one school");
    }

    async fn exactly_four_fifths_of_the_minutes_are_enough_and_a_minute_less_is_not(world: World) {
        let shape = Shape::of_double_days(8, attendance_alone(AttendanceBasis::Minutes));
        let school = school_teaching(&world, &shape).await;
        let mut class = Class::at(&world, &school, ("2026-05-12", "15:00"), &["Ann", "Ben"]).await;
        world.set_clock("2026-07-31T18:00:00Z");
        let part = |minutes: i32| json!({ "status": "PARTIAL", "minutes": minutes });
        for place in 0..8 {
            let attended = match place {
                0..6 => [present(), present()],
                6 => [part(120), part(119)],
                _ => [absent(), absent()],
            };
            class.hold(&world, place, &attended).await;
        }
        class.complete(&world).await;
        for (who, (minutes, percent, words, outcome)) in [
            (1_920, 8_000, "1920 of 2400 minutes, 80 %, needs 80 %", "GRADUATED"),
            (1_919, 7_995, "1919 of 2400 minutes, 79.95 %, needs 80 %", "NOT_MET"),
        ].into_iter().enumerate() {
            let found = class.stands(&world, who).await;
            assert_eq!(found["basis"], "MINUTES");
            assert_eq!(numbers(&found), json!([minutes, 2_400, 1_920, percent]));
            assert_eq!(share(&found), json!([(["MET", "UNMET"][who]), minutes, 1_920, words]));
            assert!(class.decide(&world, who, outcome).await.contains(words));
        }
        hidden_from_others(&world, &class).await;
    }

    async fn exactly_four_fifths_are_enough_in_whatever_is_counted(world: World) {
        let mut lived = Vec::new();
        for (basis, words) in [
            (AttendanceBasis::Days, "4 of 5 days, 80 %, needs 80 %"),
            (AttendanceBasis::Sessions, "4 of 5 sessions, 80 %, needs 80 %"),
            (AttendanceBasis::Modules, "8 of 10 modules, 80 %, needs 80 %"),
        ] {
            let school = school_teaching(&world, &Shape::of_double_days(5, attendance_alone(basis))).await;
            lived.push((words, Class::at(&world, &school, ("2026-05-12", "15:00"), &["Ann", "Ben"]).await));
        }
        world.set_clock("2026-07-31T18:00:00Z");
        for (words, class) in &mut lived {
            for place in 0..5 {
                class.hold(&world, place, &[at_first(place, 4), at_first(place, 3)]).await;
            }
            class.complete(&world).await;
            let found = class.stands(&world, 0).await;
            assert_eq!((&share(&found)[0], &share(&found)[3]), (&json!("MET"), &json!(words)));
            assert_eq!(found["preview"]["outcome"], "GRADUATED");
            let found = class.stands(&world, 1).await;
            assert_eq!((&found["percent"], &found["preview"]["outcome"]), (&json!(6_000), &json!("NOT_MET")));
            assert!(class.decide(&world, 0, "GRADUATED").await.contains(*words));
            hidden_from_others(&world, class).await;
        }
    }

    async fn what_a_day_called_off_would_have_taught_is_made_up_or_waived(world: World) {
        let shape = Shape::of_days(10, days_made_up(1)).needing(&[4]);
        let school = school_teaching(&world, &shape).await;
        let mut class = Class::at(&world, &school, ("2026-05-12", "14:00"), &["Ann", "Ben", "Cleo"]).await;
        let lead = class.lead(&world);
        let why = json!({ "reason": "The hall is flooded." });
        let off = class.course.session_step(&world, &lead, ("sessionCancel", 3), &why).await;
        assert_eq!(off.payload()["impact"], json!(["modules without a session: 4"]), "nobody has an address");
        let told = class.stands(&world, 0).await;
        assert_eq!((&told["total"], &told["needed"], &told["canMiss"]), (&json!(9), &json!(8), &json!(1)), "told at once");
        world.set_clock("2026-07-31T18:00:00Z");
        for place in (0..10).filter(|place| *place != 3) {
            class.hold(&world, place, &[present(), present(), at_first(place, 8)]).await;
        }
        class.complete(&world).await;
        for (who, words) in [(0, "9 of 9 days, 100 %, needs 80 %"), (2, "7 of 9 days, 77.77 %, needs 80 %")] {
            let found = class.stands(&world, who).await;
            assert_eq!(share(&found)[3], *words);
            assert_eq!(found["missedModules"], json!([4]));
            let mandatory = reason(&found, "MANDATORY_MODULES");
            assert_eq!((&mandatory["verdict"], &mandatory["words"]),
                (&json!("UNMET"), &json!("0 of 1 mandatory modules covered or waived; not covered: 4")));
        }
        assert_eq!(class.stands(&world, 0).await["preview"]["outcome"], "NOT_MET");

        // Covered elsewhere: the lost day is made up, which uses nothing up and counts on neither side.
        let lead = class.lead(&world);
        let done = json!({ "enrolmentId": class.people[0].enrolment.id, "sessionId": class.course.session(3),
            "doneOn": "2026-07-20", "how": "With a tutor." });
        world.mutate(Some(&lead), "makeUpRecord", "makeUp { state }", done).await.done("makeUp");
        let found = class.stands(&world, 0).await;
        assert_eq!((share(&found)[3].as_str(), &found["makeUpDaysLeft"]), (Some("9 of 9 days, 100 %, needs 80 %"), &json!(1)));
        assert_eq!(reason(&found, "MANDATORY_MODULES")["words"], "1 of 1 mandatory modules covered or waived");
        assert!(class.decide(&world, 0, "GRADUATED").await.contains("the credential is issued"));

        // Waived, by a quality lead of the nation alone.
        let quality = world.token(Role::QualityLead, None);
        let other = json!({ "moduleId": class.school.curriculum.module_id(4), "reason": "It was lost." });
        let waive = json!({ "moduleId": class.school.curriculum.module_id(3), "reason": "Its day was called off." });
        let mut of = class.people[1].enrolment.clone();
        assert_eq!(of.refused(&world, &lead, "moduleWaive", &waive).await, ["FORBIDDEN"]);
        assert_eq!(of.refused(&world, &world.coordinator(&world.b), "moduleWaive", &waive).await, ["FORBIDDEN"]);
        assert_eq!(of.refused(&world, &quality, "moduleWaive", &other).await, ["NOT_FOUND"], "nobody needs that one");
        of.step(&world, &quality, "moduleWaive", &waive).await;
        class.people[1].enrolment = of;
        let found = class.stands(&world, 1).await;
        assert_eq!((&found["missedModules"], &found["preview"]["outcome"]), (&json!([]), &json!("GRADUATED")));
        class.decide(&world, 1, "GRADUATED").await;
        assert_eq!(class.people[1].enrolment.state, "GRADUATED");
        hidden_from_others(&world, &class).await;
    }

    async fn who_cannot_come_on_the_saturday_is_not_worse_off(world: World) {
        let school = school_teaching(&world, &Shape::of_days(10, days_made_up(1))).await;
        let names = ["Ann", "Ben", "Cleo", "Dora", "Eve"];
        let mut class = Class::at(&world, &school, ("2026-05-12", "14:00"), &names).await;
        let lead = class.lead(&world);
        let saturday = json!({ "date": "2026-06-06", "reason": "The hall is flooded." });
        class.course.session_step(&world, &lead, ("sessionReschedule", 3), &saturday).await;
        let document = "query($id: ID!) { course(by: { id: $id }) { sessions { nodes { id date state } } } }";
        let data = world.data(Some(&lead), document, json!({ "id": class.course.global_id() })).await;
        let found = data["course"]["sessions"]["nodes"].as_array().expect("a list").iter();
        let new = found.clone().find(|session| session["date"] == "2026-06-06").expect("the replacement");
        assert_eq!(found.filter(|session| session["state"] == "PLANNED").count(), 10, "it replaces the day");
        class.course.sessions[3] = alongside::graphql::ids::decode("ses", new["id"].as_str().expect("an id")).expect("a session");

        world.set_clock("2026-07-31T18:00:00Z");
        let agreed = || json!({ "status": "AUTHORISED_ABSENCE" });
        for place in 0..10 {
            // Ann comes on the Saturday; Ben does not, and says nothing; the others cannot.
            class.hold(&world, place, &match place {
                3 => [present(), absent(), agreed(), agreed(), agreed()],
                8 | 9 => [absent(), absent(), present(), absent(), absent()],
                7 => [present(), present(), absent(), present(), present()],
                _ => [present(), present(), present(), present(), present()],
            }).await;
        }
        class.complete(&world).await;
        let done = json!({ "enrolmentId": class.people[4].enrolment.id, "sessionId": class.course.session(3),
            "doneOn": "2026-06-09", "how": "With a tutor." });
        let lead = class.lead(&world);
        world.mutate(Some(&lead), "makeUpRecord", "makeUp { state }", done).await.done("makeUp");
        for (who, (words, outcome, left)) in [
            ("8 of 10 days, 80 %, needs 80 %", "GRADUATED", 1),
            ("7 of 10 days, 70 %, needs 80 %", "NOT_MET", 1),
            ("8 of 9 days, 88.88 %, needs 80 %", "GRADUATED", 1),
            ("7 of 9 days, 77.77 %, needs 80 %", "NOT_MET", 1),
            ("8 of 10 days, 80 %, needs 80 %", "GRADUATED", 0),
        ].into_iter().enumerate() {
            let found = class.stands(&world, who).await;
            assert_eq!(share(&found)[3], *words, "{}", names[who]);
            assert_eq!((&found["preview"]["outcome"], &found["makeUpDaysLeft"]), (&json!(outcome), &json!(left)));
            let aside = json!(["on neither side: 6 June 2026, moved to a day on which it could not be attended"]);
            let notes = if matches!(who, 2 | 3) { aside } else { json!([]) };
            assert_eq!(found["preview"]["notes"], notes, "{}", names[who]);
            assert!(class.decide(&world, who, outcome).await.contains(words));
        }
        hidden_from_others(&world, &class).await;
    }

    async fn part_of_a_day_is_no_day_and_counts_in_minutes_and_modules(world: World) {
        let mut lived = Vec::new();
        for (basis, numbers, words) in [
            (AttendanceBasis::Days, json!([0, 1, 1, 0]), "0 of 1 day, 0 %, needs 80 %"),
            (AttendanceBasis::Minutes, json!([180, 300, 240, 6_000]), "180 of 300 minutes, 60 %, needs 80 %"),
            (AttendanceBasis::Modules, json!([1, 2, 2, 5_000]), "1 of 2 modules, 50 %, needs 80 %"),
        ] {
            let school = school_teaching(&world, &Shape::of_double_days(1, attendance_alone(basis)).needing(&[1])).await;
            let class = Class::at(&world, &school, ("2026-05-12", "15:00"), &["Ann", "Ben"]).await;
            lived.push((class, numbers, words));
        }
        world.set_clock("2026-05-12T18:00:00Z");
        for (class, expected, words) in &mut lived {
            // From 10:00 to 13:00 of 10:00 to 15:00: the module of the morning, and less than three quarters.
            let morning = json!([class.school.curriculum.module_id(0)]);
            let part = |minutes: i32| json!({ "status": "PARTIAL", "minutes": minutes, "moduleIds": morning });
            class.hold(&world, 0, &[part(180), part(225)]).await;
            let found = class.stands(&world, 0).await;
            assert_eq!((numbers(&found), &share(&found)[3]), (expected.clone(), &json!(words)));
            assert_eq!(reason(&found, "MANDATORY_MODULES")["verdict"], "MET", "the module of the morning is covered");
            let whole = class.stands(&world, 1).await;
            let day = if found["basis"] == "DAYS" { json!("1 of 1 day, 100 %, needs 80 %") } else { Value::Null };
            if !day.is_null() {
                assert_eq!(share(&whole)[3], day, "exactly three quarters are a day");
            }
            hidden_from_others(&world, class).await;
        }
    }

    async fn who_joins_in_the_second_week_answers_for_the_days_from_then_on(world: World) {
        let shape = Shape::of_days(10, days_made_up(1)).needing(&[1]);
        let school = school_teaching(&world, &shape).await;
        let mut class = Class::at(&world, &school, ("2026-05-12", "14:00"), &["Ann"]).await;
        world.set_clock("2026-05-18T09:00:00Z");
        class.hold(&world, 0, &[present()]).await;
        class.join(&world, "Ben", &json!({})).await;
        let before = class.record(&world, 0, &[Value::Null, present()], None).await;
        assert_eq!(before.codes(), ["OUTSIDE_ENROLMENT"], "{}", before.body());
        let found = class.stands(&world, 1).await;
        assert_eq!((&found["total"], &found["needed"], &found["canMiss"]), (&json!(9), &json!(8), &json!(1)));
        assert_eq!(found["missedModules"], json!([1]));
        assert!(found["advice"].to_string().contains("module 1 is mandatory and not covered: it has to be made up"), "{found}");

        world.set_clock("2026-07-31T18:00:00Z");
        for place in 1..10 {
            class.hold(&world, place, &[present(), at_first(place, 9)]).await;
        }
        class.complete(&world).await;
        let found = class.stands(&world, 1).await;
        assert_eq!(share(&found)[3], "8 of 9 days, 88.88 %, needs 80 %");
        assert_eq!((&found["missedDays"], &found["preview"]["outcome"]), (&json!(["2026-07-14"]), &json!("NOT_MET")));
        let done = json!({ "enrolmentId": class.people[1].enrolment.id, "sessionId": class.course.session(0),
            "doneOn": "2026-05-20", "how": "With the group of another course." });
        let lead = class.lead(&world);
        world.mutate(Some(&lead), "makeUpRecord", "makeUp { state }", done).await.done("makeUp");
        let found = class.stands(&world, 1).await;
        assert_eq!((&share(&found)[3], &found["makeUpDaysLeft"]), (&json!("8 of 9 days, 88.88 %, needs 80 %"), &json!(1)));
        assert_eq!(reason(&found, "MANDATORY_MODULES")["words"], "1 of 1 mandatory modules covered or waived");
        class.decide(&world, 1, "GRADUATED").await;
        let all = class.stands(&world, 0).await;
        assert_eq!(share(&all)[3], "10 of 10 days, 100 %, needs 80 %", "who was there from the first day");
        hidden_from_others(&world, &class).await;
    }
}
