//! Tables with many rows, without what ties them: nobody reads them, PostgreSQL only counts them.

use std::collections::BTreeSet;

use tests::eye::Eye;

/// How many rows a table gets, and how many of them are named by the rows of others.
const ROWS: u32 = 6_000;
const NAMED: u32 = 200;

/// What comes with the service, grows with what is taught and not with who is taught, or is of a few people.
const SMALL: [&str; 25] = [
    "bank_holiday",
    "board_succession",
    "care_board",
    "competence_item",
    "competence_link",
    "competence_mapping",
    "competence_set",
    "dataset",
    "declared_gap",
    "licence_counter",
    "module_prerequisite",
    "ons_code",
    "programme",
    "programme_module",
    "programme_version",
    "readiness_domain",
    "readiness_indicator",
    "readiness_instrument",
    "readiness_mapping",
    "region",
    "restricted_person",
    "seaql_migrations",
    "support_warning",
    "value_item",
    "value_set",
];

/// Fills every table that can grow, and counts; gives the tables in which many rows are.
///
/// Row `n` of every table has the same id, keys name one of the first ids, and enumerations take any of the values
/// that their constraint knows. What would break a unique constraint is left out.
pub async fn grow(eye: &Eye) -> BTreeSet<String> {
    let lookup =
        "select tablename::text from pg_tables where schemaname = current_schema() order by 1";
    let tables =
        eye.texts(lookup).await.into_iter().filter(|table| !SMALL.contains(&table.as_str()));
    let tables: BTreeSet<String> = tables.collect();
    // The values of enumerations stand in their checks, which go afterwards.
    let mut inserts = Vec::new();
    for table in &tables {
        inserts.push(insert(eye, table).await);
    }
    let checks = "select format('alter table %I drop constraint %I', t.relname, c.conname) \
        from pg_constraint c join pg_class t on t.oid = c.conrelid \
        where c.contype = 'c' and t.relnamespace = current_schema()::regnamespace";
    let checks = eye.texts(checks).await.join("; ");
    let inserts = inserts.join("; ");
    let script =
        format!("begin; set local session_replication_role = replica; {checks}; {inserts}; commit");
    eye.execute(&script).await.expect("the tables grow");
    let all = eye
        .texts(
            "select string_agg(tablename, ', ') from pg_tables where schemaname = current_schema()",
        )
        .await;
    eye.execute(&format!("analyze {}", all[0])).await.expect("they are counted");
    let lookup = "select relname::text from pg_class where relnamespace = current_schema()::regnamespace \
        and relkind = 'r' and reltuples > 2000";
    let grown: BTreeSet<String> = eye.texts(lookup).await.into_iter().collect();
    assert!(grown.len() > 35, "{grown:?}");
    &grown & &tables
}

/// The statement that fills a table.
async fn insert(eye: &Eye, table: &str) -> String {
    let lookup = format!(
        "select a.attname || ' ' || a.atttypid::regtype || ' ' || a.attnotnull || ' ' || coalesce((\
           select string_agg(distinct m[1], ',') from pg_constraint c, \
             regexp_matches(pg_get_constraintdef(c.oid), '''([A-Z_]+)''::text', 'g') m \
           where c.conrelid = a.attrelid and c.contype = 'c' and c.conkey = array[a.attnum]), '') \
         from pg_attribute a where a.attrelid = '{table}'::regclass and a.attnum > 0 and not a.attisdropped \
         order by a.attnum"
    );
    let columns = eye.texts(&lookup).await;
    let values: Vec<String> = columns.iter().map(|column| value(column)).collect();
    format!(
        "insert into {table} select {} from generate_series(1, {ROWS}) n on conflict do nothing",
        values.join(", ")
    )
}

/// The value of a column in row `n`, from `name type required values`; types of two words stand with them.
fn value(column: &str) -> String {
    let mut words = column.rsplitn(3, ' ');
    let known = words.next().unwrap_or_default();
    let required = words.next() == Some("true");
    let (name, ty) = words.next().and_then(|rest| rest.split_once(' ')).unwrap_or_default();
    let chance = format!("(hashtext('{name}' || n) & 2147483647)");
    let id = |number: &str| {
        format!("('00000000-0000-7000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid")
    };
    // What ends, ends after all that begins.
    let first =
        if name.ends_with("_to") || name.starts_with("end") { "2026-10-01" } else { "2024-01-01" };
    let value = match ty {
        "uuid" if name == "id" => return id("n"),
        "uuid" => id(&format!("1 + {chance} % {NAMED}")),
        "text" if !known.is_empty() => {
            let count = known.split(',').count();
            format!("('{{{known}}}'::text[])[1 + {chance} % {count}]")
        }
        "text" => format!("'{name} ' || n"),
        "date" => format!("date '{first}' + {chance} % 1000"),
        "boolean" => format!("{chance} % 2 = 0"),
        "bigint" | "integer" => "n".to_owned(),
        "bytea" => format!("decode(md5('{name} ' || n), 'hex')"),
        _ => format!("timestamptz '{first} 09:00Z' + {chance} % 1000 * interval '1 day'"),
    };
    if required { value } else { format!("case when {chance} % 7 < 3 then {value} end") }
}
