//! The audit trail as it can be read.

use crate::actor::Permission;
use crate::read::declaration::{Rows, Way, id, instant, int, text};
use crate::readable;

readable! {
    /// One change, sealed into the hash chain of its organisation. Names fields, never values.
    pub AuditEvent = Rows::of("audit_event", "aud")
        .visible_to(&[
            Way::Nation(Permission::SeeAudit),
            Way::Organisation("t.chain", Permission::SeeAudit),
        ])
        .ordered_by("sequence");
    /// The id of the event.
    id: id("aud"),
    /// Where it stands in its chain, from 1 without gaps.
    sequence: int("cast(t.seq as integer)").ordered(),
    /// When.
    at: instant("t.at").filtered(),
    /// What was done.
    action: text("t.action").filtered(),
    /// The role that allowed it.
    actingAs: text("t.acting_as"),
    /// What kind of record changed.
    entityType: text("t.entity_type"),
    /// The record's version after the change.
    entityVersion: int("t.entity_version"),
    /// The fields that changed, separated by spaces.
    fields: text("t.fields"),
    /// The request, for support.
    requestId: text("t.request_id"),
    /// The hash of the event before it.
    previousHash: text("t.previous_hash"),
    /// The hash that seals it.
    hash: text("t.hash"),
}
