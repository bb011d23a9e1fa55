//! The database schema: it comes and goes as a whole, says the same on both engines, and on
//! PostgreSQL every table is behind row security.

use std::collections::BTreeSet;

use migration::Migrator;
use sea_orm_migration::MigratorTrait as _;
use tests::eye::Eye;
use tests::{Database, Engine, on_both_databases, on_postgres, on_sqlite};

on_both_databases! {
    async fn the_schema_can_be_taken_down_and_put_up_again(database: Database) {
        let owner = database.owner().await;
        Migrator::up(&owner, None).await.expect("up");
        let first = database.eye.contents().await;
        Migrator::down(&owner, None).await.expect("down");
        assert_eq!(database.eye.tables().await, [] as [String; 0]);
        Migrator::up(&owner, None).await.expect("up again");
        let changes = database.eye.contents().await.changes_since(&first);
        assert_eq!(changes, [] as [String; 0], "reference data is the same, identifiers included");
    }

    async fn each_migration_can_be_taken_down_alone(database: Database) {
        let owner = database.owner().await;
        Migrator::up(&owner, None).await.expect("up");
        for _ in Migrator::migrations() {
            Migrator::down(&owner, Some(1)).await.expect("one down");
        }
        assert_eq!(database.eye.tables().await, [] as [String; 0]);
    }

    async fn what_hangs_on_a_course_passes_on_with_it(database: Database) {
        up(&database).await;
        let stays = match database.engine {
            Engine::Postgres => {
                "select c.relname::text from pg_class c where c.relnamespace = current_schema()::regnamespace \
                 and c.relkind = 'r' and c.relname not in ('course', 'course_deliverer') \
                 and exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'organisation_id') \
                 and exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname in ('course_id', 'enrolment_id')) \
                 and not exists (select 1 from pg_constraint f join pg_attribute a on a.attrelid = c.oid \
                   and a.attname = 'organisation_id' and a.attnum = any (f.conkey) \
                   where f.conrelid = c.oid and f.contype = 'f' and f.confupdtype = 'c') order by 1"
            }
            Engine::Sqlite => {
                "select t.name from sqlite_master t where t.type = 'table' and t.name not in ('course', 'course_deliverer') \
                 and exists (select 1 from pragma_table_info(t.name) c where c.name = 'organisation_id') \
                 and exists (select 1 from pragma_table_info(t.name) c where c.name in ('course_id', 'enrolment_id')) \
                 and not exists (select 1 from pragma_foreign_key_list(t.name) f \
                   where f.\"from\" = 'organisation_id' and f.on_update = 'CASCADE') order by 1"
            }
        };
        // A proof belongs to whoever issued it, a place on the unassigned list to whoever left it.
        assert_eq!(database.eye.texts(stays).await, ["credential", "succession_assignment"]);
    }

    async fn the_status_tells_what_is_left_to_apply(database: Database) {
        let owner = database.owner().await;
        let pending =
            async || Migrator::get_pending_migrations(&owner).await.expect("the status").len();
        assert_eq!(pending().await, Migrator::migrations().len());
        Migrator::up(&owner, Some(2)).await.expect("two up");
        assert_eq!(pending().await, Migrator::migrations().len() - 2);
        Migrator::up(&owner, None).await.expect("up");
        assert_eq!(pending().await, 0);
        Migrator::up(&owner, None).await.expect("nothing left to do");
    }
}

on_sqlite! {
    async fn every_table_of_sqlite_is_strict(database: Database) {
        up(&database).await;
        let loose = database.eye.texts(
            "select name from pragma_table_list where schema = 'main' and type = 'table' and strict = 0 \
             and name not like 'sqlite_%' and name <> 'seaql_migrations'",
        );
        assert_eq!(loose.await, [] as [String; 0]);
    }
}

