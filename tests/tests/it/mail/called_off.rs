//! Whoever is on a course is written to when one of its sessions is called off.

use alongside::programme::model::AttendanceBasis;
use chrono::TimeDelta;
use serde_json::{Value, json};
use tests::courses::{Course, school_teaching};
use tests::curricula::{Shape, attendance_alone};
use tests::enrolments::{Class, absent, present};
use tests::people::reachable;
use tests::protection::erased;
use tests::{World, on_both_databases};

use super::post::{Post, pass, round};
use crate::protection::restricted;

/// Ten days on Tuesdays from 12 May 2026 on, of which none is made up; module 4 is mandatory.
async fn class(world: &World, names: &[&str]) -> Class {
    let shape = Shape::of_days(10, attendance_alone(AttendanceBasis::Days)).needing(&[4]);
    let school = school_teaching(world, &shape).await;
    let class = Class::at(world, &school, ("2026-05-12", "14:00"), names).await;
    for (name, of) in names.iter().zip(&class.people) {
        reachable(world, of.person.id, &format!("{}@example.org", name.to_lowercase())).await;
    }
    class
}

/// The input that calls a session off.
fn off(course: &Course, place: usize, more: &Value) -> Value {
    let mut input = course.session_input(place, more);
    input["reason"] = json!("Sam is ill.");
    input
}

/// The letters by their recipients.
fn texts(letters: &[Value]) -> Vec<(String, String)> {
    let text = |of: &Value| of.as_str().expect("a text").trim_end().to_owned();
    let mut texts: Vec<_> =
        letters.iter().map(|letter| (text(&letter["to"]), text(&letter["text"]))).collect();
    texts.sort();
    texts
}

