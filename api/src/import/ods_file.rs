//! The list of NHS trusts as the Organisation Data Service publishes it: the `etr` file.
//!
//! The file has 27 columns and no header; its cells are usually quoted. A file is taken as a whole
//! or not at all: either every row is well-formed, or the answer lists everything that is wrong
//! with it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;

use chrono::{Datelike as _, NaiveDate};
use csv::{ByteRecord, ReaderBuilder};

use crate::organisation::identifier::{IdentifierScheme, Postcode};

/// The largest file that is read, in bytes (16 MiB). The published file is far below it.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;

/// How many faults are listed before reading stops.
const MAX_FAULTS: usize = 1_000;

/// The years in which a date can lie.
const YEARS: Range<i32> = 1800..2100;

/// The longest name of a trust, in characters.
const MAX_NAME: usize = 200;

/// The byte order mark that some programs put at the start of a UTF-8 file.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The columns of the layout, in order. Those that are only checked, and not kept, go by their
/// number.
const COLUMNS: [&str; 27] = [
    "organisation code",
    "name",
    "region code",
    "board code",
    "address line 1",
    "address line 2",
    "address line 3",
    "address line 4",
    "address line 5",
    "postcode",
    "open date",
    "close date",
    "column 13",
    "column 14",
    "column 15",
    "column 16",
    "column 17",
    "column 18",
    "column 19",
    "column 20",
    "column 21",
    "column 22",
    "column 23",
    "column 24",
    "column 25",
    "column 26",
    "column 27",
];

/// Positions in [`COLUMNS`].
const CODE: usize = 0;
const NAME: usize = 1;
const REGION: usize = 2;
const BOARD: usize = 3;
const ADDRESS: Range<usize> = 4..9;
const POSTCODE: usize = 9;
const OPENED: usize = 10;
const CLOSED: usize = 11;

/// One trust of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustRow {
    /// The line on which the row begins, counted from 1.
    pub line: u64,
    /// ODS code of the trust, unique in the file.
    pub ods_code: String,
    /// Name as published, usually in upper case; at most 200 characters.
    pub name: String,
    /// ODS code of the region; `W00` for Wales.
    pub region_ods_code: String,
    /// ODS code of the integrated care board, or of what stood in its place when the file was
    /// published.
    pub board_ods_code: String,
    /// The lines of the address that are not empty, in order; at most five.
    pub address_lines: Vec<String>,
    /// Postcode in its normal form.
    pub postcode: Option<String>,
    /// The day on which the trust opened.
    pub opened_on: Option<NaiveDate>,
    /// The day on which the trust closed; never before it opened.
    pub closed_on: Option<NaiveDate>,
}

/// Something wrong with the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFault {
    /// The line on which the row begins, counted from 1; 0 when the file as a whole is at fault.
    pub line: u64,
    /// The column, when a single one is at fault.
    pub column: Option<&'static str>,
    /// What was expected. Of the content of the file, only a well-formed ODS code is ever repeated.
    pub problem: String,
}

/// Reads a whole file in the `etr` layout. Line ends may be LF or CRLF; a byte order mark, blank
/// lines and spaces around a cell are ignored.
///
/// # Errors
///
/// Every fault of the file in the order of its lines. Each row must have 27 columns of UTF-8
/// without control or bidirectional characters: well-formed ODS codes, the trust's own only once in
/// the file; a name of 1 to 200 characters; dates as `YYYYMMDD` with the closing date not before
/// the opening date, and a UK postcode, all of which may be empty. The file must hold at least one
/// row and at most [`MAX_BYTES`].
pub fn read(bytes: &[u8]) -> Result<Vec<TrustRow>, Vec<RowFault>> {
    if bytes.len() > MAX_BYTES {
        return Err(vec![file_fault("a file of at most 16 MiB was expected")]);
    }
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let mut reading = Reading::default();
    for record in
        ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes).byte_records()
    {
        if reading.faults.len() >= MAX_FAULTS {
            reading.faults.push(file_fault("more may be wrong: reading stopped here"));
            break;
        }
        match record {
            Ok(record) => reading.take(&record, line_of(&record, bytes)),
            Err(_) => {
                reading.faults.push(file_fault("a file of comma-separated values was expected"))
            }
        }
    }
    reading.finish()
}

