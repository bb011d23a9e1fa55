//! What holds of the rows of staged uploads.

use crate::verify::Invariant;

/// Each as a query that gives one line of text for each violation.
pub const QUERIES: &[Invariant] = &[
    (
        "the version of an upload is the number of its audit events",
        "select 'version and audit events differ: an upload that is ' || u.state from staged_upload u \
         where u.version <> (select count(*) from audit_event e \
           where e.entity_type = 'staged_upload' and e.entity_id = u.id)",
    ),
    (
        "an upload is stored and used after it was announced, and used before its time is over",
        "select 'out of order: an upload that is ' || u.state from staged_upload u \
         where u.stored_at < u.created_at or u.used_at < u.stored_at \
           or u.stored_at >= u.expires_at or u.used_at >= u.expires_at",
    ),
    (
        "no upload that can still be used has its file deleted",
        "select 'its file is deleted: an upload that is ' || u.state from staged_upload u \
         join file_removal r on r.key = u.id where u.state in ('PENDING','STORED')",
    ),
];
