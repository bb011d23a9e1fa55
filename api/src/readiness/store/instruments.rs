//! Rows of instruments: their domains, indicators and what those follow.

use entities::{readiness_domain, readiness_indicator, readiness_instrument, readiness_mapping};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
};
use uuid::Uuid;

use super::Readiness;
use crate::command::{Stop, Unit};
use crate::readiness::model::{Content, Domain, Indicator, Instrument, InstrumentState, Number};

#[expect(
    clippy::disallowed_methods,
    reason = "this is the store: its transaction carries the Scope"
)]
impl Readiness<'_> {
    /// The version of an instrument.
    pub async fn instrument_by_name(
        &self,
        code: &str,
        number: Number,
    ) -> Result<Option<Instrument>, Stop> {
        let row = readiness_instrument::Entity::find()
            .filter(readiness_instrument::Column::Code.eq(code))
            .filter(readiness_instrument::Column::Number.eq(number.to_string()))
            .one(self.tx)
            .await?;
        Ok(row.map(Instrument::try_from).transpose()?)
    }

    /// The instruments with these ids.
    pub async fn instruments(
        &self,
        ids: impl IntoIterator<Item = Uuid>,
    ) -> Result<Vec<Instrument>, Stop> {
        let rows = readiness_instrument::Entity::find()
            .filter(readiness_instrument::Column::Id.is_in(ids))
            .all(self.tx)
            .await?;
        rows.into_iter().map(|row| Ok(Instrument::try_from(row)?)).collect()
    }

    /// Every instrument that was published, also those that are retired.
    pub async fn published(&self) -> Result<Vec<Instrument>, Stop> {
        let rows = readiness_instrument::Entity::find()
            .filter(readiness_instrument::Column::State.ne(InstrumentState::Draft.code()))
            .order_by_asc(readiness_instrument::Column::Id)
            .all(self.tx)
            .await?;
        rows.into_iter().map(|row| Ok(Instrument::try_from(row)?)).collect()
    }

    /// The published versions of an instrument before `number`, newest first: what a draft asks may still change.
    pub async fn earlier(&self, code: &str, number: Number) -> Result<Vec<Instrument>, Stop> {
        let rows = readiness_instrument::Entity::find()
            .filter(readiness_instrument::Column::Code.eq(code))
            .filter(readiness_instrument::Column::Precedence.lt(number.precedence()))
            .filter(readiness_instrument::Column::State.ne(InstrumentState::Draft.code()))
            .order_by_desc(readiness_instrument::Column::Precedence)
            .all(self.tx)
            .await?;
        rows.into_iter().map(|row| Ok(Instrument::try_from(row)?)).collect()
    }

    /// What an instrument asks.
    pub async fn content(&self, instrument: Uuid) -> Result<Content, Stop> {
        let domains = readiness_domain::Entity::find()
            .filter(readiness_domain::Column::InstrumentId.eq(instrument))
            .order_by_asc(readiness_domain::Column::Place)
            .all(self.tx)
            .await?;
        let indicators = readiness_indicator::Entity::find()
            .filter(readiness_indicator::Column::InstrumentId.eq(instrument))
            .order_by_asc(readiness_indicator::Column::Place)
            .all(self.tx)
            .await?;
        let mappings = readiness_mapping::Entity::find()
            .filter(readiness_mapping::Column::InstrumentId.eq(instrument))
            .order_by_asc(readiness_mapping::Column::EarlierId)
            .all(self.tx)
            .await?;
        let mut content = Content::default();
        for row in domains {
            let of_domain = |of: &&readiness_indicator::Model| of.domain_id == row.id;
            let within: Vec<_> = indicators.iter().filter(of_domain).cloned().collect();
            content.domain_ids.push(row.id);
            content.indicator_ids.extend(within.iter().map(|indicator| indicator.id));
            content.domains.push(Domain {
                code: row.code,
                title: row.title,
                weight: row.weight,
                indicators: within.into_iter().map(|of| indicator_of(of, &mappings)).collect(),
            });
        }
        Ok(content)
    }

    /// Writes what a draft asks over what is there; its parts get new ids.
    pub async fn replace_content(
        &self,
        unit: &Unit,
        instrument: Uuid,
        domains: &[Domain],
    ) -> Result<(), Stop> {
        let of = instrument;
        readiness_mapping::Entity::delete_many()
            .filter(readiness_mapping::Column::InstrumentId.eq(of))
            .exec(self.tx)
            .await?;
        readiness_indicator::Entity::delete_many()
            .filter(readiness_indicator::Column::InstrumentId.eq(of))
            .exec(self.tx)
            .await?;
        readiness_domain::Entity::delete_many()
            .filter(readiness_domain::Column::InstrumentId.eq(of))
            .exec(self.tx)
            .await?;
        let (mut rows, mut indicators, mut mappings) = (Vec::new(), Vec::new(), Vec::new());
        for (place, domain) in (1_i32..).zip(domains) {
            let domain_id = unit.id();
            rows.push(readiness_domain::ActiveModel {
                id: Set(domain_id),
                instrument_id: Set(of),
                place: Set(place),
                code: Set(domain.code.clone()),
                title: Set(domain.title.trim().to_owned()),
                weight: Set(domain.weight),
            });
            for indicator in &domain.indicators {
                let id = unit.id();
                let place = i32::try_from(indicators.len()).unwrap_or(i32::MAX);
                indicators.push(indicator_row(indicator, (id, of, domain_id), place));
                mappings.extend(indicator.follows.iter().map(|earlier| {
                    readiness_mapping::ActiveModel {
                        id: Set(unit.id()),
                        instrument_id: Set(of),
                        indicator_id: Set(id),
                        earlier_id: Set(*earlier),
                    }
                }));
            }
        }
        if !rows.is_empty() {
            readiness_domain::Entity::insert_many(rows).exec_without_returning(self.tx).await?;
        }
        if !indicators.is_empty() {
            let insert = readiness_indicator::Entity::insert_many(indicators);
            insert.exec_without_returning(self.tx).await?;
        }
        if !mappings.is_empty() {
            let insert = readiness_mapping::Entity::insert_many(mappings);
            insert.exec_without_returning(self.tx).await?;
        }
        Ok(())
    }
}