/// What has been read so far.
#[derive(Default)]
struct Reading {
    rows: Vec<TrustRow>,
    faults: Vec<RowFault>,
    first_lines: FirstLines,
}

impl Reading {
    /// Adds one record: a row, or its faults.
    fn take(&mut self, record: &ByteRecord, line: u64) {
        if record.len() != COLUMNS.len() {
            let problem = format!("{} columns were expected", COLUMNS.len());
            self.faults.push(RowFault { line, column: None, problem });
            return;
        }
        let mut cells = Cells::new(record, line);
        let row = cells.row(&mut self.first_lines);
        self.rows.extend(row);
        self.faults.append(&mut cells.faults);
    }

    /// The rows, unless there was a fault or nothing at all.
    fn finish(mut self) -> Result<Vec<TrustRow>, Vec<RowFault>> {
        if self.rows.is_empty() && self.faults.is_empty() {
            self.faults.push(file_fault("at least one row was expected"));
        }
        if self.faults.is_empty() { Ok(self.rows) } else { Err(self.faults) }
    }
}

/// The line on which each ODS code was first seen.
#[derive(Default)]
struct FirstLines(HashMap<String, u64>);

impl FirstLines {
    /// Takes `code` for `line`, or says which line has it already.
    fn claim(&mut self, code: String, line: u64) -> Result<String, String> {
        match self.0.entry(code.clone()) {
            Entry::Vacant(free) => {
                free.insert(line);
                Ok(code)
            }
            Entry::Occupied(first) => Err(format!(
                "each ODS code was expected once: {code} stands on lines {} and {line}",
                first.get()
            )),
        }
    }
}

/// The cells of one row of the right width. A cell that is not clean text is `None`, and its fault
/// is recorded.
struct Cells<'a> {
    line: u64,
    texts: Vec<Option<&'a str>>,
    faults: Vec<RowFault>,
}

impl<'a> Cells<'a> {
    fn new(record: &'a ByteRecord, line: u64) -> Self {
        let mut cells = Self { line, texts: Vec::with_capacity(record.len()), faults: Vec::new() };
        for (column, cell) in record.iter().enumerate() {
            let text = cells.checked(column, clean_text(cell));
            cells.texts.push(text);
        }
        cells
    }

    /// The row, unless one of the cells it needs is at fault. Every cell is looked at first, so
    /// that no fault hides another.
    fn row(&mut self, first_lines: &mut FirstLines) -> Option<TrustRow> {
        let line = self.line;
        let code = self.read(CODE, |cell| first_lines.claim(ods_code(cell)?, line));
        let name = self.read(NAME, name);
        let region = self.read(REGION, ods_code);
        let board = self.read(BOARD, ods_code);
        let postcode = self.read(POSTCODE, |cell| optional(cell, postcode));
        let opened_on = self.read(OPENED, |cell| optional(cell, date));
        let closed_on = self
            .read(CLOSED, |cell| optional(cell, |cell| closing_date(cell, opened_on.flatten())));
        Some(TrustRow {
            line,
            ods_code: code?,
            name: name?,
            region_ods_code: region?,
            board_ods_code: board?,
            address_lines: self.address_lines(),
            postcode: postcode?,
            opened_on: opened_on?,
            closed_on: closed_on?,
        })
    }

    /// The lines of the address that hold something.
    fn address_lines(&self) -> Vec<String> {
        let lines = self.texts.get(ADDRESS).unwrap_or_default();
        lines
            .iter()
            .flatten()
            .filter(|text| !text.is_empty())
            .map(|text| text.to_string())
            .collect()
    }

