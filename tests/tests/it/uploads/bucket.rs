//! Files in a bucket of S3, on a server that other people wrote.

use std::ops::Deref;
use std::sync::Arc;

use alongside::files::{Attachment, attachment};
use alongside::jobs;
use alongside::upload::model::Media;
use axum::body::to_bytes;
use tests::bucket::Bucket;
use tests::engines::Fixture;
use tests::race::patiently;
use tests::socket::Socket;
use tests::uploads::{announced, pdf, send, sent, sha256, uuid};
use tests::{Engine, World, on_both_databases};

/// A world with a bucket.
struct Stored {
    world: World,
    bucket: Arc<Bucket>,
}

impl Deref for Stored {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl Fixture for Stored {
    async fn open(engine: Engine) -> Self {
        let bucket = Arc::new(Bucket::start().await);
        let world = World::with(engine, |config| bucket.set(&mut config.files)).await;
        Self { world, bucket }
    }

    fn lend(&self) -> Self {
        Self { world: self.world.clone(), bucket: Arc::clone(&self.bucket) }
    }

    async fn close(self) {
        self.world.finish().await;
    }
}

/// Large enough for three parts.
const LARGE: usize = 10 * 1024 * 1024;

on_both_databases! {
    async fn files_go_into_a_bucket_in_parts_and_come_out_as_they_were(world: Stored) {
        for (seed, size) in [(1, 100), (2, 5 * 1024 * 1024), (3, LARGE)] {
            let bytes = pdf(seed, size);
            let id = sent(&world, &world.a, &bytes).await;
            let name = format!("evidence/some/folder/{}", uuid(&id).simple());
            assert!(world.bucket.bytes(&name) == bytes, "{size} bytes");
            let file = Attachment {
                key: uuid(&id), file_name: "a.pdf".to_owned(), media: Media::Pdf,
                size_bytes: i32::try_from(size).expect("small"), sha256: sha256(&bytes),
            };
            let answer = attachment(world.app.files(), &file).await.expect("an answer");
            let body = to_bytes(answer.into_body(), usize::MAX).await.expect("all of it");
            assert!(body == bytes, "{size} bytes");
        }
        assert_eq!(world.bucket.objects().len(), 3, "{:?}", world.bucket.objects());
        assert_eq!(world.files(), [] as [String; 0], "nothing on this machine");
    }

    async fn what_is_refused_or_breaks_off_leaves_no_part_in_the_bucket(world: Stored) {
        let (token, bytes) = (world.coordinator(&world.a), pdf(1, LARGE));
        let id = announced(&world, &world.a, &bytes).await;
        assert_eq!(send(&world, &token, &id, &pdf(2, LARGE)).await.status().as_u16(), 422);
        assert_eq!(world.bucket.objects(), [] as [String; 0]);
        let head = format!(
            "PUT /uploads/{id} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {token}\r\n\
             content-type: application/pdf\r\ncontent-length: {LARGE}\r\n\r\n"
        );
        let mut socket = Socket::open(&world).await;
        socket.send(head).await;
        socket.send(&bytes[..6 * 1024 * 1024]).await;
        let began = async {
            while world.bucket.objects().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        patiently("a part is in the bucket", began).await;
        drop(socket);
        let settled = async {
            while !world.bucket.objects().is_empty() || !world.app.core().tasks().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        patiently("it is taken back", settled).await;
        assert_eq!(send(&world, &token, &id, &bytes).await.status().as_u16(), 201);
        assert_eq!(world.bucket.objects().len(), 1);
    }

    async fn what_nobody_used_goes_from_the_bucket(world: Stored) {
        let id = sent(&world, &world.a, &pdf(1, 100)).await;
        announced(&world, &world.b, &pdf(1, 100)).await;
        assert!(world.app.files().holds(uuid(&id)).await.expect("an answer"));
        world.set_clock("2026-05-02T09:00:00Z");
        assert_eq!(jobs::round(world.app.core(), "upload-sweep").await.expect("a round"), 2);
        assert_eq!(jobs::round(world.app.core(), "file-removal").await.expect("a round"), 2);
        assert_eq!(world.bucket.objects(), [] as [String; 0]);
        assert!(!world.app.files().holds(uuid(&id)).await.expect("an answer"));
    }
}

/// A world whose key the bucket does not know.
struct Locked(Stored);

impl Deref for Locked {
    type Target = World;

    fn deref(&self) -> &World {
        &self.0
    }
}

impl Fixture for Locked {
    async fn open(engine: Engine) -> Self {
        let bucket = Arc::new(Bucket::start().await);
        let world = World::with(engine, |config| {
            bucket.set(&mut config.files);
            "another".clone_into(&mut config.files.s3_secret_access_key);
        });
        Self(Stored { world: world.await, bucket })
    }

    fn lend(&self) -> Self {
        Self(self.0.lend())
    }

    async fn close(self) {
        self.0.close().await;
    }
}

on_both_databases! {
    async fn a_bucket_that_refuses_the_key_is_a_matter_for_later(world: Locked) {
        let bytes = pdf(1, 100);
        let id = announced(&world, &world.a, &bytes).await;
        let answer = send(&world, &world.coordinator(&world.a), &id, &bytes).await;
        assert_eq!(answer.status().as_u16(), 503);
        let body = answer.text().await.expect("text");
        assert!(!body.contains("S3") && !body.contains("another") && !body.contains("evidence"), "{body}");
        world.set_clock("2026-05-02T09:00:00Z");
        assert_eq!(jobs::round(world.app.core(), "upload-sweep").await.expect("a round"), 1);
        assert!(jobs::round(world.app.core(), "file-removal").await.is_err());
        let left = world.database.eye.rows_where("file_removal", "true").await;
        assert_eq!(left, 1, "nothing is said to be gone that may be there");
        assert_eq!(world.0.bucket.objects(), [] as [String; 0]);
    }
}
