//! Answers written here from flat rows: one statement for each level.

use chrono::NaiveDate;
use serde_json::Value;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use super::json::{filter, ids, one_id, windows};
use crate::Fault;

const COURSES_OF: &str = "select p.ord, c.* from unnest($1::uuid[]) with ordinality p(id, ord) cross join lateral \
    (select id, code, start_on from course where organisation_id = p.id order by start_on, id limit $2) c \
    order by p.ord, c.start_on, c.id";

const TRAINERS_OF: &str = "select p.ord, r.name from unnest($1::uuid[]) with ordinality p(id, ord) \
    join course_trainer x on x.course_id = p.id join trainer r on r.id = x.trainer_id order by p.ord, r.name, r.id";

/// Text of an answer being written.
#[derive(Default)]
struct Text(Vec<u8>);

impl Text {
    fn raw(&mut self, text: &str) -> &mut Self {
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    fn string(&mut self, text: &str) -> Result<&mut Self, Fault> {
        serde_json::to_writer(&mut self.0, text)?;
        Ok(self)
    }

    fn id(&mut self, prefix: &str, id: Uuid) -> &mut Self {
        let mut digits = [0; 32];
        self.raw("\"").raw(prefix).raw("_").raw(id.simple().encode_lower(&mut digits)).raw("\"")
    }

    fn day(&mut self, day: NaiveDate) -> &mut Self {
        self.raw("\"").raw(&day.to_string()).raw("\"")
    }

    /// Elements with commas between them.
    fn each<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T) -> Result<(), Fault>,
    ) -> Result<&mut Self, Fault> {
        self.raw("[");
        for (n, item) in items.into_iter().enumerate() {
            if n > 0 {
                self.raw(",");
            }
            write(self, item)?;
        }
        Ok(self.raw("]"))
    }
}

/// A course with its trainers.
struct Course {
    id: Uuid,
    code: String,
    start_on: NaiveDate,
    trainers: Vec<String>,
}

/// An organisation with its courses.
struct Organisation {
    id: Uuid,
    name: String,
    courses: Vec<Course>,
}

/// Runs the statements of `question` and writes its answer.
pub async fn answer(
    connection: &mut PgConnection,
    question: &str,
    variables: &Value,
) -> Result<Vec<u8>, Fault> {
    let mut text = Text::default();
    text.raw("{\"data\":{");
    match question {
        "q1" => one(connection, variables, &mut text).await?,
        "q2" => nested(connection, &mut text).await?,
        "q2-relay" => relay(connection, &mut text).await?,
        "q4" => page(connection, &mut text).await?,
        "q4-pages" => pages(connection, variables, &mut text).await?,
        "entities" => entities(connection, variables, &mut text).await?,
        "filtered" => filtered(connection, variables, &mut text).await?,
        _ => return Err("no such question".into()),
    }
    text.raw("}}");
    Ok(text.0)
}

async fn one(
    connection: &mut PgConnection,
    variables: &Value,
    text: &mut Text,
) -> Result<(), Fault> {
    let sql = "select id, name, kind, status, version from organisation where id = $1";
    let row = sqlx::query(sql).bind(one_id(variables)?).fetch_optional(connection).await?;
    text.raw("\"organisation\":");
    let Some(row) = row else {
        text.raw("null");
        return Ok(());
    };
    summary(&row, text)?;
    text.raw(",\"version\":").raw(&row.try_get::<i32, _>(4)?.to_string()).raw("}");
    Ok(())
}

/// The beginning of an organisation's object, from its id, name, kind and status.
fn summary(row: &PgRow, text: &mut Text) -> Result<(), Fault> {
    text.raw("{\"id\":").id("org", row.try_get(0)?);
    text.raw(",\"currentName\":").string(row.try_get(1)?)?;
    text.raw(",\"kind\":").string(row.try_get(2)?)?;
    text.raw(",\"status\":").string(row.try_get(3)?)?;
    Ok(())
}

