//! Rows as records, and back.

use entities::{
    readiness_action, readiness_assessment, readiness_due, readiness_evidence,
    readiness_instrument, readiness_rater,
};

use crate::db::DbFault;
use crate::readiness::model::{
    Action, ActionState, Assessment, Due, DueReason, Evidence, Found, Instrument, InstrumentState,
    Number, Perspective, Rater, State, Thresholds,
};
use crate::readiness::score::Outcome;
use crate::upload::model::Media;

impl TryFrom<readiness_instrument::Model> for Instrument {
    type Error = DbFault;

    fn try_from(row: readiness_instrument::Model) -> Result<Self, DbFault> {
        let readiness_instrument::Model {
            id,
            name: _,
            code,
            number,
            precedence: _,
            title,
            state,
            is_proposal,
            source,
            ready_overall,
            ready_domain,
            ready_critical,
            conditional_overall,
            conditional_domain,
            conditional_critical,
            not_applicable_per_domain,
            disagreement_from,
            content_hash,
            published_at,
            retired_at,
            retirement_reason,
            created_at,
            updated_at,
            version,
        } = row;
        let unreadable = || DbFault::unreadable("readiness_instrument");
        Ok(Self {
            id,
            code,
            number: Number::parse(&number).ok_or_else(unreadable)?,
            title,
            state: InstrumentState::from_code(&state).ok_or_else(unreadable)?,
            is_proposal,
            source,
            thresholds: Thresholds {
                ready_overall,
                ready_domain,
                ready_critical,
                conditional_overall,
                conditional_domain,
                conditional_critical,
                not_applicable_per_domain,
                disagreement_from,
            },
            content_hash,
            published_at,
            retired_at,
            retirement_reason,
            created_at,
            updated_at,
            version,
        })
    }
}

impl From<Instrument> for readiness_instrument::Model {
    fn from(of: Instrument) -> Self {
        let name = of.name();
        let Instrument {
            id,
            code,
            number,
            title,
            state,
            is_proposal,
            source,
            thresholds,
            content_hash,
            published_at,
            retired_at,
            retirement_reason,
            created_at,
            updated_at,
            version,
        } = of;
        let Thresholds {
            ready_overall,
            ready_domain,
            ready_critical,
            conditional_overall,
            conditional_domain,
            conditional_critical,
            not_applicable_per_domain,
            disagreement_from,
        } = thresholds;
        Self {
            id,
            name,
            code,
            number: number.to_string(),
            precedence: number.precedence(),
            title,
            state: state.code().to_owned(),
            is_proposal,
            source,
            ready_overall,
            ready_domain,
            ready_critical,
            conditional_overall,
            conditional_domain,
            conditional_critical,
            not_applicable_per_domain,
            disagreement_from,
            content_hash,
            published_at,
            retired_at,
            retirement_reason,
            created_at,
            updated_at,
            version,
        }
    }
}

impl TryFrom<readiness_assessment::Model> for Assessment {
    type Error = DbFault;

    fn try_from(row: readiness_assessment::Model) -> Result<Self, DbFault> {
        let readiness_assessment::Model {
            id,
            organisation_id,
            instrument_id,
            state,
            started_by,
            started_on,
            submitted_by,
            submitted_on,
            reviewer_id,
            assigned_by,
            assigned_on,
            returned_on,
            return_comment,
            validated_by,
            validated_on,
            valid_to,
            self_score,
            score,
            outcome,
            ended_on,
            end_reason,
            superseded_by_id,
            created_at,
            updated_at,
            version,
        } = row;
        let unreadable = || DbFault::unreadable("readiness_assessment");
        let outcome = outcome.map(|code| Outcome::from_code(&code).ok_or_else(unreadable));
        let found = outcome.transpose()?.zip(score).zip(validated_on);
        let found = found.map(|((outcome, score), validated_on)| Found {
            outcome,
            score,
            validated_on,
            valid_to,
        });
        Ok(Self {
            id,
            organisation_id,
            instrument_id,
            state: State::from_code(&state).ok_or_else(unreadable)?,
            started_by,
            started_on,
            submitted_by,
            submitted_on,
            reviewer_id,
            assigned_by,
            assigned_on,
            returned_on,
            return_comment,
            validated_by,
            self_score,
            found,
            ended_on,
            end_reason,
            superseded_by_id,
            created_at,
            updated_at,
            version,
        })
    }
}

impl From<Assessment> for readiness_assessment::Model {
    fn from(of: Assessment) -> Self {
        let Assessment {
            id,
            organisation_id,
            instrument_id,
            state,
            started_by,
            started_on,
            submitted_by,
            submitted_on,
            reviewer_id,
            assigned_by,
            assigned_on,
            returned_on,
            return_comment,
            validated_by,
            self_score,
            found,
            ended_on,
            end_reason,
            superseded_by_id,
            created_at,
            updated_at,
            version,
        } = of;
        Self {
            id,
            organisation_id,
            instrument_id,
            state: state.code().to_owned(),
            started_by,
            started_on,
            submitted_by,
            submitted_on,
            reviewer_id,
            assigned_by,
            assigned_on,
            returned_on,
            return_comment,
            validated_by,
            validated_on: found.map(|found| found.validated_on),
            valid_to: found.and_then(|found| found.valid_to),
            self_score,
            score: found.map(|found| found.score),
            outcome: found.map(|found| found.outcome.code().to_owned()),
            ended_on,
            end_reason,
            superseded_by_id,
            created_at,
            updated_at,
            version,
        }
    }
}

/// Records whose columns are their fields, but for those that are enumerations.
macro_rules! plain {
    ($($entity:ident as $record:ident { $($field:ident),+; $($choice:ident: $ty:ident),+ };)+) => {$(
        impl TryFrom<$entity::Model> for $record {
            type Error = DbFault;

            fn try_from(row: $entity::Model) -> Result<Self, DbFault> {
                let $entity::Model { $($field,)+ $($choice,)+ } = row;
                $(let $choice = $ty::from_code(&$choice)
                    .ok_or_else(|| DbFault::unreadable(stringify!($entity)))?;)+
                Ok(Self { $($field,)+ $($choice,)+ })
            }
        }

        impl From<$record> for $entity::Model {
            fn from(of: $record) -> Self {
                let $record { $($field,)+ $($choice,)+ } = of;
                Self { $($field,)+ $($choice: $choice.code().to_owned(),)+ }
            }
        }
    )+};
}

plain! {
    readiness_rater as Rater {
        id, organisation_id, assessment_id, number, withdrawn, created_at, updated_at, version;
        perspective: Perspective
    };
    readiness_evidence as Evidence {
        id, organisation_id, assessment_id, indicator_id, title, file_key, file_name, size_bytes, sha256, added_at,
        removed_on, version;
        media_type: Media
    };
    readiness_action as Action {
        id, organisation_id, assessment_id, indicator_id, text, owner_title, owner_id, due_on, progress, note,
        evidence_id, settled_on, reminded_on, created_at, updated_at, version;
        state: ActionState
    };
    readiness_due as Due {
        id, organisation_id, raised_on, due_on, settled_on, settled_by_id, version;
        reason: DueReason
    };
}
