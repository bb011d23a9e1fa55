//! An organisation that was split: its course waits until a person names who takes it over.

use chrono::{NaiveTime, TimeDelta, Weekday};
use entities::organisation;
use sea_orm::EntityTrait as _;
use uuid::Uuid;

use super::network::{self, OPENED};
use super::past::Past;
use super::{DemoError, boards, curricula, holder, step};
use crate::actor::Identity;
use crate::core::Core;
use crate::course::model::Mode;
use crate::course::planning::{Pattern, Times};
use crate::course::service::drafts::{self, NewCourse};
use crate::course::service::schedule::PlanAsked;
use crate::db::{Access, DbFault};
use crate::organisation::model::{Command, Kind, Status, SuccessionKind};
use crate::organisation::service::{self, NewOrganisation, NewSuccession};
use crate::programme::kind::ProgrammeType;

const CODE: &str = "ZZTHIST";

/// How many days before the present it planned a course, and how many before it was split.
const DAYS_AGO: (u64, u64) = (21, 7);

/// Makes what is missing; says how many organisations, each with a course, are new.
pub(super) async fn build(past: &Past) -> Result<usize, DemoError> {
    let (planned, split) = (past.days_ago(DAYS_AGO.0), past.days_ago(DAYS_AGO.1));
    let found = holder(&planned, CODE).await?;
    let id = match found {
        Some(id) => id,
        None => plan(&planned, past).await?,
    };
    if !is_closed(&split, id).await? {
        end(&split, id).await?;
    }
    Ok(usize::from(found.is_none()))
}

async fn plan(core: &Core, past: &Past) -> Result<Uuid, DemoError> {
    let boards = boards(core).await?;
    let board = boards.iter().find(|board| board.ods_code == "QSL").map(|board| board.id);
    let name = "Thistle Ford Peer Trust (fictional)";
    let new = NewOrganisation {
        opened_on: Some(OPENED),
        board_from: Some(OPENED),
        ..network::fictional(CODE, name, Kind::Vcse, board, Some("TA1 1AA"), true)
    };
    let version = curricula::version_for(core, ProgrammeType::Volunteer).await?.unwrap_or_default();
    let start = past.monday() + TimeDelta::weeks(14);
    step(core, name, move |unit| {
        let new = new.clone();
        Box::pin(async move {
            let organisation = service::register(unit, new).await?.id;
            service::step(unit, organisation, 1, Command::Activate).await?;
            let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default();
            let times = Times { starts: time(10), ends: time(16), break_minutes: 60 };
            let plan = PlanAsked {
                start,
                pattern: Pattern::Weekly(Weekday::Mon),
                sessions: None,
                times,
                closed: Vec::new(),
                modules_per_session: None,
                counts_as_day: true,
            };
            let course = NewCourse {
                organisation,
                version,
                host: None,
                terms: None,
                mode: Mode::InPerson,
                introductory: false,
                postcode_area: Some("TA".to_owned()),
                capacity: (6, 12),
                plan,
            };
            drafts::draft(unit, course).await?;
            Ok(organisation)
        })
    })
    .await
}

async fn end(core: &Core, id: Uuid) -> Result<(), DemoError> {
    let mut successors = Vec::new();
    for code in ["ZZROWAN", "ZZSEDGE"] {
        successors.extend(holder(core, code).await?);
    }
    let on = core.source().today();
    step(core, "split of a charity", move |unit| {
        let successors = successors.clone();
        Box::pin(async move {
            let kind = SuccessionKind::Split;
            let new = NewSuccession { kind, predecessors: vec![id], successors, on, notes: None };
            service::succeed(unit, new).await?;
            Ok(())
        })
    })
    .await
}

#[expect(clippy::disallowed_methods, reason = "to see what is done already")]
async fn is_closed(core: &Core, id: Uuid) -> Result<bool, DbFault> {
    let (tx, _) = core.begin(Access::Read, Identity::System("demo")).await?;
    let row = organisation::Entity::find_by_id(id).one(&tx).await?;
    tx.rollback().await;
    Ok(row.is_some_and(|row| row.status == Status::Closed.code()))
}
