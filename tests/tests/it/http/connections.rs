//! Connections: how many, how slow each may be, and whose they are.

use serde_json::json;
use tests::race::at_once;
use tests::socket::{Answer, Socket, post};
use tests::{World, on_sqlite, world_with};

use super::VIEWER;

fn authorization(world: &World) -> [String; 3] {
    let of = |tenant| format!("authorization: Bearer {}\r\n", world.coordinator(tenant));
    [String::new(), of(&world.a), of(&world.b)]
}

/// Asserts that plain questions of everybody are answered.
async fn others_are_served(world: &World) {
    for headers in authorization(world) {
        let mut socket = Socket::open(world).await;
        assert!(socket.send(post(VIEWER, &headers)).await);
        assert_eq!(socket.answer().await.map(|answer| answer.status), Some(200));
    }
}

world_with! {
    /// A world without patience for slow heads.
    SlowHeads, |config| {
        config.server.header_timeout_ms = 1000;
        config.server.idle_timeout_ms = 600_000;
    }
}

world_with! {
    /// A world that soon closes a connection on which nothing happens.
    Idle, |config| {
        config.server.header_timeout_ms = 600_000;
        config.server.idle_timeout_ms = 500;
    }
}

world_with! {
    /// A world without patience for those who do not take their answers.
    SlowReaders, |config| {
        config.server.header_timeout_ms = 600_000;
        config.server.idle_timeout_ms = 600_000;
        config.server.write_timeout_ms = 300;
    }
}

world_with! {
    /// A world for two connections.
    Narrow, |config| config.server.max_connections = 2
}

world_with! {
    /// A world behind a proxy on this machine, with budgets that hardly come back.
    Proxied, |config| {
        config.server.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network"), "10.0.0.0/8".parse().expect("a network")];
        config.redis.url.clear();
        config.budget.cost_per_second = 1;
        config.budget.cost_burst = 100_000;
    }
}

world_with! {
    /// A world without a proxy, with budgets that hardly come back.
    Direct, |config| {
        config.redis.url.clear();
        config.budget.cost_per_second = 1;
        config.budget.cost_burst = 100_000;
    }
}

