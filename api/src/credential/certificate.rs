//! The certificate to be printed: one tagged page with the code that leads to its public page.
//!
//! The same credential gives the same bytes, and a page takes the same time whatever it says: a long text is set in
//! smaller letters and never broken.

use std::num::NonZeroU16;

use fast_qr::{ECL, QRBuilder};
use krilla::color::rgb;
use krilla::configure::{Accessibility, Configuration, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use krilla::tagging::{ContentTag, SpanTag, Tag, TagGroup, TagTree};
use krilla::text::{Font, TextDirection};
use krilla::{Document, SerializeSettings};

use super::badge::described;
use super::model::{Credential, Kind};
use super::page::words_of;
use crate::fault::Fault;

/// A font for the names of Europe and beyond; its licence is beside it.
const FONT: &[u8] = include_bytes!("../../assets/font/DejaVuSans.ttf");

/// A4, lying, in points.
const PAGE: (f32, f32) = (841.89, 595.28);

/// The margin, in points.
const MARGIN: f32 = 64.0;

/// The width of the code, in points: 4 cm.
const CODE: f32 = 113.4;

/// The most that a letter takes of its size, on average.
const LETTER: f32 = 0.68;

/// What a line is.
#[derive(Clone, Copy)]
enum Line {
    Heading,
    Text,
}

/// The certificate of `of`, held by `holder`, whose public page is at `address`.
///
/// # Errors
///
/// [`Fault::Internal`] if it cannot be written.
pub fn certificate(
    of: &Credential,
    holder: &str,
    network: &str,
    address: &str,
) -> Result<Vec<u8>, Fault> {
    let accessible = ConfigurationBuilder::new()
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .unwrap_or_default();
    // A letter that the font lacks is no accessible text: the page is made all the same.
    drawn(of, holder, network, address, accessible)
        .or_else(|_| drawn(of, holder, network, address, Configuration::default()))
        .map_err(|error| Fault::Internal(format!("a certificate was not written: {error}")))
}

fn drawn(
    of: &Credential,
    holder: &str,
    network: &str,
    address: &str,
    configuration: Configuration,
) -> Result<Vec<u8>, String> {
    let settings = SerializeSettings { configuration, ..SerializeSettings::default() };
    let mut document = Document::new_with(settings);
    let font = Font::new(FONT.to_vec().into(), 0).ok_or("the font")?;
    let page = PageSettings::from_wh(PAGE.0, PAGE.1).ok_or("the page")?;
    let mut page = document.start_page_with(page);
    let mut surface = page.surface();
    let mut tags = TagTree::new().with_lang(Some("en-GB".to_owned()));
    let mut top = MARGIN;
    for (line, size, text) in lines(of, holder, network) {
        let size = size.min((PAGE.0 - 2.0 * MARGIN) / (LETTER * letters(&text)));
        top += size * 1.7;
        tags.push(set(&mut surface, &font, line, (size, top), &text));
    }
    let corner = (MARGIN, PAGE.1 - MARGIN - CODE);
    tags.push(code(&mut surface, corner, address)?);
    let room = PAGE.0 - 2.0 * MARGIN - CODE - 16.0;
    let told = format!("Verify it at {address}");
    for (text, up) in [
        ("Scan the code, or open the address, to see what it is worth today.", 60.0),
        (&told, 36.0),
    ] {
        let size = 11.0_f32.min(room / (LETTER * letters(text)));
        let (left, top) = (MARGIN + CODE + 16.0, PAGE.1 - MARGIN - up);
        tags.push(placed(&mut surface, &font, Line::Text, (size, left, top), text));
    }
    surface.finish();
    page.finish();
    document.set_metadata(metadata(of, network));
    document.set_outline(outline(of));
    document.set_tag_tree(tags);
    document.finish().map_err(|error| format!("{error:?}"))
}

/// The table of contents, which an accessible file has: the one heading.
fn outline(of: &Credential) -> Outline {
    let mut outline = Outline::new();
    let top = XyzDestination::new(0, Point::from_xy(MARGIN, MARGIN));
    outline.push_child(OutlineNode::new(heading(of).to_owned(), top));
    outline
}

/// What the certificate is headed.
const fn heading(of: &Credential) -> &'static str {
    match of.ground.kind() {
        Kind::Graduation => "Certificate of graduation",
        Kind::TrainerAccreditation => "Certificate of accreditation",
        Kind::OrganisationLicence => "Certificate of licence",
    }
}

/// What the certificate says, from the top.
fn lines(of: &Credential, holder: &str, network: &str) -> Vec<(Line, f32, String)> {
    let mut lines = vec![
        (Line::Text, 14.0, network.to_owned()),
        (Line::Heading, 30.0, heading(of).to_owned()),
        (Line::Text, 26.0, holder.to_owned()),
        (Line::Text, 14.0, described(of)),
        (Line::Text, 14.0, format!("Awarded on {}.", words_of(of.awarded_on))),
    ];
    if let Some(until) = of.valid_until {
        let (from, until) = (words_of(of.valid_from), words_of(until));
        lines.push((Line::Text, 14.0, format!("It holds from {from} to before {until}.")));
    }
    lines
}

/// How many letters there are, one at least.
fn letters(text: &str) -> f32 {
    text.chars().map(|_| 1.0_f32).sum::<f32>().max(1.0)
}

