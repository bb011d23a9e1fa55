//! An S3 server with a bucket of a test's own. It is other people's, checks signatures, and keeps its objects in a
//! folder.

use std::path::Path;

use alongside::config::FileSettings;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The bucket and the key to it.
const BUCKET: &str = "evidence";
const KEY: (&str, &str) = ("alongside", "not-a-secret");

/// A running server; it ends with this.
pub struct Bucket {
    folder: TempDir,
    endpoint: String,
    task: JoinHandle<()>,
}

impl Drop for Bucket {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Bucket {
    /// Starts one on a free port.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder for objects");
        std::fs::create_dir(folder.path().join(BUCKET)).expect("a bucket");
        let mut service = S3ServiceBuilder::new(FileSystem::new(folder.path()).expect("a server"));
        service.set_auth(SimpleAuth::from_single(KEY.0, KEY.1));
        let service = service.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let connection = http1::Builder::new();
                tokio::spawn(connection.serve_connection(TokioIo::new(stream), service.clone()));
            }
        });
        Self { folder, endpoint, task }
    }

    /// Makes `settings` name a folder of this bucket.
    pub fn set(&self, settings: &mut FileSettings) {
        settings.url = format!("s3://{BUCKET}/some/folder");
        settings.s3_endpoint.clone_from(&self.endpoint);
        "eu-west-2".clone_into(&mut settings.s3_region);
        KEY.0.clone_into(&mut settings.s3_access_key_id);
        KEY.1.clone_into(&mut settings.s3_secret_access_key);
    }

    /// The names of all that it holds, parts of what is under way among them; without its own notes.
    #[must_use]
    pub fn objects(&self) -> Vec<String> {
        let (mut open, mut found) = (vec![self.folder.path().to_owned()], Vec::new());
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(&folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    found.push(self.name(&path));
                }
            }
        }
        found.retain(|name| !name.ends_with(".json"));
        found.sort();
        found
    }

    /// The bytes of an object.
    #[must_use]
    pub fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.folder.path().join(name)).expect("an object")
    }

    fn name(&self, path: &Path) -> String {
        path.strip_prefix(self.folder.path()).expect("below it").display().to_string()
    }
}