on_sqlite! {
    async fn heads_that_do_not_come_hold_nobody_up(world: SlowHeads) {
        let mut slow = Vec::new();
        for index in 0..200 {
            let mut socket = Socket::open(&world).await;
            socket.send(&"POST /graphql HTTP/1.1\r\nx-a: "[..=index % 25]).await;
            slow.push(socket);
        }
        others_are_served(&world).await;
        for socket in slow {
            let said = socket.closed().await;
            assert!(said.is_empty() || said.starts_with("HTTP/1.1 408"), "{said}");
        }
        others_are_served(&world).await;
    }

    async fn a_head_after_an_answer_has_its_time_too(world: SlowHeads) {
        for headers in authorization(&world) {
            let mut socket = Socket::open(&world).await;
            for _ in 0..3 {
                socket.send(post(VIEWER, &headers)).await;
                assert_eq!(socket.answer().await.map(|answer| answer.status), Some(200));
            }
            socket.send("G").await;
            assert_eq!(socket.closed().await, "");
        }
    }

    async fn a_connection_on_which_nothing_happens_is_closed(world: Idle) {
        assert_eq!(Socket::open(&world).await.closed().await, "", "nothing was ever sent");
        for headers in authorization(&world) {
            let mut socket = Socket::open(&world).await;
            socket.send(post(VIEWER, &headers)).await;
            assert_eq!(socket.answer().await.map(|answer| answer.status), Some(200));
            assert_eq!(socket.closed().await, "", "nothing more was sent");
        }
    }

    async fn a_client_that_takes_no_byte_of_its_answers_is_cut_off(world: SlowReaders) {
        for headers in authorization(&world) {
            let mut deaf = Socket::open(&world).await;
            let request = format!("GET /schema.graphql HTTP/1.1\r\nhost: test\r\n{headers}\r\n").repeat(50);
            // Until nothing more is taken, because the service has closed the connection.
            while deaf.send(&request).await {}
            others_are_served(&world).await;
        }
    }

    async fn further_connections_wait_for_a_place(world: Narrow) {
        let [public, a, b] = authorization(&world);
        let mut first = Socket::open(&world).await;
        let mut second = Socket::open(&world).await;
        for (socket, headers) in [(&mut first, &a), (&mut second, &b)] {
            socket.send(post(VIEWER, headers)).await;
            assert_eq!(socket.answer().await.map(|answer| answer.status), Some(200));
        }
        let mut third = Socket::open(&world).await;
        third.send(post(VIEWER, &public)).await;
        for _ in 0..20 {
            first.send(post(VIEWER, &a)).await;
            assert_eq!(first.answer().await.map(|answer| answer.status), Some(200));
        }
        assert!(third.is_silent(), "it has no place");
        drop(second);
        assert_eq!(third.answer().await.map(|answer| answer.status), Some(200));
    }

    async fn connections_that_hang_up_leave_their_place(world: Narrow) {
        at_once(60, |index| {
            let world = World::clone(&world);
            async move {
                let mut socket = Socket::open(&world).await;
                let text = post("{ organisations { nodes { name } } }", "");
                let sent = &text.as_bytes()[..text.len() * (index % 4 + 1) / 4];
                socket.send(sent).await
            }
        })
        .await;
        others_are_served(&world).await;
    }

    async fn an_address_is_believed_only_from_a_proxy_that_is_trusted(world: Direct) {
        let mut left = Vec::new();
        for forwarded in ["198.51.100.1", "198.51.100.2", "127.0.0.1", "nonsense"] {
            left.push(cost_left(&ask(&world, &format!("x-forwarded-for: {forwarded}\r\n")).await));
        }
        assert!(left.windows(2).all(|pair| pair[1] + 500 < pair[0]), "one payer: {left:?}");
        for tenant in [&world.a, &world.b] {
            let headers = format!("authorization: Bearer {}\r\nx-forwarded-for: 198.51.100.1\r\n", world.coordinator(tenant));
            assert!(cost_left(&ask(&world, &headers).await) > 98_000, "an account pays for itself");
        }
    }

    async fn behind_a_proxy_each_address_pays_for_itself(world: Proxied) {
        let left = async |forwarded: &str| cost_left(&ask(&world, &format!("x-forwarded-for: {forwarded}\r\n")).await);
        let full = left("198.51.100.1").await;
        assert!(full > 98_000, "{full}");
        assert!(left("198.51.100.1").await + 500 < full, "the same pays again");
        assert!(left("198.51.100.2").await + 10 >= full, "another pays for itself");
        assert!(left("203.0.113.9, 198.51.100.3").await + 10 >= full);
        assert!(left("203.0.113.10, 198.51.100.3").await + 500 < full, "what a client says of itself counts for nothing");
        assert!(left("198.51.100.4, 10.1.2.3").await + 10 >= full, "a chain of proxies");
        assert!(left("198.51.100.4").await + 500 < full);
        assert!(left("2001:db8::1").await + 10 >= full);
        assert!(left("2001:db8::ffff:1").await + 500 < full, "a network of IPv6 is one payer");
        for tenant in [&world.a, &world.b] {
            let headers = format!("authorization: Bearer {}\r\nx-forwarded-for: 198.51.100.1\r\n", world.coordinator(tenant));
            assert!(cost_left(&ask(&world, &headers).await) + 10 >= full);
        }
    }
}

/// A question that costs more than comes back within the test.
async fn ask(world: &World, headers: &str) -> Answer {
    let document = "{ organisations(first: 100) { nodes { sites(first: 4) { nodes { id } } } } }";
    let mut socket = Socket::open(world).await;
    socket.send(post(document, headers)).await;
    let answer = socket.answer().await.expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer
}

/// The cost that is left, by the header of the standard.
fn cost_left(answer: &Answer) -> u64 {
    let header = answer.header("ratelimit").expect("the header");
    let cost = header.split("\"cost\";r=").nth(1).and_then(|rest| rest.split(';').next());
    let cost = cost.and_then(|cost| cost.parse().ok());
    cost.unwrap_or_else(|| unreachable!("a number in {}", json!(header)))
}
