//! SeaORM entities, one file per table that the service writes. Enumerations are stored as text with a
//! check constraint; the domain types that give them meaning live in the aggregates.

#![expect(clippy::disallowed_methods, reason = "SeaORM's macro writes calls of its own")]
#![expect(missing_docs, reason = "columns are described where they are read: in the declarations")]

pub mod account;
pub mod audit_chain;
pub mod audit_event;
pub mod bank_holiday;
pub mod board_assignment;
pub mod board_membership;
pub mod board_succession;
pub mod care_board;
pub mod change_proposal;
pub mod competence_item;
pub mod competence_link;
pub mod competence_mapping;
pub mod competence_set;
pub mod declared_gap;
pub mod ended_access;
pub mod idempotency_record;
pub mod import_run;
pub mod licence;
pub mod licence_appeal;
pub mod licence_condition;
pub mod licence_counter;
pub mod licence_decision;
pub mod licence_history;
pub mod licence_programme;
pub mod licence_variation;
pub mod module_prerequisite;
pub mod organisation;
pub mod organisation_identifier;
pub mod organisation_name;
pub mod organisation_succession;
pub mod outbox_event;
pub mod quality_review;
pub mod programme;
pub mod programme_module;
pub mod programme_version;
pub mod person;
pub mod person_account;
pub mod person_duplicate;
pub mod person_email;
pub mod person_id_change;
pub mod person_membership;
pub mod person_name;
pub mod region;
pub mod region_membership;
pub mod role_grant;
pub mod site;
pub mod trainer;
pub mod trainer_accreditation;
pub mod trainer_affiliation;
pub mod trainer_evidence;
pub mod trainer_standardisation;
pub mod trainer_suspension;