on_postgres! {
    async fn both_engines_have_the_same_tables_and_columns(postgres: Database) {
        up(&postgres).await;
        let sqlite = Database::migrated(Engine::Sqlite).await;
        assert_eq!(columns(&postgres).await, columns(&sqlite).await);
    }

    async fn no_table_lies_outside_row_security(database: Database) {
        up(&database).await;
        assert_eq!(gaps(&database.eye).await, [] as [String; 0]);
    }

    async fn control_a_gap_in_row_security_is_found(database: Database) {
        up(&database).await;
        for (plant, found) in PLANTS {
            let owner = database.owner().await;
            sea_orm::ConnectionTrait::execute_unprepared(&owner, plant).await.expect("planted");
            let gaps = gaps(&database.eye).await;
            assert!(gaps.iter().any(|gap| gap.starts_with(found)), "{found}, not {gaps:?}");
        }
    }

    async fn the_roles_of_the_service_own_nothing_and_bypass_nothing(database: Database) {
        up(&database).await;
        let owned = "select classid::regclass::text || ' ' || objid from pg_shdepend where deptype = 'o' \
             and refobjid in ('alongside_app'::regrole, 'alongside_service'::regrole)";
        assert_eq!(database.eye.texts(owned).await, [] as [String; 0]);
        let mighty = "select rolname::text from pg_roles where rolname like 'alongside%' \
             and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)";
        assert_eq!(database.eye.texts(mighty).await, [] as [String; 0]);
    }

    async fn unique_indexes_on_private_tables_begin_with_the_tenant_or_have_a_reason(
        database: Database,
    ) {
        up(&database).await;
        let listed = UNIQUE.map(|(index, _reason)| index.to_owned());
        assert_eq!(private_unique_indexes(&database.eye).await, listed);
    }
}

/// Applies every migration.
async fn up(database: &Database) {
    Migrator::up(&database.owner().await, None).await.expect("up");
}

/// Every column as `table.column`, with `!` where it may not be null.
async fn columns(database: &Database) -> BTreeSet<String> {
    let sql = match database.engine {
        Engine::Postgres => {
            "select table_name || '.' || column_name || case is_nullable when 'NO' then '!' else '' end \
             from information_schema.columns where table_schema = current_schema() \
             and table_name <> 'seaql_migrations'"
        }
        Engine::Sqlite => {
            "select t.name || '.' || c.name || case c.\"notnull\" when 1 then '!' else '' end \
             from sqlite_master t join pragma_table_info(t.name) c \
             where t.type = 'table' and t.name not like 'sqlite_%' and t.name <> 'seaql_migrations'"
        }
    };
    database.eye.texts(sql).await.into_iter().collect()
}

/// The tables of the schema in which a test runs, as a condition on `pg_class c`.
const TABLES: &str = "c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')";

/// The tables whose rows may be taken away: the parts of a draft, links that a merge gives to another, offers of
/// places, files that are deleted by now, interest that is kept no longer, the mark of a restriction, and what a trainee ticked off.
const PARTS: &str = "'programme_module', 'module_prerequisite', 'competence_mapping', 'declared_gap', \
     'course_trainer', 'course_session', 'session_module', 'teaching_assignment', 'session_place', 'session_guest', \
     'course_partner', 'readiness_domain', 'readiness_indicator', 'readiness_mapping', 'file_removal', \
     'course_interest', 'application_note', 'restricted_person', 'module_preparation', 'evaluation_participation'";