/// Sets a line at the left margin.
fn set(
    surface: &mut Surface<'_>,
    font: &Font,
    line: Line,
    (size, top): (f32, f32),
    text: &str,
) -> TagGroup {
    placed(surface, font, line, (size, MARGIN, top), text)
}

/// Sets a line of this size, its foot beginning at a place.
fn placed(
    surface: &mut Surface<'_>,
    font: &Font,
    line: Line,
    (size, left, top): (f32, f32, f32),
    text: &str,
) -> TagGroup {
    surface.set_fill(Some(ink()));
    let place = surface.start_tagged(ContentTag::Span(SpanTag::empty()));
    let start = Point::from_xy(left, top);
    surface.draw_text(start, font.clone(), size, text, false, TextDirection::Auto);
    surface.end_tagged();
    let children = vec![place.into()];
    match line {
        Line::Heading => {
            let title = Some(text.to_owned());
            TagGroup::with_children(Tag::Hn(NonZeroU16::MIN, title), children)
        }
        Line::Text => TagGroup::with_children(Tag::P, children),
    }
}

/// The code of an address, its upper left corner at a place.
fn code(
    surface: &mut Surface<'_>,
    (left, top): (f32, f32),
    address: &str,
) -> Result<TagGroup, String> {
    let code = QRBuilder::new(address).ecl(ECL::M).build().map_err(|error| format!("{error:?}"))?;
    let side = CODE / letters(&"x".repeat(code.size));
    let mut path = PathBuilder::new();
    let mut y = top;
    for row in 0..code.size {
        let mut x = left;
        for module in &code[row] {
            if let Some(square) = Rect::from_xywh(x, y, side, side).filter(|_| module.value()) {
                path.push_rect(square);
            }
            x += side;
        }
        y += side;
    }
    let path = path.finish().ok_or("the code")?;
    surface.set_fill(Some(ink()));
    let place = surface.start_tagged(ContentTag::Other);
    surface.draw_path(&path);
    surface.end_tagged();
    let told = format!("Code that leads to {address}");
    Ok(TagGroup::with_children(Tag::Figure(Some(told)), vec![place.into()]))
}

fn ink() -> Fill {
    Fill {
        paint: rgb::Color::new(0x16, 0x16, 0x1d).into(),
        opacity: NormalizedF32::ONE,
        rule: FillRule::NonZero,
    }
}

/// What readers are told of the file. Its date is the credential's, so that the bytes stay the same.
fn metadata(of: &Credential, network: &str) -> Metadata {
    use chrono::{Datelike as _, Timelike as _};
    let at = of.issued_at;
    let small = |number: u32| u8::try_from(number).unwrap_or_default();
    let date = DateTime::new(u16::try_from(at.year()).unwrap_or_default())
        .month(small(at.month()))
        .day(small(at.day()))
        .hour(small(at.hour()))
        .minute(small(at.minute()))
        .second(small(at.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0);
    Metadata::new()
        .title(format!("Certificate: {}", of.title))
        .authors(vec![network.to_owned()])
        .language("en-GB".to_owned())
        .document_id(of.id.to_string())
        .creation_date(date)
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use uuid::Uuid;

    use super::*;
    use crate::credential::model::{Ground, Place, State};

    fn credential() -> Credential {
        let day = NaiveDate::from_ymd_opt(2026, 5, 1).unwrap();
        Credential {
            id: Uuid::from_u128(1),
            public_token: "x".repeat(24),
            ground: Ground::Licence { licence_id: Uuid::from_u128(2) },
            organisation_id: Uuid::from_u128(3),
            organisation_name: "Fictional Trust".to_owned(),
            person_id: None,
            holder_name: None,
            programme_type: None,
            title: "Licence".to_owned(),
            edition: "1".to_owned(),
            awarded_on: day,
            issued_at: "2026-05-01T09:00:00Z".parse().unwrap(),
            valid_from: day,
            valid_until: day.succ_opt(),
            state: State::Issued,
            state_on: day,
            reason: None,
            redacted_on: None,
            supersedes_id: None,
            listed: false,
            place: Place { list: 2026, index: 1 },
            jwt: None,
            jwt_sha256: String::new(),
            version: 1,
        }
    }

    fn made(holder: &str) -> Vec<u8> {
        certificate(&credential(), holder, "A network", "https://example.org/verify/x").unwrap()
    }

    #[test]
    fn the_same_credential_gives_the_same_bytes() {
        assert_eq!(made("Ana López"), made("Ana López"));
        assert_ne!(made("Ana López"), made("Ana Lopez"));
    }

    #[test]
    fn names_of_europe_make_an_accessible_page() {
        let names =
            ["Zoë Łukaszewicz", "Δημήτρης Παπαδόπουλος", "Олександр Їжак", "Şule Ğ", "Þór Æ"];
        let accessible = ConfigurationBuilder::new()
            .with_accessibility_validator(Accessibility::UA1)
            .finish()
            .unwrap();
        for name in names {
            let page = drawn(&credential(), name, "A network", "https://example.org", accessible);
            assert_eq!(page.err(), None, "{name}");
        }
    }

    #[test]
    fn a_name_that_the_font_lacks_and_a_long_one_make_a_page_too() {
        for name in ["王小明".to_owned(), "Very Long Name ".repeat(15)] {
            assert!(made(&name).starts_with(b"%PDF-"), "{name}");
        }
    }
}