/// Organisations with up to `courses` courses each.
async fn organisations(
    connection: &mut PgConnection,
    organisations: i64,
    courses: i64,
) -> Result<Vec<Organisation>, Fault> {
    let rows = sqlx::query("select id, name from organisation order by name, id limit $1")
        .bind(organisations)
        .fetch_all(&mut *connection)
        .await?;
    let organisation = |row: &PgRow| -> Result<Organisation, Fault> {
        Ok(Organisation { id: row.try_get(0)?, name: row.try_get(1)?, courses: Vec::new() })
    };
    let mut found = rows.iter().map(organisation).collect::<Result<Vec<_>, _>>()?;
    let parents: Vec<Uuid> = found.iter().map(|organisation| organisation.id).collect();
    let rows = sqlx::query(COURSES_OF).bind(parents).bind(courses).fetch_all(&mut *connection);
    let mut places = Vec::new();
    for row in rows.await? {
        let parent = usize::try_from(row.try_get::<i64, _>(0)? - 1)?;
        let course = Course {
            id: row.try_get(1)?,
            code: row.try_get(2)?,
            start_on: row.try_get(3)?,
            trainers: Vec::new(),
        };
        places.push((parent, found[parent].courses.len(), course.id));
        found[parent].courses.push(course);
    }
    let parents: Vec<Uuid> = places.iter().map(|(_, _, id)| *id).collect();
    for row in sqlx::query(TRAINERS_OF).bind(parents).fetch_all(connection).await? {
        let (organisation, course, _) = places[usize::try_from(row.try_get::<i64, _>(0)? - 1)?];
        found[organisation].courses[course].trainers.push(row.try_get(1)?);
    }
    Ok(found)
}

fn course(text: &mut Text, course: &Course) -> Result<(), Fault> {
    text.raw("{\"id\":").id("crs", course.id);
    text.raw(",\"code\":").string(&course.code)?.raw(",\"startsOn\":").day(course.start_on);
    text.raw(",\"trainers\":").each(&course.trainers, |text, name| {
        text.raw("{\"preferredName\":").string(name)?.raw("}");
        Ok(())
    })?;
    text.raw("}");
    Ok(())
}

async fn nested(connection: &mut PgConnection, text: &mut Text) -> Result<(), Fault> {
    let found = organisations(connection, 50, 10).await?;
    text.raw("\"organisations\":{\"nodes\":").each(&found, |text, organisation| {
        text.raw("{\"id\":").id("org", organisation.id).raw(",\"currentName\":");
        text.string(&organisation.name)?.raw(",\"courses\":{\"nodes\":");
        text.each(&organisation.courses, course)?.raw("}}");
        Ok(())
    })?;
    text.raw("}");
    Ok(())
}

async fn relay(connection: &mut PgConnection, text: &mut Text) -> Result<(), Fault> {
    let found = organisations(connection, 51, 11).await?;
    text.raw("\"organisations\":{\"edges\":").each(
        found.iter().take(50),
        |text, organisation| {
            text.raw("{\"cursor\":")
                .string(&format!("{}:{}", organisation.name, organisation.id))?;
            text.raw(",\"node\":{\"id\":").id("org", organisation.id).raw(",\"currentName\":");
            text.string(&organisation.name)?.raw(",\"courses\":{\"edges\":");
            text.each(organisation.courses.iter().take(10), |text, at| {
                text.raw("{\"cursor\":")
                    .string(&format!("{}:{}", at.start_on, at.id))?
                    .raw(",\"node\":");
                course(text, at)?;
                text.raw("}");
                Ok(())
            })?;
            let last = organisation.courses.iter().take(10).next_back();
            let last = last.map(|at| format!("{}:{}", at.start_on, at.id));
            page_info(text, organisation.courses.len() > 10, last)?;
            text.raw("}}}");
            Ok(())
        },
    )?;
    let last = found.iter().take(50).next_back();
    page_info(text, found.len() > 50, last.map(|at| format!("{}:{}", at.name, at.id)))?;
    text.raw("}");
    Ok(())
}

fn page_info(text: &mut Text, more: bool, last: Option<String>) -> Result<(), Fault> {
    text.raw(",\"pageInfo\":{\"hasNextPage\":").raw(if more { "true" } else { "false" });
    text.raw(",\"endCursor\":");
    match last {
        Some(last) => text.string(&last)?,
        None => text.raw("null"),
    };
    text.raw("}");
    Ok(())
}