/// What would be outside row security: each look-up names what it finds.
async fn gaps(eye: &Eye) -> Vec<String> {
    let of_tables = |what: &str, condition: &str| {
        format!(
            "select '{what}: ' || c.relname from pg_class c where {TABLES} \
             and c.relname <> 'seaql_migrations' and {condition}"
        )
    };
    let of_policies = |what: &str, condition: &str| {
        format!(
            "select '{what}: ' || p.polname from pg_policy p join pg_class c on c.oid = p.polrelid \
             where {TABLES} and {condition}"
        )
    };
    let of_rights = |what: &str, right: &str, condition: &str| {
        format!(
            "select '{what}: ' || c.relname || ' to ' || r from pg_class c, \
             unnest(array['alongside_service', 'alongside_app', 'public']) r where {TABLES} \
             and has_table_privilege(r, c.oid, '{right}') and {condition}"
        )
    };
    let within = "= current_schema()::regnamespace";
    let lookups = [
        of_tables("row security is off", "not c.relrowsecurity"),
        of_tables("row security spares the owner", "not c.relforcerowsecurity"),
        of_tables(
            "no policy for reading",
            "not exists (select from pg_policy p where p.polrelid = c.oid and p.polcmd = 'r')",
        ),
        of_policies(
            "writes without a check",
            "p.polcmd in ('a', 'w', '*') and p.polwithcheck is null",
        ),
        of_policies(
            "writes for everyone",
            "p.polcmd in ('a', 'w', '*') and pg_get_expr(p.polwithcheck, p.polrelid) = 'true'",
        ),
        of_policies("a policy for everything at once", "p.polcmd = '*'"),
        // The parts of a draft are taken away again; triggers keep those of a published version.
        of_rights("may delete", "DELETE", &format!("c.relname not in ({PARTS})")),
        of_tables(
            "deletes without a policy",
            &format!(
                "c.relname in ({PARTS}) and not exists \
                 (select from pg_policy p where p.polrelid = c.oid and p.polcmd = 'd')"
            ),
        ),
        of_policies(
            "deletes for everyone",
            "p.polcmd = 'd' and pg_get_expr(p.polqual, p.polrelid) = 'true'",
        ),
        of_rights("may empty", "TRUNCATE", "true"),
        of_rights("may add triggers", "TRIGGER", "true"),
        of_rights(
            "may change what is written once",
            "UPDATE",
            "c.relname in ('audit_event', 'import_run', 'person_id_change', 'trainer_evidence', \
             'employer_agreement_programme')",
        ),
        format!(
            "select 'a view that sees as its owner: ' || relname from pg_class \
             where relnamespace {within} and relkind = 'v' \
             and not coalesce(reloptions @> array['security_invoker=true'], false)"
        ),
        format!(
            "select 'a stored view: ' || relname from pg_class \
             where relnamespace {within} and relkind = 'm'"
        ),
        format!(
            "select 'a function that runs as its owner: ' || proname from pg_proc \
             where pronamespace {within} and prosecdef"
        ),
    ];
    eye.texts(&lookups.join(" union all ")).await
}

/// A change to the schema for each gap, and how the gap is called.
const PLANTS: [(&str, &str); 13] = [
    ("alter table region disable row level security", "row security is off: region"),
    ("alter table site no force row level security", "row security spares the owner: site"),
    ("drop policy account_read on account", "no policy for reading: account"),
    (
        "create policy planted on dataset for update using (false)",
        "writes without a check: planted",
    ),
    ("create policy open on value_set for insert with check (true)", "writes for everyone: open"),
    (
        "create policy broad on value_item using (false) with check (false)",
        "a policy for everything at once: broad",
    ),
    (
        "grant delete on outbox_event to alongside_service",
        "may delete: outbox_event to alongside_service",
    ),
    ("drop policy declared_gap_delete on declared_gap", "deletes without a policy: declared_gap"),
    ("grant truncate on organisation to public", "may empty: organisation to public"),
    ("grant trigger on ons_code to alongside_app", "may add triggers: ons_code to alongside_app"),
    (
        "grant update on audit_event to alongside_service",
        "may change what is written once: audit_event to alongside_service",
    ),
    ("create view seen as select * from role_grant", "a view that sees as its owner: seen"),
    (
        "create function raised() returns int language sql security definer as 'select 1'",
        "a function that runs as its owner: raised",
    ),
];

