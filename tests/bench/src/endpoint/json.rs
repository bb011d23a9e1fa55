//! Answers that PostgreSQL builds: one statement each.

use chrono::NaiveDate;
use serde_json::Value;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use crate::Fault;

const Q1: &str = "select json_build_object('data', json_build_object('organisation', \
    (select json_build_object('id', 'org_' || replace(t.id::text, '-', ''), 'currentName', t.name, \
       'kind', t.kind, 'status', t.status, 'version', t.version) from organisation t where t.id = $1)))::text";

const Q2: &str = "select json_build_object('data', json_build_object('organisations', json_build_object('nodes', \
    (select json_agg(json_build_object('id', 'org_' || replace(o.id::text, '-', ''), 'currentName', o.name, \
       'courses', json_build_object('nodes', coalesce((select json_agg(json_build_object( \
         'id', 'crs_' || replace(c.id::text, '-', ''), 'code', c.code, 'startsOn', c.start_on, \
         'trainers', coalesce((select json_agg(json_build_object('preferredName', r.name) order by r.name, r.id) \
            from course_trainer x join trainer r on r.id = x.trainer_id where x.course_id = c.id), '[]')) \
         order by c.start_on, c.id) \
        from (select id, code, start_on from course where organisation_id = o.id order by start_on, id limit 10) c), \
       '[]'))) order by o.name, o.id) \
     from (select id, name from organisation order by name, id limit 50) o))))::text";

const Q2_RELAY: &str = "select json_build_object('data', json_build_object('organisations', \
    (select json_build_object('edges', json_agg(json_build_object('cursor', o.name || ':' || o.id, \
       'node', json_build_object('id', 'org_' || replace(o.id::text, '-', ''), 'currentName', o.name, \
         'courses', (select json_build_object( \
           'edges', coalesce(json_agg(json_build_object('cursor', c.start_on || ':' || c.id, 'node', json_build_object( \
             'id', 'crs_' || replace(c.id::text, '-', ''), 'code', c.code, 'startsOn', c.start_on, \
             'trainers', coalesce((select json_agg(json_build_object('preferredName', r.name) order by r.name, r.id) \
                from course_trainer x join trainer r on r.id = x.trainer_id where x.course_id = c.id), '[]'))) \
             order by c.start_on, c.id) filter (where c.n <= 10), '[]'), \
           'pageInfo', json_build_object('hasNextPage', count(*) > 10, \
             'endCursor', max(c.start_on || ':' || c.id) filter (where c.n = 10))) \
          from (select id, code, start_on, row_number() over (order by start_on, id) as n from course \
            where organisation_id = o.id order by start_on, id limit 11) c))) \
       order by o.name, o.id) filter (where o.n <= 50), \
      'pageInfo', json_build_object('hasNextPage', count(*) > 50, \
        'endCursor', max(o.name || ':' || o.id) filter (where o.n = 50))) \
     from (select id, name, row_number() over (order by name, id) as n from organisation \
       order by name, id limit 51) o)))::text";

const Q4: &str = "select json_build_object('data', json_build_object('courses', json_build_object('nodes', \
    (select json_agg(json_build_object('id', 'crs_' || replace(c.id::text, '-', ''), 'code', c.code, \
       'startsOn', c.start_on, 'endsOn', c.end_on, 'state', c.state, 'mode', c.mode, 'capacityMax', c.capacity_max) \
       order by c.start_on, c.id) \
     from (select id, code, start_on, end_on, state, mode, capacity_max from course \
       order by start_on, id limit 1000) c))))::text";

const Q4_PAGES: &str = "select json_build_object('data', (select json_object_agg(p.alias, json_build_object('nodes', \
      (select json_agg(json_build_object('id', 'crs_' || replace(c.id::text, '-', ''), 'code', c.code, \
         'startsOn', c.start_on, 'state', c.state) order by c.start_on, c.id) \
       from (select id, code, start_on, state from course where start_on >= p.since and start_on < p.before \
         order by start_on, id limit 100) c)) order by p.since) \
    from unnest($1::text[], $2::date[], $3::date[]) as p(alias, since, before)))::text";

const ENTITIES: &str = "select json_build_object('data', json_build_object('_entities', \
    (select json_agg(case when t.id is not null then json_build_object('id', 'org_' || replace(t.id::text, '-', ''), \
       'currentName', t.name, 'kind', t.kind, 'status', t.status) end order by p.ord) \
     from unnest($1::uuid[]) with ordinality p(id, ord) left join organisation t on t.id = p.id)))::text";

const FILTERED: &str = "select json_build_object('data', json_build_object('courses', json_build_object('nodes', \
    (select json_agg(json_build_object('id', 'crs_' || replace(c.id::text, '-', ''), 'code', c.code, \
       'startsOn', c.start_on, 'mode', c.mode, 'organisation', json_build_object( \
         'id', 'org_' || replace(o.id::text, '-', ''), 'currentName', o.name)) order by c.start_on, c.id) \
     from (select id, code, start_on, mode, organisation_id from course where mode = $1 and start_on >= $2 \
       order by start_on, id limit 50) c join organisation o on o.id = c.organisation_id))))::text";

/// Runs the statement of `question`.
pub async fn answer(
    connection: &mut PgConnection,
    question: &str,
    variables: &Value,
) -> Result<Vec<u8>, Fault> {
    let query = match question {
        "q1" => sqlx::query(Q1).bind(one_id(variables)?),
        "q2" => sqlx::query(Q2),
        "q2-relay" => sqlx::query(Q2_RELAY),
        "q4" => sqlx::query(Q4),
        "q4-pages" => {
            let (aliases, since, before) = windows(variables)?;
            sqlx::query(Q4_PAGES).bind(aliases).bind(since).bind(before)
        }
        "entities" => sqlx::query(ENTITIES).bind(ids(variables)?),
        "filtered" => {
            let (mode, from) = filter(variables)?;
            sqlx::query(FILTERED).bind(mode).bind(from)
        }
        _ => return Err("no such question".into()),
    };
    Ok(query.fetch_one(connection).await?.try_get::<String, _>(0)?.into_bytes())
}

/// The one id of q1.
pub fn one_id(variables: &Value) -> Result<Uuid, Fault> {
    Ok(text(&variables["id"])?.parse()?)
}

/// The ids of entities.
pub fn ids(variables: &Value) -> Result<Vec<Uuid>, Fault> {
    let ids = variables["ids"].as_array().ok_or("ids are missing")?;
    ids.iter().map(|id| Ok(text(id)?.parse()?)).collect()
}

/// Mode and first day of the filter.
pub fn filter(variables: &Value) -> Result<(String, NaiveDate), Fault> {
    Ok((text(&variables["mode"])?.to_owned(), text(&variables["from"])?.parse()?))
}

/// Aliases of pages, and the days between which they lie.
type Windows = (Vec<String>, Vec<NaiveDate>, Vec<NaiveDate>);

/// The pages of q4-pages.
pub fn windows(variables: &Value) -> Result<Windows, Fault> {
    let pages = variables["pages"].as_array().ok_or("pages are missing")?;
    let (mut aliases, mut since, mut before) = (Vec::new(), Vec::new(), Vec::new());
    for page in pages {
        aliases.push(text(&page[0])?.to_owned());
        since.push(text(&page[1])?.parse()?);
        before.push(text(&page[2])?.parse()?);
    }
    Ok((aliases, since, before))
}

fn text(value: &Value) -> Result<&str, Fault> {
    value.as_str().ok_or_else(|| "a text is missing".into())
}