fn indicator_of(
    row: readiness_indicator::Model,
    mappings: &[readiness_mapping::Model],
) -> Indicator {
    let readiness_indicator::Model {
        id,
        instrument_id: _,
        domain_id: _,
        place: _,
        code,
        prompt,
        anchor_0,
        anchor_1,
        anchor_2,
        anchor_3,
        critical,
        not_applicable_allowed,
        evidence_from,
    } = row;
    let follows = mappings.iter().filter(|mapping| mapping.indicator_id == id);
    Indicator {
        code,
        prompt,
        anchors: [anchor_0, anchor_1, anchor_2, anchor_3],
        critical,
        not_applicable_allowed,
        evidence_from,
        follows: follows.map(|mapping| mapping.earlier_id).collect(),
    }
}

fn indicator_row(
    indicator: &Indicator,
    (id, instrument_id, domain_id): (Uuid, Uuid, Uuid),
    place: i32,
) -> readiness_indicator::ActiveModel {
    let Indicator {
        code,
        prompt,
        anchors: [anchor_0, anchor_1, anchor_2, anchor_3],
        critical,
        not_applicable_allowed,
        evidence_from,
        follows: _,
    } = indicator.clone();
    readiness_indicator::ActiveModel {
        id: Set(id),
        instrument_id: Set(instrument_id),
        domain_id: Set(domain_id),
        place: Set(place),
        code: Set(code),
        prompt: Set(prompt.trim().to_owned()),
        anchor_0: Set(anchor_0),
        anchor_1: Set(anchor_1),
        anchor_2: Set(anchor_2),
        anchor_3: Set(anchor_3),
        critical: Set(critical),
        not_applicable_allowed: Set(not_applicable_allowed),
        evidence_from: Set(evidence_from),
    }
}
