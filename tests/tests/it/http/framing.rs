//! Heads, lengths and bodies that break the rules of HTTP: refused, and the connection closed.

use tests::socket::{Socket, post};
use tests::{World, on_sqlite, world_with};

use super::VIEWER;

fn tokens(world: &World) -> [String; 3] {
    let of = |tenant| format!("authorization: Bearer {}\r\n", world.coordinator(tenant));
    [String::new(), of(&world.a), of(&world.b)]
}

/// The status of the answer to `request`, after which the connection must be closed without another.
async fn refused_and_closed(world: &World, request: &[u8]) -> u16 {
    let mut socket = Socket::open(world).await;
    socket.send(request).await;
    let status = socket.answer().await.map_or(0, |answer| answer.status);
    assert_eq!(socket.closed().await, "", "one answer, then the end");
    status
}

world_with! {
    /// A world that waits for a body for a short time only.
    Impatient, |config| config.server.body_timeout_ms = 300
}

on_sqlite! {
    async fn a_message_of_uncertain_length_is_refused(world: World) {
        let body = r#"{"query":"{ viewer { isSignedIn } }"}"#;
        let (length, shorter) = (body.len(), body.len() - 10);
        let hidden = "GET /health/live HTTP/1.1\r\nhost: test\r\n\r\n";
        for token in tokens(&world) {
            let head = format!("POST /graphql HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n{token}");
            for (what, request) in [
                ("two lengths", format!("{head}content-length: {length}\r\ncontent-length: {shorter}\r\n\r\n{body}{hidden}")),
                ("a list of lengths", format!("{head}content-length: {length}, {shorter}\r\n\r\n{body}{hidden}")),
                ("a length with a sign", format!("{head}content-length: +{length}\r\n\r\n{body}{hidden}")),
                ("a negative length", format!("{head}content-length: -1\r\n\r\n{body}{hidden}")),
                ("a length in hexadecimal", format!("{head}content-length: 0x25\r\n\r\n{body}{hidden}")),
                ("a length beyond all", format!("{head}content-length: 99999999999999999999999\r\n\r\n{body}{hidden}")),
                ("a strange coding", format!("{head}transfer-encoding: gzip\r\n\r\n{body}{hidden}")),
                ("chunked not last", format!("{head}transfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n{hidden}")),
                ("a coding within chunks", format!("{head}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n{hidden}")),
                ("chunks within chunks", format!("{head}transfer-encoding: chunked, chunked\r\n\r\n0\r\n\r\n{hidden}")),
                ("two codings", format!("{head}transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n{hidden}")),
                ("a length before a coding", format!("{head}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n{hidden}")),
                ("a coding before a length", format!("{head}transfer-encoding: chunked\r\nContent-Length: 4\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n{hidden}")),
                ("no host", format!("POST /graphql HTTP/1.1\r\ncontent-type: application/json\r\n{token}content-length: {length}\r\n\r\n{body}{hidden}")),
                ("two hosts", format!("{head}host: other\r\ncontent-length: {length}\r\n\r\n{body}{hidden}")),
                ("a folded header", format!("{head}x-a: b\r\n c: d\r\ncontent-length: {length}\r\n\r\n{body}{hidden}")),
                ("a space before the colon", format!("{head}content-length : {length}\r\n\r\n{body}{hidden}")),
                ("a NUL in a header", format!("{head}x-a: \0\r\ncontent-length: {length}\r\n\r\n{body}{hidden}")),
                ("a bare CR in a header", format!("{head}x-a: b\rc: d\r\ncontent-length: {length}\r\n\r\n{body}{hidden}")),
                ("another version", format!("POST /graphql HTTP/3.0\r\nhost: test\r\ncontent-length: {length}\r\n\r\n{body}{hidden}")),
                ("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned()),
                ("no HTTP", "\u{16}\u{3}\u{1}\r\n\r\n".to_owned()),
            ] {
                let before = world.app.core().db().statements();
                let status = refused_and_closed(&world, request.as_bytes()).await;
                assert!(matches!(status, 400 | 505 | 0), "{what}: {status}");
                assert_eq!(world.app.core().db().statements(), before, "{what}");
            }
        }
    }

    async fn a_chunked_body_is_the_last_thing_on_its_connection(world: World) {
        for token in tokens(&world) {
            let body = r#"{"query":"{ viewer { isSignedIn } }"}"#;
            let hidden = "GET /health/live HTTP/1.1\r\nhost: hidden\r\n\r\n";
            let request = format!("POST /graphql HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n{token}transfer-encoding: Chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n{hidden}", body.len());
            assert_eq!(refused_and_closed(&world, request.as_bytes()).await, 200);
        }
    }

    async fn requests_sent_together_are_answered_in_turn_and_each_head_is_looked_at(world: World) {
        for token in tokens(&world) {
            let good = post(VIEWER, &token);
            let bare = post(VIEWER, &format!("{token}x-a: b\nx-c: d\r\n"));
            let mut socket = Socket::open(&world).await;
            socket.send(format!("{good}{good}{bare}{good}")).await;
            for expected in [200, 200, 400] {
                assert_eq!(socket.answer().await.map(|answer| answer.status), Some(expected));
            }
            assert_eq!(socket.closed().await, "");
        }
    }

    async fn bare_line_feeds_do_not_hide_a_second_request(world: World) {
        for token in tokens(&world) {
            let request = post(VIEWER, &format!("{token}x-a: b\nx-c: d\r\nconnection: close\r\n"));
            let mut socket = Socket::open(&world).await;
            socket.send(request).await;
            let status = socket.answer().await.map_or(0, |answer| answer.status);
            assert_eq!(socket.closed().await, "");
            assert!(matches!(status, 400 | 200), "{status}");
        }
    }

    async fn a_body_that_is_too_large_is_refused_before_it_is_sent(world: World) {
        let limit = world.app.config().server.body_limit;
        for token in tokens(&world) {
            let head = format!("POST /graphql HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n{token}");
            let mut announced = Socket::open(&world).await;
            announced.send(format!("{head}content-length: {}\r\n\r\n", limit + 1)).await;
            let answer = announced.answer().await.expect("an answer without a byte of the body");
            assert_eq!(answer.status, 413);
            assert!(answer.body.contains("BAD_USER_INPUT"));
            drop(announced);
            let mut chunked = Socket::open(&world).await;
            chunked.send(format!("{head}transfer-encoding: chunked\r\n\r\n")).await;
            let chunk = format!("1000\r\n{}\r\n", " ".repeat(0x1000));
            for _ in 0..=limit / 0x1000 {
                chunked.send(&chunk).await;
            }
            // The last chunk never comes: what is there already is too much.
            assert_eq!(chunked.answer().await.expect("an answer before the end").status, 413);
        }
    }

    async fn an_answer_before_the_end_of_a_body_says_that_the_connection_ends(world: World) {
        for token in tokens(&world) {
            for (head, expected) in [
                ("POST /graphql HTTP/1.1\r\ncontent-type: text/plain\r\n", 415),
                ("POST /graphql HTTP/1.1\r\ncontent-type: text/plain\r\nexpect: 100-continue\r\n", 415),
                ("PUT /graphql HTTP/1.1\r\ncontent-type: application/json\r\n", 405),
                ("POST /nowhere HTTP/1.1\r\n", 404),
                ("GET /health/live HTTP/1.1\r\n", 200),
            ] {
                let hidden = "GET /health/live HTTP/1.1\r\nhost: test\r\n\r\n";
                let mut socket = Socket::open(&world).await;
                socket.send(format!("{head}host: test\r\n{token}content-length: 60000\r\n\r\n{hidden}")).await;
                let answer = socket.answer().await.expect("an answer");
                assert_eq!((answer.status, answer.header("connection")), (expected, Some("close")), "{head}");
                assert_eq!(socket.closed().await, "");
            }
        }
    }

    async fn more_than_the_announced_length_is_not_read_as_the_body(world: World) {
        for token in tokens(&world) {
            let mut socket = Socket::open(&world).await;
            let body = r#"{"query":"{ viewer { isSignedIn } }"}"#;
            let lying = format!("POST /graphql HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n{token}content-length: {}\r\n\r\n{body}", body.len() - 5);
            socket.send(lying).await;
            let answer = socket.answer().await.expect("an answer");
            assert_eq!(answer.status, 400, "{}", answer.body);
            let rest = socket.answer().await;
            assert!(rest.is_none_or(|answer| answer.status == 400), "the rest is no request");
        }
    }

    async fn a_body_that_does_not_come_is_not_waited_for(world: Impatient) {
        for token in tokens(&world) {
            for body in ["", "{\"query\":"] {
                let mut socket = Socket::open(&world).await;
                socket.send(format!("POST /graphql HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n{token}content-length: 100\r\n\r\n{body}")).await;
                let answer = socket.answer().await.expect("an answer");
                assert_eq!((answer.status, answer.header("connection")), (408, Some("close")));
                assert!(answer.body.contains("BAD_USER_INPUT"), "{}", answer.body);
                assert_eq!(socket.closed().await, "");
            }
        }
    }

    async fn too_large_a_head_is_refused(world: World) {
        for token in tokens(&world) {
            let many: String = (0..10_000).map(|index| format!("x-{index}: y\r\n")).collect();
            let some: String = (0..101).map(|index| format!("x-{index}: y\r\n")).collect();
            let large = format!("cookie: {}\r\n", "x".repeat(1 << 20));
            for headers in [many, some, large] {
                let status = refused_and_closed(&world, post(VIEWER, &format!("{token}{headers}")).as_bytes()).await;
                assert!(matches!(status, 431 | 0), "{status}");
            }
            let long = format!("GET /graphql?query={} HTTP/1.1\r\nhost: test\r\n{token}\r\n", "x".repeat(1 << 20));
            let status = refused_and_closed(&world, long.as_bytes()).await;
            assert!(matches!(status, 431 | 414 | 0), "{status}");
        }
        let mut socket = Socket::open(&world).await;
        socket.send(post(VIEWER, "")).await;
        assert_eq!(socket.answer().await.expect("an answer").status, 200);
    }
}
