//! From the text of a list to its rows. A row that cannot be read says why, and the others go on.

use std::str::FromStr;

use async_graphql::ID;
use chrono::NaiveDate;
use csv::{ReaderBuilder, Trim};

use crate::enrolment::candidates::{Place, Who};
use crate::enrolment::importing::{MAX_ROWS, Row};
use crate::enrolment::model::FundingBasis;
use crate::graphql::ids;
use crate::refusal::{Code, Refusal};

/// The names of the columns, in any order; the first two say who, one of them in each row.
pub const COLUMNS: [&str; 5] = ["person_id", "employee_ref", "funding_basis", "sponsor_id", "from"];

/// The rows of `text`: comma-separated values with a line of names above them (RFC 4180).
///
/// # Errors
///
/// `INVALID` at `csv`, where the text has no such form.
pub fn rows(text: &str) -> Result<Vec<Row>, Refusal> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(text.as_bytes());
    let unreadable = |line: u64| {
        let message = format!("line {line} does not have as many values as the line of names");
        Refusal::at(Code::Invalid, "csv", message)
    };
    let names = reader.headers().map_err(|_| unreadable(1))?.clone();
    let known = names.iter().all(|name| COLUMNS.contains(&name));
    let of = |name: &str| names.iter().position(|own| own == name);
    let twice = names.iter().any(|name| names.iter().filter(|other| *other == name).count() > 1);
    if !known || twice || of("funding_basis").is_none() {
        let message = format!(
            "the first line names columns, each once, of {}; funding_basis is needed",
            COLUMNS.join(", ")
        );
        return Err(Refusal::at(Code::Invalid, "csv", message));
    }
    let mut rows = Vec::new();
    for (record, number) in reader.records().zip(1..) {
        let record = record.map_err(|error| {
            unreadable(
                error
                    .position()
                    .map_or(u64::try_from(number).unwrap_or(0) + 1, csv::Position::line),
            )
        })?;
        let value = |name: &'static str| {
            of(name).and_then(|at| record.get(at)).filter(|text| !text.is_empty())
        };
        rows.push(Row { number, place: place(&value) });
        if rows.len() > MAX_ROWS {
            break;
        }
    }
    Ok(rows)
}

/// The place that a row says, or everything that is wrong with its values.
fn place<'a>(value: &dyn Fn(&'static str) -> Option<&'a str>) -> Result<Place, Vec<Refusal>> {
    let mut unmet = Vec::new();
    let mut wrong =
        |field: &str, message: &str| unmet.push(Refusal::at(Code::Invalid, field, message));
    let id = |prefix: &str, text: &str| ids::decode(prefix, &ID::from(text));
    let who = match (value("person_id"), value("employee_ref")) {
        (Some(text), None) => id("per", text).map(Who::Id),
        (None, Some(reference)) => Some(Who::Employee(reference.to_owned())),
        (Some(_), Some(_)) | (None, None) => None,
    };
    if who.is_none() {
        wrong("personId", "must be per_ and 32 hexadecimal digits, or else employee_ref is given");
    }
    let basis = value("funding_basis").and_then(FundingBasis::from_code);
    if basis.is_none() {
        wrong("fundingBasis", "must be FUNDED, SELF_FUNDED, EMPLOYER_FUNDED or UNFUNDED");
    }
    let sponsor = value("sponsor_id").map(|text| id("org", text));
    if sponsor == Some(None) {
        wrong("sponsorId", "must be org_ and 32 hexadecimal digits");
    }
    let from = value("from").map(|text| NaiveDate::from_str(text).ok());
    if from == Some(None) {
        wrong("from", "must be a day as YYYY-MM-DD");
    }
    match (who, basis) {
        (Some(who), Some(basis)) if unmet.is_empty() => {
            Ok(Place { who, sponsor: sponsor.flatten(), basis, from: from.flatten() })
        }
        _ => Err(unmet),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "per_0123456789abcdef0123456789abcdef";

    fn told(text: &str) -> Vec<(i32, Result<Who, Vec<String>>)> {
        let rows = rows(text).expect("a list");
        let fields = |unmet: Vec<Refusal>| unmet.iter().map(Refusal::field).collect();
        rows.into_iter()
            .map(|row| (row.number, row.place.map(|place| place.who).map_err(fields)))
            .collect()
    }

    #[test]
    fn rows_are_read_one_by_one() {
        let text = format!(
            "\u{feff}employee_ref, funding_basis ,person_id,from\r\n\
             E-1,UNFUNDED,,\r\n,\"SELF_FUNDED\",{ID},2026-05-01\r\n\
             ,GIFT,per_1,1 May\nE-2,UNFUNDED,{ID},\n\"E,\"\"3\"\"\",UNFUNDED,,\n"
        );
        let person = ids::decode("per", &async_graphql::ID::from(ID)).expect("an id");
        let wrong = |fields: &[&str]| Err(fields.iter().map(ToString::to_string).collect());
        assert_eq!(
            told(&text),
            [
                (1, Ok(Who::Employee("E-1".to_owned()))),
                (2, Ok(Who::Id(person))),
                (3, wrong(&["personId", "fundingBasis", "from"])),
                (4, wrong(&["personId"])),
                (5, Ok(Who::Employee("E,\"3\"".to_owned()))),
            ]
        );
    }

    #[test]
    fn a_list_of_another_form_is_refused_whole() {
        for text in [
            "",
            "person_id\nx",
            "person_id,funding_basis,name\nx,UNFUNDED,Ann",
            "person_id,person_id,funding_basis\nx,x,UNFUNDED",
            "person_id,funding_basis\nx\n",
            "person_id,funding_basis\nx,y,z\n",
        ] {
            let refusal = rows(text).expect_err("no list");
            assert_eq!((refusal.code, refusal.field().as_str()), (Code::Invalid, "csv"), "{text}");
            assert!(!refusal.message.contains("Ann"), "values are not echoed");
        }
    }
}
