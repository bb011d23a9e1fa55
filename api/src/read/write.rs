//! Writes answers as JSON: keys in the order of the request, values from the rows as they came.

use super::bind::{Bound, PageArgs, RowsAsked};
use super::condition::Order;
use super::cursor::{CursorKey, ListCursors, Position};
use super::declaration::Kind;
use super::plan::{EdgePart, Form, InfoPart, Label, PagePart, Part, Shape};
use super::run::{BEFORE, Found, Group};
use super::value::{self, row};
use crate::db::DbFault;

type Done = Result<(), DbFault>;

/// Writes the answers of a level.
pub struct Writer<'a> {
    level: &'a Bound<'a>,
    page: Option<Page<'a>>,
}

/// A page, with what its cursors are made of.
struct Page<'a> {
    args: &'a PageArgs,
    cursors: ListCursors,
    /// The columns of the order.
    order: Vec<(usize, Kind)>,
}

impl<'a> Writer<'a> {
    /// A writer for the rows of `level`.
    #[must_use]
    pub fn new(level: &'a Bound<'a>, cursors: &CursorKey) -> Self {
        let page = match &level.rows {
            RowsAsked::Page(args) => {
                let of = |(order, index): &(Order, usize)| (*index, order.leaf.kind);
                let order = level.order.iter().map(of).collect();
                Some(Page { args, cursors: cursors.of(&args.fingerprint), order })
            }
            RowsAsked::Itself | RowsAsked::Key(_) | RowsAsked::Related(_) => None,
        };
        Self { level, page }
    }

    /// Writes the rows of `group`.
    ///
    /// # Errors
    ///
    /// A fault if a column is not of the declared kind.
    pub fn form(&self, form: &Form, found: &Found, group: &Group, out: &mut Vec<u8>) -> Done {
        match form {
            Form::One(shape, _) if !group.rows.is_empty() => {
                self.object(shape, found, group.rows.start, out)
            }
            Form::One(..) => {
                out.extend_from_slice(b"null");
                Ok(())
            }
            Form::List(shape) => {
                self.list(group, out, |place, out| self.object(shape, found, place, out))
            }
            Form::Page(parts) => self.connection(parts, found, group, out),
        }
    }

    /// The rows of a page counted from its end come in the opposite order.
    const fn backward(&self) -> bool {
        matches!(self.page, Some(Page { args: PageArgs { backward: true, .. }, .. }))
    }

    fn list(
        &self,
        group: &Group,
        out: &mut Vec<u8>,
        mut item: impl FnMut(usize, &mut Vec<u8>) -> Done,
    ) -> Done {
        out.push(b'[');
        for (count, place) in group.rows.clone().enumerate() {
            if count > 0 {
                out.push(b',');
            }
            let place = if self.backward() { group.rows.end - 1 - count } else { place };
            item(place, out)?;
        }
        out.push(b']');
        Ok(())
    }

    fn object(&self, shape: &Shape, found: &Found, place: usize, out: &mut Vec<u8>) -> Done {
        let row = row(&found.rows, place)?;
        object(&shape.0, out, |part, out| {
            match part {
                Part::Typename => named(self.level.level.def.name, "", out),
                Part::Column(index, kind) => return row.write(index + BEFORE, *kind, out),
                Part::Child(index) => out.extend_from_slice(found.below[*index].piece(place)),
                Part::Withheld => out.extend_from_slice(b"null"),
            }
            Ok(())
        })
    }

    fn connection(
        &self,
        parts: &[(Label, PagePart)],
        found: &Found,
        group: &Group,
        out: &mut Vec<u8>,
    ) -> Done {
        let name = self.level.level.def.name;
        object(parts, out, |part, out| {
            match part {
                PagePart::Typename => named(name, "Connection", out),
                PagePart::Edges(edges) => {
                    self.list(group, out, |place, out| self.edge(edges, found, place, out))?;
                }
                PagePart::Nodes(shape) => {
                    self.list(group, out, |place, out| self.object(shape, found, place, out))?;
                }
                PagePart::Info(parts) => {
                    object(parts, out, |part, out| self.info(*part, found, group, out))?;
                }
                PagePart::Total => value::number(group.total, out),
            }
            Ok(())
        })
    }

    fn edge(
        &self,
        parts: &[(Label, EdgePart)],
        found: &Found,
        place: usize,
        out: &mut Vec<u8>,
    ) -> Done {
        object(parts, out, |part, out| match part {
            EdgePart::Typename => {
                named(self.level.level.def.name, "Edge", out);
                Ok(())
            }
            EdgePart::Cursor => self.cursor(found, place, out),
            EdgePart::Node(shape) => self.object(shape, found, place, out),
        })
    }

    fn info(&self, part: InfoPart, found: &Found, group: &Group, out: &mut Vec<u8>) -> Done {
        let Some(Page { args: page, .. }) = &self.page else {
            out.extend_from_slice(b"null");
            return Ok(());
        };
        let begun = page.from.is_some();
        let at = |first: bool, out: &mut Vec<u8>| {
            if group.rows.is_empty() {
                out.extend_from_slice(b"null");
                return Ok(());
            }
            let begin = first != page.backward;
            let place = if begin { group.rows.start } else { group.rows.end - 1 };
            self.cursor(found, place, out)
        };
        match part {
            InfoPart::Typename => named("PageInfo", "", out),
            // Beyond the side that a page is counted from lies at least the row of its cursor.
            InfoPart::HasNext => {
                value::boolean(if page.backward { begun } else { group.more }, out)
            }
            InfoPart::HasPrevious => {
                value::boolean(if page.backward { group.more } else { begun }, out);
            }
            InfoPart::Start => return at(true, out),
            InfoPart::End => return at(false, out),
        }
        Ok(())
    }

    /// The cursor of the row at `place`.
    fn cursor(&self, found: &Found, place: usize, out: &mut Vec<u8>) -> Done {
        let Some(Page { cursors, order, .. }) = &self.page else {
            out.extend_from_slice(b"null");
            return Ok(());
        };
        let row = row(&found.rows, place)?;
        let value = |(index, kind): &(usize, Kind)| row.json(index + BEFORE, *kind);
        let values = order.iter().map(value).collect::<Result<_, _>>()?;
        let position = Position { values, id: row.id(BEFORE)? };
        // Its letters need no escape.
        out.push(b'"');
        out.extend_from_slice(cursors.seal(&position).as_bytes());
        out.push(b'"');
        Ok(())
    }
}

/// Writes the name of a type.
fn named(name: &str, ending: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(ending.as_bytes());
    out.push(b'"');
}

/// Writes an object of `parts`.
fn object<P>(
    parts: &[(Label, P)],
    out: &mut Vec<u8>,
    mut write: impl FnMut(&P, &mut Vec<u8>) -> Done,
) -> Done {
    out.push(b'{');
    for (count, (label, part)) in parts.iter().enumerate() {
        if count > 0 {
            out.push(b',');
        }
        out.extend_from_slice(label.text());
        write(part, out)?;
    }
    out.push(b'}');
    Ok(())
}