async fn page(connection: &mut PgConnection, text: &mut Text) -> Result<(), Fault> {
    let sql = "select id, code, start_on, end_on, state, mode, capacity_max from course \
        order by start_on, id limit 1000";
    let rows = sqlx::query(sql).fetch_all(connection).await?;
    text.raw("\"courses\":{\"nodes\":").each(&rows, |text, row| {
        text.raw("{\"id\":")
            .id("crs", row.try_get(0)?)
            .raw(",\"code\":")
            .string(row.try_get(1)?)?;
        text.raw(",\"startsOn\":").day(row.try_get(2)?).raw(",\"endsOn\":").day(row.try_get(3)?);
        text.raw(",\"state\":").string(row.try_get(4)?)?.raw(",\"mode\":");
        text.string(row.try_get(5)?)?.raw(",\"capacityMax\":");
        text.raw(&row.try_get::<i32, _>(6)?.to_string()).raw("}");
        Ok(())
    })?;
    text.raw("}");
    Ok(())
}

async fn pages(
    connection: &mut PgConnection,
    variables: &Value,
    text: &mut Text,
) -> Result<(), Fault> {
    let sql = "select p.ord, c.* from unnest($1::date[], $2::date[]) with ordinality p(since, before, ord) \
        cross join lateral (select id, code, start_on, state from course \
          where start_on >= p.since and start_on < p.before order by start_on, id limit 100) c \
        order by p.ord, c.start_on, c.id";
    let (aliases, since, before) = windows(variables)?;
    let rows = sqlx::query(sql).bind(since).bind(before).fetch_all(connection).await?;
    let mut rows = rows.iter().peekable();
    for (n, alias) in (1_i64..).zip(&aliases) {
        if n > 1 {
            text.raw(",");
        }
        text.string(alias)?.raw(":{\"nodes\":");
        let mut of_page = Vec::new();
        while let Some(row) = rows.next_if(|row| row.try_get::<i64, _>(0).is_ok_and(|at| at == n)) {
            of_page.push(row);
        }
        text.each(of_page, |text, row| {
            text.raw("{\"id\":").id("crs", row.try_get(1)?);
            text.raw(",\"code\":").string(row.try_get(2)?)?;
            text.raw(",\"startsOn\":").day(row.try_get(3)?);
            text.raw(",\"state\":").string(row.try_get(4)?)?.raw("}");
            Ok(())
        })?;
        text.raw("}");
    }
    Ok(())
}

async fn entities(
    connection: &mut PgConnection,
    variables: &Value,
    text: &mut Text,
) -> Result<(), Fault> {
    let sql = "select t.id, t.name, t.kind, t.status from unnest($1::uuid[]) with ordinality p(id, ord) \
        left join organisation t on t.id = p.id order by p.ord";
    let rows = sqlx::query(sql).bind(ids(variables)?).fetch_all(connection).await?;
    text.raw("\"_entities\":").each(&rows, |text, row| {
        if row.try_get::<Option<Uuid>, _>(0)?.is_none() {
            text.raw("null");
            return Ok(());
        }
        summary(row, text)?;
        text.raw("}");
        Ok(())
    })?;
    Ok(())
}

async fn filtered(
    connection: &mut PgConnection,
    variables: &Value,
    text: &mut Text,
) -> Result<(), Fault> {
    let sql = "select c.id, c.code, c.start_on, c.mode, o.id, o.name from \
        (select id, code, start_on, mode, organisation_id from course where mode = $1 and start_on >= $2 \
           order by start_on, id limit 50) c \
        join organisation o on o.id = c.organisation_id order by c.start_on, c.id";
    let (mode, from) = filter(variables)?;
    let rows = sqlx::query(sql).bind(mode).bind(from).fetch_all(connection).await?;
    text.raw("\"courses\":{\"nodes\":").each(&rows, |text, row| {
        text.raw("{\"id\":")
            .id("crs", row.try_get(0)?)
            .raw(",\"code\":")
            .string(row.try_get(1)?)?;
        text.raw(",\"startsOn\":")
            .day(row.try_get(2)?)
            .raw(",\"mode\":")
            .string(row.try_get(3)?)?;
        text.raw(",\"organisation\":{\"id\":").id("org", row.try_get(4)?);
        text.raw(",\"currentName\":").string(row.try_get(5)?)?.raw("}}");
        Ok(())
    })?;
    text.raw("}");
    Ok(())
}
