//! Whether the bytes of a file are of the type that was declared, seen as they pass by.
//!
//! This keeps out what is plainly something else, and documents that hold macros where the usual programs put them: it
//! looks for the usual names of such parts, as they stand in the archive. Whoever wants to hide macros can call them
//! otherwise. It is no search for malware.

use infer::Infer;
use memchr::memmem::Finder;

use crate::upload::model::Media;

/// So many of the first bytes tell the type.
const HEAD: usize = 4096;

/// How a ZIP archive begins.
const ZIP: &[u8] = b"PK\x03\x04";

/// Why content is not what was declared, in words for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlike {
    /// Its first bytes are those of something else.
    OtherType,
    /// It is to be text in UTF-8, and is not.
    NotText,
    /// It is to be a document or sheet, and lacks what makes it one.
    NoDocument,
    /// It is a document with macros, by the names of its parts.
    Macros,
}

impl Unlike {
    /// In words.
    #[must_use]
    pub const fn told(self) -> &'static str {
        match self {
            Self::OtherType => {
                "the content of the file is not of the media type that was announced"
            }
            Self::NotText => "the file is not text in UTF-8",
            Self::NoDocument => "the file is not a document of the media type that was announced",
            Self::Macros => "documents with macros are not taken: save it without them",
        }
    }
}

/// Looks at a file piece by piece.
pub struct Look {
    media: Media,
    head: Vec<u8>,
    told: bool,
    text: Text,
    office: Option<Office>,
}

impl Look {
    /// Looks whether it is of this type.
    #[must_use]
    pub fn at(media: Media) -> Self {
        Self {
            media,
            head: Vec::new(),
            told: false,
            text: Text::default(),
            office: Office::of(media),
        }
    }

    /// Looks at the next piece.
    ///
    /// # Errors
    ///
    /// What is wrong, as soon as that is plain.
    pub fn see(&mut self, piece: &[u8]) -> Result<(), Unlike> {
        if self.media.is_text() {
            return self.text.see(piece);
        }
        if !self.told {
            let room = HEAD - self.head.len();
            self.head.extend_from_slice(&piece[..room.min(piece.len())]);
            if self.head.len() == HEAD {
                self.tell()?;
            }
        }
        match &mut self.office {
            Some(office) => office.see(piece),
            None => Ok(()),
        }
    }

    /// What is to be said at the end.
    ///
    /// # Errors
    ///
    /// What is wrong.
    pub fn end(mut self) -> Result<(), Unlike> {
        if self.media.is_text() {
            return self.text.end();
        }
        if !self.told {
            self.tell()?;
        }
        self.office.map_or(Ok(()), Office::end)
    }

    /// Tells the type by the first bytes.
    fn tell(&mut self) -> Result<(), Unlike> {
        self.told = true;
        let is_it = match self.media {
            // Which of them it is, the names in the archive tell.
            Media::Docx | Media::Xlsx => self.head.starts_with(ZIP),
            _ => Infer::new().get(&self.head).is_some_and(|is| is.mime_type() == self.media.code()),
        };
        self.head = Vec::new();
        if is_it { Ok(()) } else { Err(Unlike::OtherType) }
    }
}

/// Text in UTF-8 without NUL, seen in pieces.
#[derive(Default)]
struct Text {
    /// A letter of which the last bytes are to come.
    begun: Vec<u8>,
}

impl Text {
    fn see(&mut self, mut piece: &[u8]) -> Result<(), Unlike> {
        if piece.contains(&0) {
            return Err(Unlike::NotText);
        }
        while !self.begun.is_empty() && !piece.is_empty() {
            self.begun.push(piece[0]);
            piece = &piece[1..];
            match std::str::from_utf8(&self.begun) {
                Ok(_) => self.begun.clear(),
                Err(error) if error.error_len().is_none() => {}
                Err(_) => return Err(Unlike::NotText),
            }
        }
        match std::str::from_utf8(piece) {
            Ok(_) => Ok(()),
            Err(error) if error.error_len().is_none() => {
                self.begun.extend_from_slice(&piece[error.valid_up_to()..]);
                Ok(())
            }
            Err(_) => Err(Unlike::NotText),
        }
    }

    fn end(self) -> Result<(), Unlike> {
        if self.begun.is_empty() { Ok(()) } else { Err(Unlike::NotText) }
    }
}

/// The names in an archive, which stand in it as they are: those that a document has, and those of macros.
struct Office {
    needed: Vec<Name>,
    macros: Vec<Name>,
    /// The end of what was seen, in which a name may begin.
    tail: Vec<u8>,
}

/// A name that is looked for.
struct Name {
    finder: Finder<'static>,
    found: bool,
}

impl Name {
    fn of(name: &&'static str) -> Self {
        Self { finder: Finder::new(*name), found: false }
    }
}

/// No name that is looked for is longer.
const LONGEST: usize = 32;

