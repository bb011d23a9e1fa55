//! An instrument as one file: TOML, with every name spelt out.
//!
//! Reading what was written gives the same instrument, and writing it again the same text.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::instruments::Written;
use super::model::{Content, Domain, Indicator, Instrument, Number, Thresholds};
use super::store::Readiness;
use crate::command::Stop;
use crate::refusal::{Code, Refusal};

/// The form that this service reads and writes.
pub const FORMAT: &str = "alongside.instrument/1";

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// [`FORMAT`].
    pub format: String,
    /// The instrument.
    pub instrument: InstrumentPart,
    /// From where outcomes begin: shares in basis points, scores from 0 to 3.
    pub thresholds: Thresholds,
    /// The domains in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub domains: Vec<DomainPart>,
}

/// The instrument of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstrumentPart {
    /// Its code.
    pub code: String,
    /// Its version.
    pub number: String,
    /// What it is called.
    pub title: String,
    /// Whether it is a proposal that nobody has adopted.
    pub proposal: bool,
    /// Where it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// A domain of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DomainPart {
    /// Its code.
    pub code: String,
    /// What it is called.
    pub title: String,
    /// How much it weighs.
    pub weight: i32,
    /// Its indicators in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indicators: Vec<IndicatorPart>,
}

/// An indicator of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndicatorPart {
    /// Its code.
    pub code: String,
    /// What is asked.
    pub prompt: String,
    /// What each score means, from 0 to 3.
    pub anchors: [String; 4],
    /// Whether no outcome carries a licence without it.
    #[serde(default)]
    pub critical: bool,
    /// Whether it may be said not to apply.
    #[serde(default)]
    pub not_applicable_allowed: bool,
    /// From which score on it needs evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence_from: Option<i32>,
    /// The indicators of earlier versions that it follows, as `1.0:2.3`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub follows: Vec<String>,
}

/// The indicators of the earlier versions of an instrument, by their names such as `1.0:2.3`.
#[derive(Clone, Debug, Default)]
pub struct Names(Vec<(Uuid, String)>);

impl Names {
    /// Those before a version of an instrument.
    ///
    /// # Errors
    ///
    /// What the database answers.
    pub async fn before(
        store: &Readiness<'_>,
        (code, number): (&str, Number),
    ) -> Result<Self, Stop> {
        let mut names = Vec::new();
        for earlier in store.earlier(code, number).await? {
            let content = store.content(earlier.id).await?;
            let of = content.indicators().zip(&content.indicator_ids);
            let name = |of: &Indicator| format!("{}:{}", earlier.number, of.code);
            names.extend(of.map(|((_, indicator), id)| (*id, name(indicator))));
        }
        Ok(Self(names))
    }

    /// Those before an instrument.
    ///
    /// # Errors
    ///
    /// What the database answers.
    pub async fn of(store: &Readiness<'_>, instrument: &Instrument) -> Result<Self, Stop> {
        Self::before(store, (&instrument.code, instrument.number)).await
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The indicators.
    #[must_use]
    pub fn ids(&self) -> Vec<Uuid> {
        self.0.iter().map(|(id, _)| *id).collect()
    }

    fn name(&self, id: Uuid) -> Option<String> {
        self.0.iter().find(|(known, _)| *known == id).map(|(_, name)| name.clone())
    }

    fn named(&self, name: &str) -> Option<Uuid> {
        self.0.iter().find(|(_, known)| known == name).map(|(id, _)| *id)
    }
}

/// The file of an instrument.
#[must_use]
pub fn of(instrument: &Instrument, content: &Content, names: &Names) -> Document {
    let indicator = |of: &Indicator| {
        let mut follows: Vec<String> = of.follows.iter().filter_map(|id| names.name(*id)).collect();
        follows.sort_unstable();
        IndicatorPart {
            code: of.code.clone(),
            prompt: of.prompt.clone(),
            anchors: of.anchors.clone(),
            critical: of.critical,
            not_applicable_allowed: of.not_applicable_allowed,
            evidence_from: of.evidence_from,
            follows,
        }
    };
    let domain = |of: &Domain| DomainPart {
        code: of.code.clone(),
        title: of.title.clone(),
        weight: of.weight,
        indicators: of.indicators.iter().map(indicator).collect(),
    };
    Document {
        format: FORMAT.to_owned(),
        instrument: InstrumentPart {
            code: instrument.code.clone(),
            number: instrument.number.to_string(),
            title: instrument.title.clone(),
            proposal: instrument.is_proposal,
            source: instrument.source.clone(),
        },
        thresholds: instrument.thresholds,
        domains: content.domains.iter().map(domain).collect(),
    }
}

/// Reads a file.
///
/// # Errors
///
/// What is wrong with it; the words name the line and never a value.
pub fn read(text: &str) -> Result<Document, Refusal> {
    let fault = |path: &str, message: String| Refusal::at(Code::Invalid, path, message);
    let document: Document = toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.map_or(1, |before| before.matches('\n').count() + 1);
        fault("", format!("line {line}: {}", error.message()))
    })?;
    if document.format == FORMAT {
        Ok(document)
    } else {
        Err(fault("format", format!("must be {FORMAT}")))
    }
}

impl Document {
    /// The text of the file.
    ///
    /// # Errors
    ///
    /// Never in practice: everything in it can be written.
    pub fn text(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(self)
    }

    /// The hash of what it says, by which a published instrument is told from another.
    #[must_use]
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.text().unwrap_or_default()))
    }

    /// What it says, with the indicators that it follows.
    ///
    /// # Errors
    ///
    /// Each indicator that follows none of those that are known.
    pub fn written(&self, names: &Names) -> Result<Written, Vec<Refusal>> {
        let mut unmet = Vec::new();
        let mut domains = Vec::new();
        for (place, part) in self.domains.iter().enumerate() {
            let mut indicators = Vec::new();
            for (nth, of) in part.indicators.iter().enumerate() {
                let mut follows = Vec::new();
                for (which, name) in of.follows.iter().enumerate() {
                    let path = format!("domains.{place}.indicators.{nth}.follows.{which}");
                    let message = "no such indicator of an earlier version that is published: name one by \
                                   its version and code, such as 1.0:2.3";
                    match names.named(name) {
                        Some(id) => follows.push(id),
                        None => unmet.push(Refusal::at(Code::NotFound, &path, message)),
                    }
                }
                indicators.push(Indicator {
                    code: of.code.clone(),
                    prompt: of.prompt.clone(),
                    anchors: of.anchors.clone(),
                    critical: of.critical,
                    not_applicable_allowed: of.not_applicable_allowed,
                    evidence_from: of.evidence_from,
                    follows,
                });
            }
            domains.push(Domain {
                code: part.code.clone(),
                title: part.title.clone(),
                weight: part.weight,
                indicators,
            });
        }
        if !unmet.is_empty() {
            return Err(unmet);
        }
        let InstrumentPart { title, proposal, source, .. } = self.instrument.clone();
        Ok(Written { title, is_proposal: proposal, source, thresholds: self.thresholds, domains })
    }
}
