//! A course that is called off: those who applied, and those who asked about it, are told once.

use alongside::course::model::State;
use alongside::jobs;
use serde_json::json;
use tests::applications::{drafting, open_course, screened, selectors, submitted};
use tests::courses::{course, school};
use tests::given::day;
use tests::people::reachable;
use tests::{World, on_both_databases};

use super::code;

on_both_databases! {
    async fn applications_for_a_course_that_is_called_off_are_closed_and_applicants_told(world: World) {
        let school = school(&world).await;
        let [coordinator, _] = selectors(&world, &school).await;
        let open = open_course(&world, &school, day("2026-06-15"), 2).await;
        let other = course(&world, &school, State::Open).await;
        let mut dee = drafting(&world, &open, "Dee").await;
        let mut sam = submitted(&world, &open, "Sam").await;
        let mut ari = screened(&world, &open, "Ari", &coordinator).await;
        let mut wil = screened(&world, &open, "Wil", &coordinator).await;
        let mut gone = submitted(&world, &open, "Gus").await;
        let mut elsewhere = submitted(&world, &other, "Eve").await;
        for (nth, person) in [&dee, &sam, &ari, &wil, &gone, &elsewhere].into_iter().enumerate() {
            reachable(&world, person.person.id, &format!("number{nth}@example.org")).await;
        }
        assert_eq!(ari.step(&world, &coordinator, "applicationOffer", json!({})).await, "OFFERED");
        assert_eq!(wil.step(&world, &coordinator, "applicationWaitlist", json!({})).await, "WAITLISTED");
        gone.own_step(&world, "applicationWithdraw", json!({})).await;
        let told = json!({ "courseId": open.global_id(), "name": "Ira Fictional", "email": "ira@example.org" });
        world.mutate(None, "interestRegister", "course { id }", told).await.done("course");
        let proof = json!({ "token": code(&world).await });
        world.mutate(None, "interestConfirm", "course { id }", proof).await.done("impact");
        let unproved = json!({ "courseId": open.global_id(), "name": "Una Fictional", "email": "una@example.org" });
        world.mutate(None, "interestRegister", "course { id }", unproved).await.done("course");
        let eye = &world.database.eye;
        assert_eq!(eye.rows_where("course", "places_taken = 9").await, 1, "the offer holds a place");

        let cancel = open.input(&json!({ "reason": "A test." }));
        let done = world.mutate(Some(&coordinator), "courseCancel", "course { state }", cancel).await;
        assert!(done.done("impact").to_string().contains("applications that are closed: 4"), "{}", done.body());
        for applicant in [&mut dee, &mut sam, &mut ari, &mut wil] {
            let found = applicant.read(&world).await;
            assert_eq!((&found["state"], &found["declineReason"]), (&json!("DECLINED"), &json!("COURSE_CANCELLED")));
        }
        assert_eq!(gone.read(&world).await["state"], "WITHDRAWN", "what was over stays");
        assert_eq!(elsewhere.read(&world).await["state"], "SUBMITTED");
        let places = format!("id = {} and places_taken = places_reserved", world.uuid(open.id));
        assert_eq!(eye.rows_where("course", &places).await, 1, "the place is free again, once");
        let letters = "kind = 'application.course_cancelled' and state = 'WAITING'";
        assert_eq!(eye.rows_where("mail_message", letters).await, 4);
        let words = eye.texts("select subject || ' ' || body from mail_message where kind = 'application.course_cancelled'").await;
        let names = eye.texts("select code from course").await;
        assert!(words.iter().all(|letter| names.iter().all(|name| !letter.contains(name.as_str()))));
        assert_eq!(jobs::round(world.app.core(), "application-places").await.expect("a round"), 0, "nobody is offered a place");
        assert_eq!(jobs::round(world.app.core(), "course-interest-expiry").await.expect("a round"), 2);
        assert_eq!(eye.rows_where("course_interest", "true").await, 0);
        let asked = eye.texts("select recipient from mail_message where kind = 'course_interest.course_cancelled'").await;
        assert_eq!(asked, ["ira@example.org"], "whose address was proved");
        assert_eq!(jobs::round(world.app.core(), "course-interest-expiry").await.expect("a round"), 0);
    }
}