/// The unique indexes, beyond primary keys, on tables whose rows not everyone may see: a row that
/// nobody may see can still be felt through a unique index. Each that does not begin with the tenant
/// stands here with the reason why nothing is learnt that way.
const UNIQUE: [(&str, &str); 87] = [
    (
        "account (issuer, subject)",
        "only the national team writes accounts, and it sees all of them",
    ),
    (
        "application (course_id, person_id)",
        "the applicant alone writes it, and sees every application of the own person",
    ),
    (
        "application (interest_id)",
        "who starts an application holds the interest's secret, longer than anybody guesses",
    ),
    ("assignment_attempt (enrolment_id, number)", "whoever hands in has locked the own enrolment"),
    (
        "attendance_module (record_id, module_id)",
        "begins with the record, which the same transaction wrote",
    ),
    ("attendance_record (amends_id)", "whoever amends has locked the enrolment"),
    ("attendance_record (enrolment_id, session_id)", "whoever records has locked the enrolment"),
    ("audit_event (chain, seq)", "begins with the tenant"),
    (
        "audit_event (entity_type, entity_id, entity_version)",
        "whoever writes an event has locked the entity, and so sees it",
    ),
    (
        "carried_credit (enrolment_id, origin_id)",
        "whoever transfers has locked the one and made the other",
    ),
    ("competence_mapping (module_id, competence_id)", "whoever maps has locked the version"),
    ("consent (credential_id)", "only the holder lists a credential, and sees the own consents"),
    (
        "consent (person_id, purpose)",
        "the person and the nation alone write it, and see those of the person",
    ),
    ("consent (trainer_id)", "only the trainer lists a profile, and sees the own consents"),
    (
        "course (coded_by_id, code)",
        "codes come from the organisation's own counter, which only its writers and the nation move",
    ),
    ("course (id, programme_version_id)", "begins with the row itself"),
    ("course (start_on, id)", "ends with the row itself, whose id no client chooses"),
    (
        "course_deliverer (course_id)",
        "whoever lets another deliver a course has locked the course, and so sees it",
    ),
    (
        "course_evaluation (course_id)",
        "only the service writes sums, for whoever answers about a course of their own",
    ),
    ("course_interest (token_sha256)", "the service draws secrets, longer than anybody guesses"),
    ("course_session (course_id, id)", "whoever writes has locked the course"),
    ("course_session (id, starts_at, ends_at)", "begins with the row itself"),
    (
        "credential (accreditation_id)",
        "whoever issues has locked the accreditation, and so sees it",
    ),
    ("credential (decision_id)", "whoever issues has taken the decision"),
    ("credential (licence_id)", "whoever issues has locked the licence, and so sees it"),
    ("credential (public_token)", "the service draws tokens, longer than anybody guesses"),
    (
        "credential (status_list, status_index)",
        "the service draws places; which are taken is nobody's business and tells of no one",
    ),
    ("declared_gap (version_id, competence_id)", "whoever lists has locked the version"),
    (
        "enrolment (course_id, person_id)",
        "whoever enrols has locked the course, and sees who is on it",
    ),
    ("enrolment (origin_id)", "whoever transfers has locked the one that is gone on from"),
    (
        "enrolment (person_id, programme_type)",
        "one live enrolment nationally: a second one is held for the national team, and nobody learns more",
    ),
    (
        "enrolment_import_row (import_id, number)",
        "whoever sends a list has made it, and so sees it",
    ),
    ("equality_answer (spent_sha256)", "the service draws secrets, longer than anybody guesses"),
    ("erasure_decision (request_id, class)", "whoever decides has locked the request, and sees it"),
    ("erasure_request (person_id)", "the person sees the own request, and the officer all"),
    (
        "evaluation_participation (enrolment_id)",
        "only the service writes it, for the person of the enrolment",
    ),
    (
        "evaluation_tally (evaluation_id, statement_id)",
        "only the service writes sums, and begins with the row that it has locked",
    ),
    ("graduate_destination (amends_id)", "whoever amends has locked the enrolment"),
    (
        "graduate_destination (enrolment_id, asked_after_months)",
        "whoever tells has locked the enrolment",
    ),
    ("graduation_decision (course_id, id)", "ends with the row itself, whose id no client chooses"),
    ("graduation_decision (enrolment_id)", "whoever decides has locked the enrolment"),
    ("idempotency_record (account_id, key)", "begins with the account"),
    ("licence (number)", "the service's counter gives numbers, and each is public from then on"),
    ("licence_counter (year)", "only the national team writes it"),
    ("licence_decision (licence_id)", "whoever proposes has locked the licence, and so sees it"),
    ("make_up (enrolment_id, session_id)", "whoever asks or records has locked the enrolment"),
    (
        "module_preparation (enrolment_id, module_id, kind)",
        "whoever ticks off has locked the own enrolment",
    ),
    ("module_prerequisite (module_id, requires_id)", "whoever writes has locked the version"),
    ("module_waiver (enrolment_id, module_id)", "only the quality lead waives, and sees all"),
    (
        "outbox_event (entity_type, entity_id, entity_version)",
        "whoever writes an event has locked the entity, and so sees it",
    ),
    ("person (id, preferred_name)", "begins with the row itself, whose id no client chooses"),
    ("person_duplicate (one_id, other_id)", "only the national team writes pairs, and sees all"),
    ("person_id_change (from_id)", "only the national team merges, and sees all"),
    ("processing_restriction (person_id)", "only the national team restricts, and sees all"),
    ("programme (code)", "only the national team writes programmes without an owner, and sees all"),
    ("programme (owner_id, code)", "begins with the tenant"),
    ("programme (owner_id, id)", "begins with the tenant"),
    ("programme_module (version_id, id)", "whoever writes has locked the version"),
    ("programme_module (version_id, number)", "whoever writes has locked the version"),
    ("programme_version (owner_id, id)", "begins with the tenant"),
    (
        "programme_version (programme_id, number)",
        "whoever drafts sees the programme and, being its owner or national, its versions",
    ),
    (
        "readiness_answer (rater_id, indicator_id)",
        "whoever answers has locked the rater, and so sees it",
    ),
    ("readiness_assessment (organisation_id)", "begins with the tenant"),
    ("readiness_assessment (organisation_id)", "begins with the tenant"),
    (
        "readiness_domain (instrument_id, code)",
        "only the quality lead writes instruments, and sees all",
    ),
    (
        "readiness_domain (instrument_id, id)",
        "only the quality lead writes instruments, and sees all",
    ),
    (
        "readiness_domain_score (assessment_id, domain_id)",
        "whoever writes has locked the assessment",
    ),
    ("readiness_evidence (assessment_id, id)", "whoever adds evidence has locked the assessment"),
    ("readiness_evidence (file_key)", "the service gives each file its key, once"),
    ("readiness_finding (assessment_id, place)", "whoever validates has locked the assessment"),
    (
        "readiness_hand (assessment_id, account_id, part)",
        "whoever has a hand in an assessment has locked it",
    ),
    (
        "readiness_indicator (instrument_id, code)",
        "only the quality lead writes instruments, and sees all",
    ),
    (
        "readiness_indicator (instrument_id, id)",
        "only the quality lead writes instruments, and sees all",
    ),
    ("readiness_instrument (name)", "only the quality lead writes instruments, and sees all"),
    (
        "readiness_mapping (indicator_id, earlier_id)",
        "only the quality lead writes instruments, and sees all",
    ),
    ("readiness_rater (assessment_id, id)", "whoever adds a rater has locked the assessment"),
    ("readiness_rater (assessment_id, number)", "whoever adds a rater has locked the assessment"),
    (
        "readiness_validation (assessment_id, indicator_id)",
        "whoever scores has locked the assessment",
    ),
    (
        "retention_item (proposal_id, record_id)",
        "only the national team and jobs see and write items",
    ),
    ("retention_proposal (class)", "only the national team and jobs see and write proposals"),
    ("retention_rule (class)", "classes are known to everyone who is signed in"),
    ("sensitive_record (id, person_id)", "begins with the row itself, whose id no client chooses"),
    (
        "supervisor_accreditation (renews_id)",
        "whoever renews has locked the accreditation, and so sees it",
    ),
    ("trainer (id, person_id)", "begins with the row itself, whose id no client chooses"),
    (
        "trainer (person_id)",
        "whoever registers a trainer keeps the person's record, and is told that there is a profile",
    ),
    ("trainer_accreditation (renews_id)", "only the quality lead renews, and sees all"),
    (
        "trainer_accreditation (trainer_id, id)",
        "ends with the row itself, whose id no client chooses",
    ),
];

/// The unique indexes of tables that are not for everyone, as `table (columns)`, but for those that begin
/// with the tenant.
async fn private_unique_indexes(eye: &Eye) -> Vec<String> {
    let lookup = format!(
        "select c.relname || ' (' || (select string_agg(a.attname, ', ' order by k.n) \
           from unnest(i.indkey) with ordinality k(attnum, n) \
           join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum) || ')' \
         from pg_index i join pg_class c on c.oid = i.indrelid \
         where {TABLES} and c.relname <> 'seaql_migrations' and i.indisunique and not i.indisprimary \
         and not exists (select from pg_policy p where p.polrelid = c.oid and p.polcmd = 'r' \
           and pg_get_expr(p.polqual, p.polrelid) = 'true')"
    );
    let mut indexes = eye.texts(&lookup).await;
    indexes.retain(|index| !index.contains(" (organisation_id, "));
    indexes.sort();
    indexes
}
