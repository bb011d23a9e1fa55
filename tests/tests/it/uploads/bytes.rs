//! The bytes of uploads: everything that is not what was announced, and clients that go away.

use serde_json::{Value, json};
use tests::race::patiently;
use tests::socket::Socket;
use tests::uploads::{announce, announced, input, pdf, send, sent, sha256, to, uuid};
use tests::{World, on_both_databases, on_sqlite, world_with};

world_with! {
    /// A world that waits for a piece of a body for a short time only.
    Impatient, |config| config.server.body_timeout_ms = 300
}

world_with! {
    /// A world that waits for a whole file for a short time only.
    Hurried, |config| config.files.put_timeout_ms = 300
}

world_with! {
    /// A world with budgets that hardly come back, of its own: Redis may be in any state.
    Poor, |config| {
        config.redis.url.clear();
        config.budget.cost_per_second = 1;
        config.budget.cost_burst = 100;
    }
}

/// The head of a PUT, with more `headers`, each ended by its line break.
fn head(token: &str, id: &str, headers: &str) -> String {
    format!(
        "PUT /uploads/{id} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {token}\r\n{headers}\r\n"
    )
}

/// Status and code of an answer that refuses, whose form must be that of every error.
async fn refused(answer: reqwest::Response) -> (u16, String) {
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    assert_eq!(headers["cache-control"], "no-store");
    let body: Value = answer.json().await.expect("JSON");
    let error = &body["errors"][0];
    assert_eq!(body.as_object().expect("an object").len(), 1, "{body}");
    assert_eq!(
        error["extensions"]["requestId"],
        json!(headers["x-request-id"].to_str().expect("text"))
    );
    (status, error["extensions"]["code"].as_str().expect("a code").to_owned())
}

/// Waits until nothing is on its way into the store.
async fn settled(world: &World) {
    let settled = async {
        while !world.app.core().tasks().is_empty()
            || world.files().iter().any(|name| name.contains('#'))
        {
            tokio::task::yield_now().await;
        }
    };
    patiently("what was begun is taken back", settled).await;
}