on_both_databases! {
    async fn whoever_is_on_the_course_is_told_the_new_numbers_when_a_session_is_called_off(world: World) {
        let mut post = Post::start(&[]).await;
        let core = post.core(&world);
        let mut class = class(&world, &["Ann", "Ben"]).await;
        let beside = self::class(&world, &["Una"]).await;
        class.join(&world, "Cleo", &json!({})).await;
        world.set_clock("2026-05-27T09:00:00Z");
        for place in 0..3 {
            class.hold(&world, place, &[present(), if place == 0 { absent() } else { present() }, absent()]).await;
        }
        let lead = class.lead(&world);
        let elsewhere = beside.lead(&world);
        let refused = world.mutate(Some(&elsewhere), "sessionCancel", "", off(&class.course, 3, &json!({}))).await;
        assert_eq!(refused.codes(), ["NOT_FOUND"], "of another organisation");
        let dry = off(&class.course, 3, &json!({ "dryRun": true }));
        let dry = world.mutate(Some(&lead), "sessionCancel", "course { id }", dry).await;
        let expected = "trainees who are told what is needed now: 2";
        assert!(dry.done("impact").to_string().contains(expected), "{}", dry.body());
        assert_eq!(round(&core).await, Ok(0), "nothing happened");

        let events = "select kind || ' ' || entity_type from outbox_event order by at, id";
        let before = world.database.eye.texts(events).await.len();
        world.source.set("2026-05-27T09:01:00Z".parse().expect("an instant"));
        let done = world.mutate(Some(&lead), "sessionCancel", "course { version }", off(&class.course, 3, &json!({}))).await;
        assert!(done.done("impact").to_string().contains(expected), "{}", done.body());
        let events = world.database.eye.texts(events).await.split_off(before);
        assert_eq!(events, ["course.session_cancelled course"], "an event names what changed, and nobody");
        assert_eq!(round(&core).await, Ok(2), "whose address is proved");
        let letters = post.letters().await;
        assert!(letters.iter().all(|letter| letter["subject"] == "A session of your training is called off"));
        let told = |missable: &str| format!(
            "The session of your training on 2 June 2026 is called off, and none takes its place so far. It counts \
             neither for you nor against you.\n\nWhat is needed from now on: 8 of 9 days (80 %).\nWhat may still be \
             missed: {missable}.\nMandatory modules that no session teaches any more: 4. They are made up, or \
             waived.\n\nSign in to see where you stand.");
        let expected = [("ann@example.org", told("1 day")), ("ben@example.org", told("nothing"))];
        assert_eq!(texts(&letters), expected.map(|(to, text)| (to.to_owned(), text)));
        for (who, missable) in [(0, 1), (1, 0)] {
            let stands = class.stands(&world, who).await;
            assert_eq!((&stands["total"], &stands["needed"], &stands["canMiss"]), (&json!(9), &json!(8), &json!(missable)));
        }
        let whole = format!("{letters:?}");
        let named = [class.school.organisation.name.as_str(), "Sam is ill", "VOL-", "Ann Fictional"];
        assert!(named.iter().all(|name| !whole.contains(name)), "who else reads the mailbox learns nothing of it");

        class.course.version += 1;
        let again = world.mutate(Some(&lead), "sessionCancel", "", off(&class.course, 3, &json!({}))).await;
        assert_eq!(again.codes(), ["CONFLICT"]);
        pass(&world, TimeDelta::minutes(30));
        assert_eq!(round(&core).await, Ok(0), "nobody is told twice");
        let other = world.mutate(Some(&elsewhere), "sessionCancel", "course { id }", off(&beside.course, 9, &json!({}))).await;
        other.done("course");
        assert_eq!(round(&core).await, Ok(1));
        let last = &texts(&post.letters().await)[2];
        assert!(last.0 == "una@example.org" && last.1.contains("14 July 2026") && !last.1.contains("Mandatory"), "{last:?}");
    }

    async fn whoever_has_no_place_any_more_or_is_restricted_or_erased_is_not_written_to(world: World) {
        let mut post = Post::start(&[]).await;
        let core = post.core(&world);
        let mut class = class(&world, &["Ann", "Ben", "Cleo", "Dora", "Eve"]).await;
        let beside = self::class(&world, &["Una"]).await;
        let coordinator = class.coordinator(&world);
        let left = json!({ "on": "2026-05-01", "reason": "DECLINED_PLACE", "initiator": "TRAINEE" });
        class.people[1].enrolment.step(&world, &coordinator, "enrolmentWithdraw", &left).await;
        class.people[2].enrolment.step(&world, &coordinator, "enrolmentDefer", &json!({})).await;
        restricted(&world, &class.people[3].person).await;
        erased(&world, &class.people[4].person).await;
        assert_eq!(round(&core).await, Ok(0));
        let done = world.mutate(Some(&class.lead(&world)), "sessionCancel", "course { id }", off(&class.course, 8, &json!({}))).await;
        assert!(done.done("impact").to_string().contains("trainees who are told what is needed now: 1"), "{}", done.body());
        assert_eq!(round(&core).await, Ok(1));
        let letters = texts(&post.letters().await);
        assert_eq!(letters[0].0, "ann@example.org");
        let gone = world.mutate(Some(&beside.lead(&world)), "sessionCancel", "course { id }", off(&class.course, 7, &json!({}))).await;
        assert_eq!(gone.codes(), ["FORBIDDEN"]);
    }

    async fn however_many_are_on_the_course_as_many_statements_tell_them(world: World) {
        let mut counts = Vec::new();
        for names in [&["Ann"][..], &["Ann", "Ben", "Cleo", "Dora"]] {
            let class = class(&world, names).await;
            let lead = class.lead(&world);
            let input = off(&class.course, 3, &json!({}));
            let cancel = async {
                let done = world.mutate(Some(&lead), "sessionCancel", "course { id }", input).await;
                let told = format!("trainees who are told what is needed now: {}", names.len());
                assert!(done.done("impact").to_string().contains(&told), "{}", done.body());
            };
            counts.push(world.statements_of(cancel).await);
        }
        assert_eq!(counts[0], counts[1]);
        let waiting = world.database.eye.rows_where("mail_message", "kind = 'session.cancelled'").await;
        assert_eq!(waiting, 5);
    }
}