impl Office {
    fn of(media: Media) -> Option<Self> {
        let (needed, macros): (&[&'static str], &[&'static str]) = match media {
            Media::Docx => (&["[Content_Types].xml", "word/"], &["vbaProject.bin"]),
            Media::Xlsx => (&["[Content_Types].xml", "xl/workbook"], &["vbaProject.bin"]),
            Media::Odt | Media::Ods => (&["content.xml"], &["Basic/script-lc.xml"]),
            Media::Pdf | Media::Png | Media::Jpeg | Media::Text | Media::Csv => return None,
        };
        let names = |names: &[&'static str]| names.iter().map(Name::of).collect();
        Some(Self { needed: names(needed), macros: names(macros), tail: Vec::new() })
    }

    fn see(&mut self, piece: &[u8]) -> Result<(), Unlike> {
        // Where two pieces meet, and the piece itself.
        let mut seam = std::mem::take(&mut self.tail);
        seam.extend_from_slice(&piece[..piece.len().min(LONGEST)]);
        for place in [seam.as_slice(), piece] {
            for name in self.needed.iter_mut().chain(&mut self.macros).filter(|name| !name.found) {
                name.found = name.finder.find(place).is_some();
            }
        }
        self.tail = if piece.len() < LONGEST { seam } else { piece.to_vec() };
        self.tail.drain(..self.tail.len().saturating_sub(LONGEST));
        if self.macros.iter().any(|name| name.found) { Err(Unlike::Macros) } else { Ok(()) }
    }

    fn end(self) -> Result<(), Unlike> {
        let whole = self.needed.iter().all(|name| name.found);
        if whole { Ok(()) } else { Err(Unlike::NoDocument) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found of `bytes`, the same however they are cut.
    fn look(media: Media, bytes: &[u8]) -> Result<(), Unlike> {
        let in_pieces = |size: usize| {
            let mut look = Look::at(media);
            bytes.chunks(size).try_for_each(|piece| look.see(piece))?;
            look.end()
        };
        let whole = in_pieces(bytes.len().max(1));
        for size in [1, 2, 3, 7, 16, 31, 32, 33, 100, 5000] {
            assert_eq!(in_pieces(size), whole, "in pieces of {size}");
        }
        whole
    }

    fn archive(names: &[&str]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for name in names {
            bytes.extend_from_slice(ZIP);
            bytes.extend_from_slice(&[0; 26]);
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(&[7; 90]);
        }
        bytes
    }

    #[test]
    fn text_is_utf8_without_nul() {
        for good in ["", "plain", "Übung – 日本 😀", "\u{FEFF}a;b\r\n", "BM is no picture here"]
        {
            assert_eq!(look(Media::Text, good.as_bytes()), Ok(()), "{good}");
            assert_eq!(look(Media::Csv, good.as_bytes()), Ok(()), "{good}");
        }
        for bad in [
            &b"a\0b"[..],
            b"\xFF\xFEa\0",
            b"\xC3",
            b"a\xE2\x82",
            b"\xC0\x80",
            b"\xED\xA0\x80",
            b"\xA3 5",
        ] {
            assert_eq!(look(Media::Text, bad), Err(Unlike::NotText), "{bad:?}");
        }
    }

    #[test]
    fn pictures_and_pdf_are_told_by_their_first_bytes() {
        let png = [b"\x89PNG\r\n\x1a\n".as_slice(), &[0; 30]].concat();
        let jpeg = [b"\xFF\xD8\xFF\xE0".as_slice(), &[0; 30]].concat();
        let pdf = [b"%PDF-1.7\n".as_slice(), &[b' '; 6000]].concat();
        let all = [(Media::Png, png), (Media::Jpeg, jpeg), (Media::Pdf, pdf)];
        for (media, _) in &all {
            for (other, bytes) in &all {
                let expected = if media == other { Ok(()) } else { Err(Unlike::OtherType) };
                assert_eq!(look(*media, bytes), expected, "{media:?} {other:?}");
            }
            for bytes in [&b""[..], b"MZ\x90\0", b"<html>", b"\x7fELF", b"<svg xmlns=", b"GIF89a"] {
                assert_eq!(look(*media, bytes), Err(Unlike::OtherType), "{media:?} {bytes:?}");
            }
        }
    }

    #[test]
    fn documents_have_the_names_that_make_them_one() {
        let docx = archive(&["[Content_Types].xml", "_rels/.rels", "word/document.xml"]);
        let xlsx = archive(&["xl/workbook.xml", "[Content_Types].xml"]);
        assert_eq!(look(Media::Docx, &docx), Ok(()));
        assert_eq!(look(Media::Xlsx, &xlsx), Ok(()));
        assert_eq!(look(Media::Xlsx, &docx), Err(Unlike::NoDocument));
        assert_eq!(look(Media::Docx, &xlsx), Err(Unlike::NoDocument));
        assert_eq!(look(Media::Docx, &archive(&["a.exe"])), Err(Unlike::NoDocument));
        assert_eq!(
            look(Media::Docx, b"%PDF-1.7 word/ [Content_Types].xml"),
            Err(Unlike::OtherType)
        );
        for media in [Media::Odt, Media::Ods] {
            let name = format!("mimetype{}", media.code());
            let whole = archive(&[&name, "content.xml"]);
            assert_eq!(look(media, &whole), Ok(()), "{media:?}");
            assert_eq!(look(media, &archive(&[&name])), Err(Unlike::NoDocument));
            assert_eq!(look(media, &docx), Err(Unlike::OtherType));
            let other = if media == Media::Odt { Media::Ods } else { Media::Odt };
            assert_eq!(look(other, &whole), Err(Unlike::OtherType));
        }
    }

    #[test]
    fn documents_with_macros_are_not_taken() {
        let word = ["[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"];
        assert_eq!(look(Media::Docx, &archive(&word)), Err(Unlike::Macros));
        let name = format!("mimetype{}", Media::Ods.code());
        let basic = archive(&[&name, "content.xml", "Basic/script-lc.xml"]);
        assert_eq!(look(Media::Ods, &basic), Err(Unlike::Macros));
    }
}