on_both_databases! {
    async fn bytes_that_are_not_what_was_announced_are_refused_and_leave_nothing(world: World) {
        let (token, bytes) = (world.coordinator(&world.a), pdf(1, 6000));
        let id = announced(&world, &world.a, &bytes).await;
        let put = |body: &[u8]| to(&world, Some(&token), &id).body(body.to_vec());
        let typed = |media: &str| {
            let request = world.client.put(format!("{}/uploads/{id}", world.base_url)).bearer_auth(&token);
            request.header("content-type", media).body(bytes.clone())
        };
        let untyped = world.client.put(format!("{}/uploads/{id}", world.base_url)).bearer_auth(&token).body(bytes.clone());
        let huge = vec![b' '; 10 * 1024 * 1024 + 1];
        for (what, request, status) in [
            ("longer", put(&pdf(1, 6001)), 413), ("shorter", put(&pdf(1, 5999)), 400), ("none", put(b""), 411),
            ("larger than any file", put(&huge), 413),
            ("another type", typed("image/png"), 415), ("a parameter", typed("application/pdf; x=y"), 415),
            ("no type", untyped, 415), ("two types", typed("application/pdf").header("content-type", "application/pdf"), 415),
            ("an encoding", put(&bytes).header("content-encoding", "gzip"), 415),
            ("a part", put(&bytes).header("content-range", "bytes 0-5999/12000"), 400),
            ("another content of the same type", put(&pdf(2, 6000)), 422),
        ] {
            let answer = request.send().await.expect("the service answers");
            assert_eq!(refused(answer).await, (status, "BAD_USER_INPUT".to_owned()), "{what}");
            settled(&world).await;
            assert_eq!(world.files(), [] as [String; 0], "{what}");
        }
        assert_eq!(send(&world, &token, &id, &bytes).await.status().as_u16(), 201, "none of that spoilt it");
        // A retry, as after an answer that was lost; and one that is none.
        assert_eq!(send(&world, &token, &id, &bytes).await.status().as_u16(), 200);
        assert_eq!(send(&world, &token, &id, &pdf(2, 6000)).await.status().as_u16(), 422);
        assert_eq!(world.files(), [uuid(&id).simple().to_string()]);
        assert_eq!(std::fs::read(world.folder("files").join(&world.files()[0])).expect("it"), bytes);
        let stored = "action = 'staged_upload.stored'";
        assert_eq!(world.database.eye.rows_where("audit_event", stored).await, 1);
    }

    async fn content_of_another_type_than_announced_is_refused_though_its_checksum_is_right(world: World) {
        let token = world.coordinator(&world.a);
        let mut archive = b"PK\x03\x04".to_vec();
        archive.extend_from_slice(b"[Content_Types].xml word/document.xml word/vbaProject.bin");
        let docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
        for (name, media, bytes) in [
            ("a.pdf", "application/pdf", b"<html><script>alert(1)</script>".to_vec()),
            ("a.png", "image/png", pdf(1, 10_000)), ("a.jpg", "image/jpeg", b"GIF89a".to_vec()),
            ("a.txt", "text/plain", b"a\0b".to_vec()), ("a.csv", "text/csv", b"\xA3 5".to_vec()),
            ("a.docx", docx, b"PK\x03\x04 any archive".to_vec()), ("a.docx", docx, archive),
            // Plain only at its end, after all else was stored.
            ("a.txt", "text/plain", [vec![b'a'; 900_000], vec![0xC3]].concat()),
        ] {
            let reply = announce(&world, &token, input(&world.a, name, media, &bytes)).await;
            let id = reply.done("stagedUpload")["id"].as_str().expect("an id").to_owned();
            let request = world.client.put(format!("{}/uploads/{id}", world.base_url)).bearer_auth(&token);
            let answer = request.header("content-type", media).body(bytes).send().await.expect("the service answers");
            assert_eq!(refused(answer).await, (415, "BAD_USER_INPUT".to_owned()), "{name}");
            settled(&world).await;
            assert_eq!(world.files(), [] as [String; 0], "{name}");
        }
    }

    async fn what_is_not_there_or_not_ones_own_looks_alike(world: World) {
        let (token, bytes) = (world.coordinator(&world.a), pdf(1, 100));
        let foreign = announced(&world, &world.b, &bytes).await;
        let mut told = Vec::new();
        for id in [foreign.as_str(), "upl_0000000000000000000000000000000a", "upl_", "x", &world.a.global_id(), &foreign.to_uppercase(), "..%2f..", "%00", "upl_%ff"] {
            let answer = send(&world, &token, id, &bytes).await;
            let mut headers: Vec<String> = answer.headers().keys().map(ToString::to_string).collect();
            headers.sort();
            let (status, mut body) = (answer.status().as_u16(), answer.json::<Value>().await.expect("JSON"));
            body["errors"][0]["extensions"]["requestId"].take();
            told.push((status, headers, body));
        }
        assert_eq!((told[0].0, &told[0].2["errors"][0]["extensions"]["code"]), (404, &json!("NOT_FOUND")));
        assert!(told.iter().all(|one| *one == told[0]), "{told:#?}");
    }

    async fn a_client_that_hangs_up_leaves_nothing_and_can_send_again(world: World) {
        let (token, bytes) = (world.coordinator(&world.a), pdf(1, 2_000_000));
        let id = announced(&world, &world.a, &bytes).await;
        let head = head(&token, &id, "content-type: application/pdf\r\ncontent-length: 2000000\r\n");
        for (sent, begun) in [(0, false), (1, false), (300_000, true), (1_999_999, true)] {
            let mut socket = Socket::open(&world).await;
            socket.send(&head).await;
            socket.send(&bytes[..sent]).await;
            if begun {
                let began = async {
                    while world.files().is_empty() {
                        tokio::task::yield_now().await;
                    }
                };
                patiently("something of it is stored", began).await;
            }
            drop(socket);
            settled(&world).await;
            assert_eq!(world.files(), [] as [String; 0], "after {sent} bytes");
        }
        assert_eq!(send(&world, &token, &id, &bytes).await.status().as_u16(), 201);
        assert_eq!(world.files(), [uuid(&id).simple().to_string()]);
        assert_eq!(world.database.eye.rows_where("audit_event", "action = 'staged_upload.stored'").await, 1);
    }

    async fn a_length_that_is_missing_or_lies_is_refused(world: World) {
        let (token, bytes) = (world.coordinator(&world.a), pdf(1, 100));
        let id = announced(&world, &world.a, &bytes).await;
        let pdf = "content-type: application/pdf\r\n";
        // Chunks: nobody knows how many.
        let mut chunked = Socket::open(&world).await;
        chunked.send(head(&token, &id, &format!("{pdf}transfer-encoding: chunked\r\n"))).await;
        let answer = chunked.answer().await.expect("an answer before a byte of the body");
        assert_eq!((answer.status, answer.header("connection")), (411, Some("close")));
        assert!(answer.body.contains("BAD_USER_INPUT"));
        // More than it says: what comes after is another request, and none.
        let mut more = Socket::open(&world).await;
        more.send(head(&token, &id, &format!("{pdf}content-length: 100\r\n"))).await;
        more.send([&bytes[..], b"and more\r\n\r\n"].concat()).await;
        assert_eq!(more.answer().await.map(|answer| answer.status), Some(201), "the file itself is whole");
        let rest = more.closed().await;
        assert!(rest.is_empty() || rest.starts_with("HTTP/1.1 400"), "{rest}");
        let files = world.files();
        assert_eq!(std::fs::read(world.folder("files").join(&files[0])).expect("it"), bytes);
        // Two lengths, and such as are none.
        for length in ["content-length: 100\r\ncontent-length: 101\r\n", "content-length: -1\r\n", "content-length: x\r\n"] {
            let mut odd = Socket::open(&world).await;
            odd.send(head(&token, &id, &format!("{pdf}{length}"))).await;
            assert_eq!(odd.answer().await.map(|answer| answer.status), Some(400), "{length}");
        }
        assert_eq!(world.files(), files);
    }
}

