//! What a mail server says no to, and what it says nothing to: what follows depends on how far a letter came.

use alongside::command::{self, Outcome};
use alongside::mail;
use chrono::{NaiveDate, TimeDelta};
use tests::race::patiently;
use tests::{World, on_both_databases, on_postgres};

use super::post::{self, Post, is_anything_left, message, pass, queue, queue_one, round, standing};

/// Queues one message for each of the two organisations, a second apart.
async fn queue_two(world: &World) {
    queue_one(world, &world.a, "1").await;
    pass(world, TimeDelta::seconds(1));
    queue_one(world, &world.b, "2").await;
}

on_both_databases! {
    async fn a_sender_that_the_server_refuses_gives_up_no_message(world: World) {
        let mut post = Post::start(&[]).await;
        let core = post.core(&world);
        queue_two(&world).await;
        for code in [550, 451] {
            post.refuse_at("sender", code, "5.7.1").await;
            assert_eq!(round(&core).await, Err(format!("the mail server: SENDER_{code}")));
        }
        assert_eq!(standing(&world).await, ["1 WAITING 1 SENDER_550", "2 WAITING 1 SENDER_451"]);
        post.refuse_at("sender", 530, "5.7.0").await;
        pass(&world, TimeDelta::minutes(5));
        assert_eq!(round(&core).await, Err("the mail server: CREDENTIALS".to_owned()));
        post.refuse(0).await;
        pass(&world, TimeDelta::minutes(10));
        assert_eq!(round(&core).await, Ok(2));
    }

    async fn a_server_that_relays_nothing_for_us_is_tried_again(world: World) {
        let mut post = Post::start(&[]).await;
        let core = post.core(&world);
        for (code, status) in [(554, "5.7.1"), (550, "relay not permitted")] {
            queue_one(&world, &world.a, status).await;
            post.refuse_at("recipient", code, status).await;
            assert_eq!(round(&core).await, Ok(0));
        }
        assert_eq!(standing(&world).await, ["5.7.1 WAITING 1 SMTP_554", "relay not permitted WAITING 1 SMTP_550"]);
        post.refuse(0).await;
        pass(&world, TimeDelta::minutes(5));
        assert_eq!(round(&core).await, Ok(2));
    }

    async fn a_server_that_closes_is_no_fault_of_the_message(world: World) {
        let mut post = Post::start(&[]).await;
        let core = post.core(&world);
        queue_two(&world).await;
        post.refuse_at("recipient", 421, "4.3.2").await;
        assert_eq!(round(&core).await, Err("the mail server: UNREACHABLE".to_owned()));
        post.refuse_at("content", 421, "4.3.2").await;
        assert_eq!(round(&core).await, Err("the mail server: UNREACHABLE".to_owned()));
        assert_eq!(standing(&world).await, ["1 WAITING 1 UNREACHABLE", "2 WAITING 1 UNREACHABLE"]);
    }

    async fn a_content_that_is_refused_for_good_is_given_up_and_another_is_not(world: World) {
        let mut post = Post::start(&[]).await;
        let core = post.core(&world);
        for (code, status) in [(554, "5.6.0"), (552, "5.3.4"), (550, "5.7.60"), (554, "spam")] {
            queue_one(&world, &world.a, status).await;
            post.refuse_at("content", code, status).await;
            assert_eq!(round(&core).await, Ok(0));
        }
        assert_eq!(standing(&world).await, [
            "5.3.4 GIVEN_UP 1 SMTP_552", "5.6.0 GIVEN_UP 1 SMTP_554", "5.7.60 WAITING 1 SMTP_550", "spam WAITING 1 SMTP_554",
        ]);
    }

    async fn one_connection_serves_a_round_though_the_server_refuses(world: World) {
        let mut post = Post::start(&[]).await;
        let core = post.core(&world);
        queue_two(&world).await;
        post.refuse(450).await;
        assert_eq!(round(&core).await, Ok(0));
        assert_eq!(standing(&world).await, ["1 WAITING 1 SMTP_450", "2 WAITING 1 SMTP_450"]);
        assert_eq!(post.connections().await, 1);
    }

    async fn a_server_that_has_a_letter_and_gives_no_word_has_taken_it(world: World) {
        let mut post = Post::start(&[]).await;
        let mut settings = post.settings();
        settings.answer_timeout_ms = 200;
        let core = post::with(world.app.core(), &settings);
        queue_two(&world).await;
        post.mode("hold").await;
        assert_eq!(round(&core).await, Err("the mail server: UNANSWERED".to_owned()));
        assert_eq!(standing(&world).await, ["1 SENT 1 UNANSWERED", "2 WAITING 0 -"]);
        post.mode("ok").await;
        pass(&world, TimeDelta::days(1));
        assert_eq!(round(&core).await, Ok(1));
        assert_eq!(post.letters().await.len(), 2, "each once");
        assert!(!is_anything_left(&world).await);
    }

    async fn a_letter_whose_answer_is_lost_goes_out_twice_at_most_and_the_same(world: World) {
        let mut post = Post::start(&[]).await;
        let core = post.core(&world);
        queue_two(&world).await;
        post.mode("cut").await;
        let cut = Err("the mail server: CUT".to_owned());
        assert_eq!(round(&core).await, cut);
        post.mode("ok").await;
        assert_eq!(round(&core).await, Ok(1));
        post.mode("cut").await;
        pass(&world, TimeDelta::minutes(5));
        assert_eq!(round(&core).await, cut);
        assert_eq!(standing(&world).await, ["1 GIVEN_UP 2 CUT", "2 SENT 1 -"]);
        let letters = post.letters().await;
        assert_eq!(letters.len(), 3);
        assert_eq!(letters[0]["messageId"], letters[2]["messageId"]);
        assert_eq!(letters[0]["raw"], letters[2]["raw"]);
        assert!(!is_anything_left(&world).await);
    }

    async fn who_held_a_message_beyond_the_lease_decides_nothing_any_more(world: World) {
        let mut post = Post::start(&[]).await;
        let (slow, other) = (post.core(&world), post.core(&world));
        queue_one(&world, &world.a, "x").await;
        post.mode("hold").await;
        let held = tokio::spawn(async move { round(&slow).await });
        post.wait_for(1).await;
        pass(&world, TimeDelta::minutes(15));
        post.mode("ok").await;
        assert_eq!(round(&other).await, Ok(1));
        post.stop().await;
        let ended = patiently("its server is gone", held).await.expect("a round");
        assert_eq!(ended, Err("the mail server: CUT".to_owned()));
        assert_eq!(standing(&world).await, ["x SENT 2 -"]);
    }

    async fn what_is_of_no_use_any_more_is_not_sent(world: World) {
        let mut post = Post::start(&[]).await;
        let core = post.core(&world);
        queue(&world, vec![message(&world.a, "usual"), message(&world.b, "usual too")]).await;
        let until = |key: &'static str, day: &str| {
            let (new, day) = (message(&world.a, key), day.parse::<NaiveDate>().expect("a day"));
            command::run_job(world.app.core(), "tests", move |unit| {
                let new = new.clone();
                Box::pin(async move { mail::enqueue_until(unit, new, day).await })
            })
        };
        for (key, day) in [("today", "2026-05-01"), ("year", "2027-05-01")] {
            assert!(matches!(until(key, day).await, Ok(Outcome::Done(true))));
        }
        // Also without a mail server: nothing personal waits for one without end.
        world.set_clock("2026-05-01T22:59:59Z");
        assert_eq!(round(world.app.core()).await, Ok(0));
        world.set_clock("2026-05-01T23:00:00Z");
        assert_eq!(round(world.app.core()).await, Ok(1), "the next day in London");
        world.set_clock("2026-05-08T09:00:00Z");
        assert_eq!(round(&core).await, Ok(3), "two are given up, one is sent");
        assert_eq!(standing(&world).await, [
            "today GIVEN_UP 0 TOO_LATE", "usual GIVEN_UP 0 TOO_LATE", "usual too GIVEN_UP 0 TOO_LATE", "year SENT 1 -",
        ]);
        assert_eq!(post.letters().await.len(), 1);
        assert!(!is_anything_left(&world).await);
    }

    async fn what_is_being_sent_when_its_last_day_ends_is_sent(world: World) {
        let mut post = Post::start(&[]).await;
        let (first, second) = (post.core(&world), post.core(&world));
        queue_one(&world, &world.a, "x").await;
        world.set_clock("2026-05-07T22:55:00Z");
        post.mode("hold").await;
        let sending = tokio::spawn(async move { round(&first).await });
        post.wait_for(1).await;
        world.set_clock("2026-05-07T23:05:00Z");
        assert_eq!(round(&second).await, Ok(0));
        post.release().await;
        assert_eq!(patiently("it ends", sending).await.expect("a round"), Ok(1));
        assert_eq!(standing(&world).await, ["x SENT 1 -"]);
    }
}

on_postgres! {
    async fn what_is_sent_is_marked_though_the_database_fails_for_a_while(world: World) {
        let mut post = Post::start(&[]).await;
        let core = post.core(&world);
        queue_one(&world, &world.a, "x").await;
        // A sequence counts on though the transaction is rolled back.
        for statement in [
            "create sequence marks",
            "create function fails_twice() returns trigger language plpgsql security definer as \
             $$ begin if nextval('marks') < 3 then raise exception 'not now'; end if; return new; end $$",
            "create trigger fails before update on mail_message for each row when (new.state = 'SENT') \
             execute function fails_twice()",
        ] {
            world.database.eye.execute(statement).await.expect("it is planted");
        }
        assert_eq!(round(&core).await, Ok(1));
        assert_eq!(standing(&world).await, ["x SENT 1 -"]);
        assert_eq!(world.database.eye.texts("select last_value::text from marks").await, ["3"]);
        pass(&world, TimeDelta::days(1));
        assert_eq!(round(&core).await, Ok(0));
        assert_eq!(post.letters().await.len(), 1);
    }
}