    /// The value of a clean cell; `None` when it is not clean or `parse` refuses it.
    fn read<T>(
        &mut self,
        column: usize,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.texts.get(column).copied().flatten()?;
        self.checked(column, parse(text))
    }

    /// The value, or `None` once the problem is recorded against the column.
    fn checked<T>(&mut self, column: usize, outcome: Result<T, String>) -> Option<T> {
        outcome
            .map_err(|problem| {
                self.faults.push(RowFault {
                    line: self.line,
                    column: COLUMNS.get(column).copied(),
                    problem,
                })
            })
            .ok()
    }
}

/// The text of a cell without surrounding spaces. A line break is refused as well: it is how a lost
/// quotation mark shows.
fn clean_text(cell: &[u8]) -> Result<&str, String> {
    let text = std::str::from_utf8(cell).map_err(|_| "text in UTF-8 was expected")?;
    if text.contains(is_unwanted) {
        return Err("text without control or bidirectional characters was expected".to_owned());
    }
    Ok(text.trim())
}

/// Characters that have no place in a cell: controls, line separators, and those that change the
/// direction of writing.
fn is_unwanted(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}')
        || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A value that may be absent: `None` for an empty cell.
fn optional<T>(
    cell: &str,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<Option<T>, String> {
    (!cell.is_empty()).then(|| parse(cell)).transpose()
}

fn ods_code(cell: &str) -> Result<String, String> {
    IdentifierScheme::Ods.normalise(cell).map_err(|malformed| malformed.to_string())
}

fn postcode(cell: &str) -> Result<String, String> {
    Postcode::parse(cell).map(String::from).map_err(|malformed| malformed.to_string())
}

fn name(cell: &str) -> Result<String, String> {
    (1..=MAX_NAME)
        .contains(&cell.chars().count())
        .then(|| cell.to_owned())
        .ok_or_else(|| format!("a name of 1 to {MAX_NAME} characters was expected"))
}

fn date(cell: &str) -> Result<NaiveDate, String> {
    Some(cell)
        .filter(|cell| cell.len() == 8 && cell.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|cell| NaiveDate::parse_from_str(cell, "%Y%m%d").ok())
        .filter(|date| YEARS.contains(&date.year()))
        .ok_or_else(|| "a date was expected, written as YYYYMMDD, from 1800 to 2099".to_owned())
}

fn closing_date(cell: &str, opened_on: Option<NaiveDate>) -> Result<NaiveDate, String> {
    let closed_on = date(cell)?;
    if opened_on.is_some_and(|opened_on| closed_on < opened_on) {
        return Err("a date not before the open date was expected".to_owned());
    }
    Ok(closed_on)
}

/// A fault of the file as a whole.
fn file_fault(problem: &str) -> RowFault {
    RowFault { line: 0, column: None, problem: problem.to_owned() }
}

/// The line on which the record begins. The position of a record lies before the line ends that
/// precede it, so those are added.
fn line_of(record: &ByteRecord, bytes: &[u8]) -> u64 {
    let Some(position) = record.position() else {
        return 0;
    };
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let ends = bytes
        .get(start..)
        .unwrap_or_default()
        .iter()
        .take_while(|byte| matches!(byte, b'\r' | b'\n'));
    position.line() + ends.filter(|byte| **byte == b'\n').count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row whose first cells are given; the others are empty.
    fn row(cells: &[&str]) -> String {
        let quoted = |column| format!("\"{}\"", cells.get(column).unwrap_or(&""));
        (0..COLUMNS.len()).map(quoted).collect::<Vec<_>>().join(",")
    }

    /// A well-formed row in which one cell is replaced.
    fn row_with(column: usize, cell: &str) -> String {
        let mut cells = [
            "ZZA",
            "NORTH TRUST",
            "Y62",
            "QOP",
            "THE HOUSE",
            "",
            "",
            "TOWN",
            "",
            "M13 9WL",
            "20171001",
            "20200930",
        ];
        cells[column] = cell;
        row(&cells)
    }

    fn faults(text: &str) -> Vec<(u64, Option<&'static str>)> {
        let faults = read(text.as_bytes()).unwrap_err();
        faults.into_iter().map(|fault| (fault.line, fault.column)).collect()
    }

    fn day(text: &str) -> Option<NaiveDate> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn a_row_is_read() {
        let expected = TrustRow {
            line: 1,
            ods_code: "ZZA".to_owned(),
            name: "NORTH TRUST".to_owned(),
            region_ods_code: "Y62".to_owned(),
            board_ods_code: "QOP".to_owned(),
            address_lines: vec!["THE HOUSE".to_owned(), "TOWN".to_owned()],
            postcode: Some("M13 9WL".to_owned()),
            opened_on: day("2017-10-01"),
            closed_on: day("2020-09-30"),
        };
        assert_eq!(read(row_with(CODE, "ZZA").as_bytes()), Ok(vec![expected]));
    }

    #[test]
    fn optional_cells_may_be_empty() {
        let rows = read(row(&["ZZA", "A", "W00", "Q99"]).as_bytes()).unwrap();
        assert_eq!((&rows[0].postcode, rows[0].opened_on, rows[0].closed_on), (&None, None, None));
        assert!(rows[0].address_lines.is_empty());
    }

    #[test]
    fn cells_are_normalised() {
        let cells = [" zza ", " A, B ", "y62", "qop", " ", "", "", "", "", "m139wl", " 20171001 "];
        let rows = read(row(&cells).as_bytes()).unwrap();
        assert_eq!((rows[0].ods_code.as_str(), rows[0].name.as_str()), ("ZZA", "A, B"));
        assert_eq!(
            (rows[0].region_ods_code.as_str(), rows[0].board_ods_code.as_str()),
            ("Y62", "QOP")
        );
        assert_eq!(
            (rows[0].postcode.as_deref(), rows[0].opened_on),
            (Some("M13 9WL"), day("2017-10-01"))
        );
        assert!(rows[0].address_lines.is_empty());
    }

    #[test]
    fn lines_are_counted_whatever_ends_them() {
        let (first, second) = (row_with(CODE, "ZZA"), row_with(CODE, "ZZB"));
        for (text, expected) in [
            (format!("{first}\n{second}\n"), [1, 2]),
            (format!("{first}\r\n{second}\r\n"), [1, 2]),
            (format!("\u{feff}{first}\r\n{second}"), [1, 2]),
            (format!("\u{feff}\n{first}\n{second}"), [2, 3]),
            (format!("\n{first}\n\n\n{second}\n\n"), [2, 5]),
            (format!("\r\n{first}\r\n\r\n{second}\r\n"), [2, 4]),
        ] {
            let rows = read(text.as_bytes()).unwrap();
            assert_eq!(rows.iter().map(|row| row.line).collect::<Vec<_>>(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_bad_cell_is_named_by_line_and_column() {
        let long = "X".repeat(MAX_NAME + 1);
        for (column, cell) in [
            (CODE, ""),
            (CODE, "ZZ"),
            (NAME, ""),
            (NAME, "  "),
            (NAME, &long),
            (NAME, "A\0B"),
            (NAME, "A\nB"),
            (NAME, "A\u{202e}B"),
            (NAME, "A\u{2066}B"),
            (REGION, ""),
            (REGION, "Y 62"),
            (BOARD, "QØP"),
            (ADDRESS.start, "A\tB"),
            (POSTCODE, "M13"),
            (OPENED, "2017-10-01"),
            (OPENED, "20170230"),
            (OPENED, "+2017101"),
            (CLOSED, "2020093"),
            (CLOSED, "20170930"),
        ] {
            let text = format!("{}\n{}", row_with(CODE, "ZZB"), row_with(column, cell));
            assert_eq!(faults(&text), [(2, Some(COLUMNS[column]))], "{column} {cell:?}");
        }
    }

    #[test]
    fn limits_are_included() {
        for (column, cell) in [(NAME, "É".repeat(MAX_NAME)), (CLOSED, "20171001".to_owned())] {
            assert!(read(row_with(column, &cell).as_bytes()).is_ok(), "{column}");
        }
    }

    #[test]
    fn every_fault_of_the_file_is_reported() {
        let text = [
            row(&["r", "", "y", "q", "", "", "", "", "", "x", "1", "2"]),
            row_with(CODE, "ZZA"),
            "ZZB,ONLY,THREE".to_owned(),
            row_with(CLOSED, "19990101"),
        ];
        let columns = [CODE, NAME, REGION, BOARD, POSTCODE, OPENED, CLOSED]
            .map(|column| (1, Some(COLUMNS[column])));
        let mut expected = columns.to_vec();
        expected.extend([(3, None), (4, Some("organisation code")), (4, Some("close date"))]);
        assert_eq!(faults(&text.join("\n")), expected);
    }

    #[test]
    fn a_repeated_code_names_both_lines() {
        let text =
            format!("{}\n{}\n{}", row_with(NAME, ""), row_with(CODE, "ZZB"), row_with(CODE, "zza"));
        let faults = read(text.as_bytes()).unwrap_err();
        assert_eq!(faults.len(), 2);
        assert_eq!((faults[1].line, faults[1].column), (3, Some("organisation code")));
        assert_eq!(
            faults[1].problem,
            "each ODS code was expected once: ZZA stands on lines 1 and 3"
        );
    }

    #[test]
    fn too_many_columns_are_a_fault() {
        assert_eq!(faults(&format!("{},\"\"", row_with(CODE, "ZZA"))), [(1, None)]);
    }

    #[test]
    fn a_lost_quotation_mark_does_not_swallow_rows() {
        let mut text = row_with(CODE, "ZZA");
        text.pop();
        text.push('\n');
        text.push_str(&row_with(CODE, "ZZB").replace('"', ""));
        assert_eq!(faults(&text), [(1, Some("column 27"))]);
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_a_fault_of_their_cell() {
        let text = format!("{}\n{}", row_with(NAME, "?"), row_with(CODE, "ZZB"));
        let bytes =
            text.bytes().map(|byte| if byte == b'?' { 0xE9 } else { byte }).collect::<Vec<_>>();
        let faults = read(&bytes).unwrap_err();
        assert_eq!(faults.len(), 1);
        assert_eq!((faults[0].line, faults[0].column), (1, Some("name")));
    }

    #[test]
    fn a_file_without_rows_is_a_fault() {
        for text in ["", "\u{feff}", "\n", "\r\n\r\n"] {
            assert_eq!(faults(text), [(0, None)], "{text:?}");
        }
    }

    #[test]
    fn a_file_may_not_exceed_the_limit() {
        let mut bytes = row_with(CODE, "ZZA").into_bytes();
        bytes.resize(MAX_BYTES, b'\n');
        assert!(read(&bytes).is_ok());
        bytes.push(b'\n');
        let faults = read(&bytes).unwrap_err();
        assert_eq!((faults.len(), faults[0].line), (1, 0));
    }

    #[test]
    fn a_problem_never_repeats_the_content() {
        for column in [CODE, NAME, REGION, BOARD, POSTCODE, OPENED, CLOSED] {
            let faults = read(row_with(column, "secret\u{202e}").as_bytes()).unwrap_err();
            assert!(faults.iter().all(|fault| !fault.problem.contains("secret")), "{faults:?}");
            let faults = read(row_with(column, &"secret".repeat(40)).as_bytes()).unwrap_err();
            assert!(faults.iter().all(|fault| !fault.problem.contains("secret")), "{faults:?}");
        }
    }
}