on_sqlite! {
    async fn who_sends_no_token_or_uses_another_method_hears_so(world: World) {
        let bytes = pdf(1, 100);
        let id = announced(&world, &world.a, &bytes).await;
        let url = format!("{}/uploads/{id}", world.base_url);
        let put = || world.client.put(&url).header("content-type", "application/pdf").body(bytes.clone());
        for request in [put(), put().bearer_auth("x"), put().header("authorization", "Basic x"), put().bearer_auth(world.coordinator(&world.a)).bearer_auth("x")] {
            let answer = request.send().await.expect("an answer");
            assert_eq!(answer.headers()["www-authenticate"], "Bearer");
            let text = answer.text().await.expect("text");
            assert!(text.contains("\"send a valid bearer token\"") && text.contains("UNAUTHENTICATED"), "{text}");
        }
        for method in ["GET", "POST", "DELETE", "PATCH", "OPTIONS"] {
            let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
            let answer = world.client.request(method, &url).bearer_auth(world.coordinator(&world.a)).send().await.expect("an answer");
            assert_eq!(answer.headers()["allow"], "PUT");
            assert_eq!(refused(answer).await, (405, "BAD_USER_INPUT".to_owned()));
        }
        assert_eq!(world.files(), [] as [String; 0]);
    }

    async fn a_body_that_creeps_is_given_up(world: Impatient) {
        let (token, bytes) = (world.coordinator(&world.a), pdf(1, 500_000));
        let id = announced(&world, &world.a, &bytes).await;
        let mut socket = Socket::open(&world).await;
        socket.send(head(&token, &id, "content-type: application/pdf\r\ncontent-length: 500000\r\n")).await;
        socket.send(&bytes[..400_000]).await;
        assert_eq!(socket.answer().await.map(|answer| answer.status), Some(408));
        assert_eq!(socket.closed().await, "");
        settled(&world).await;
        assert_eq!(world.files(), [] as [String; 0]);
    }

    async fn a_body_that_never_stops_creeping_is_given_up_too(world: Hurried) {
        let (token, bytes) = (world.coordinator(&world.a), pdf(1, 500_000));
        let id = announced(&world, &world.a, &bytes).await;
        let mut socket = Socket::open(&world).await;
        socket.send(head(&token, &id, "content-type: application/pdf\r\ncontent-length: 500000\r\n")).await;
        // A byte at a time, without an end.
        for byte in &bytes {
            if !socket.is_silent() || !socket.send([*byte]).await {
                break;
            }
            tokio::task::yield_now().await;
        }
        assert_eq!(socket.answer().await.map(|answer| answer.status), Some(408));
        settled(&world).await;
        assert_eq!(world.files(), [] as [String; 0]);
    }

    async fn bytes_cost_as_much_as_requests_would(world: Poor) {
        let bytes = pdf(1, 4 * 1024 * 1024);
        let (token, id) = (world.coordinator(&world.a), announced(&world, &world.a, &bytes).await);
        let answer = send(&world, &token, &id, &bytes).await;
        assert_eq!(answer.status().as_u16(), 201);
        let answer = send(&world, &token, &id, &bytes).await;
        assert!(answer.headers().contains_key("retry-after"));
        assert_eq!(refused(answer).await, (429, "RATE_LIMITED".to_owned()));
    }

    async fn a_store_that_cannot_be_written_is_a_matter_for_later(world: World) {
        let bytes = pdf(1, 100);
        let (token, id) = (world.coordinator(&world.a), announced(&world, &world.a, &bytes).await);
        std::fs::write(world.folder("files"), b"no folder").expect("a file in its place");
        let answer = send(&world, &token, &id, &bytes).await;
        assert!(answer.headers().contains_key("retry-after"));
        assert_eq!(refused(answer).await, (503, "UNAVAILABLE".to_owned()));
        std::fs::remove_file(world.folder("files")).expect("it goes");
        assert_eq!(send(&world, &token, &id, &bytes).await.status().as_u16(), 201);
        assert_eq!(sent(&world, &world.b, &bytes).await.len(), 36);
        assert_eq!(sha256(&bytes).len(), 64);
    }
}
