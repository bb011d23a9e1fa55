//! The rules of staged uploads, as functions over plain values. Each returns everything that is unmet.

use super::model::{Announced, Media, State, Upload};
use crate::config::UploadLimits;
use crate::organisation::rules::unmet_for_line;
use crate::refusal::{Code, Refusal};

/// Letters that separate the parts of a path, name a stream or a drive, or that a file system does not take.
const SEPARATORS: [char; 9] = ['/', '\\', ':', '*', '?', '"', '<', '>', '|'];

fn invalid(path: &str, message: impl Into<String>) -> Refusal {
    Refusal::at(Code::Invalid, path, message)
}

/// An announced file is one of the types, of a size, with a checksum, and called what such a file is called.
#[must_use]
pub fn unmet_for_file(file: &Announced, limits: UploadLimits) -> Vec<Refusal> {
    let media = Media::from_code(&file.media_type);
    let mut unmet = unmet_for_name(&file.file_name, media);
    if media.is_none() {
        let known: Vec<&str> = Media::ALL.iter().map(|media| media.code()).collect();
        unmet.push(invalid("mediaType", format!("must be one of {}", known.join(", "))));
    }
    if file.size_bytes < 1 || file.size_bytes > limits.max_bytes {
        let message = format!("must lie between 1 and {} bytes", limits.max_bytes);
        unmet.push(invalid("sizeBytes", message));
    }
    let digits = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if file.sha256.len() != 64 || !file.sha256.bytes().all(digits) {
        let message = "must be the SHA-256 of the file in 64 lower-case hexadecimal digits";
        unmet.push(invalid("sha256", message));
    }
    unmet
}

/// The name is that of a file and of no folder, on every system, and ends as files of its type do.
fn unmet_for_name(name: &str, media: Option<Media>) -> Vec<Refusal> {
    let path = "fileName";
    let mut unmet = unmet_for_line(name, path);
    if name.contains(SEPARATORS) {
        unmet.push(invalid(path, "must be the name alone, without folders or special letters"));
    }
    if name.starts_with(['.', ' ']) || name.ends_with(['.', ' ']) {
        unmet.push(invalid(path, "must not begin or end with a full stop or a space"));
    }
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let fits = |media: Media| media.endings().iter().any(|known| ending.as_deref() == Some(known));
    if let Some(media) = media.filter(|media| !fits(*media)) {
        let message = format!("a file of this type ends in .{}", media.endings().join(" or ."));
        unmet.push(invalid(path, message));
    }
    unmet
}

/// One account has so many files waiting and no more.
#[must_use]
pub fn unmet_for_waiting(waiting: u64, limits: UploadLimits) -> Vec<Refusal> {
    if waiting < u64::from(limits.max_open) {
        return Vec::new();
    }
    vec![Refusal::whole(Code::TooManyUploads)]
}

/// A record takes what its bytes are there for, and what no other took.
#[must_use]
pub fn unmet_for_taking(upload: &Upload, path: &str) -> Vec<Refusal> {
    let message = match upload.state {
        State::Stored => return Vec::new(),
        State::Pending => "its bytes are not there yet: send them to /uploads/{id} first",
        State::Used => "a record has taken this file already: upload it again",
        State::Expired => return vec![gone(path)],
    };
    vec![Refusal::at(Code::Conflict, path, message)]
}

/// The refusal of what is not there, of another account or organisation, or past its time: they look alike.
#[must_use]
pub fn gone(path: &str) -> Refusal {
    let message = "no upload of yours for this organisation that still can be used";
    Refusal::at(Code::NotFound, path, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: UploadLimits = UploadLimits { max_bytes: 1000, life_s: 60, max_open: 2 };

    fn file(file_name: &str, media_type: &str) -> Announced {
        Announced {
            file_name: file_name.to_owned(),
            media_type: media_type.to_owned(),
            size_bytes: 1000,
            sha256: "0123456789abcdef".repeat(4),
        }
    }

    fn paths(file: &Announced) -> Vec<String> {
        unmet_for_file(file, LIMITS).into_iter().map(|unmet| unmet.path[1].clone()).collect()
    }

    #[test]
    fn every_type_has_an_ending_of_its_own() {
        for media in Media::ALL {
            for ending in media.endings() {
                assert_eq!(paths(&file(&format!("A file.{ending}"), media.code())), [""; 0]);
                let capitals = format!("A.B.{}", ending.to_ascii_uppercase());
                assert_eq!(paths(&file(&capitals, media.code())), [""; 0]);
                let others = Media::ALL.iter().filter(|other| *other != media);
                for other in others {
                    assert_eq!(paths(&file(&format!("a.{ending}"), other.code())), ["fileName"]);
                }
            }
        }
    }

    #[test]
    fn a_name_is_the_name_of_a_file_and_nothing_else() {
        for name in
            ["Wohlergehen – Übersicht (2).pdf", "日本.pdf", "a.exe.pdf", "'.pdf", "%2e%2e.pdf"]
        {
            assert_eq!(paths(&file(name, "application/pdf")), [""; 0], "{name}");
        }
        for name in [
            "../a.pdf",
            "a/b.pdf",
            "C:\\a.pdf",
            "a:b.pdf",
            ".pdf",
            " a.pdf",
            "a.pdf ",
            "a.pdf.",
            "a\0.pdf",
            "a\n.pdf",
            "a\r\nx: y.pdf",
            "a\t.pdf",
            "a\u{202E}fdp.pdf",
            "a\u{7f}.pdf",
            "a\".pdf",
            "",
            "pdf",
            "a.pdf.exe",
        ] {
            assert!(
                paths(&file(name, "application/pdf")).contains(&"fileName".to_owned()),
                "{name:?}"
            );
        }
        assert!(!paths(&file(&"a".repeat(300), "application/pdf")).is_empty());
    }

    #[test]
    fn size_type_and_checksum_are_of_their_form() {
        for size in [i32::MIN, -1, 0, 1001, i32::MAX] {
            let file = Announced { size_bytes: size, ..file("a.pdf", "application/pdf") };
            assert_eq!(paths(&file), ["sizeBytes"]);
        }
        for media in [
            "",
            "application/zip",
            "text/html",
            "image/svg+xml",
            "text/plain; charset=utf-8",
            "TEXT/PLAIN",
        ] {
            assert_eq!(paths(&file("a.pdf", media)), ["mediaType"], "{media}");
        }
        let good = "0123456789abcdef".repeat(4);
        for sum in
            [String::new(), good.to_uppercase(), format!("{good}0"), "g".repeat(64), "é".repeat(32)]
        {
            let file = Announced { sha256: sum, ..file("a.pdf", "application/pdf") };
            assert_eq!(paths(&file), ["sha256"]);
        }
    }

    #[test]
    fn only_so_many_wait() {
        assert!(unmet_for_waiting(1, LIMITS).is_empty());
        assert_eq!(unmet_for_waiting(2, LIMITS)[0].code, Code::TooManyUploads);
    }
}
