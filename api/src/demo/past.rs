//! The time in which the demonstration is told: it began some weeks before it was first started, so that
//! courses lie behind it, run, and lie ahead.

use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc, Weekday};
use entities::role_grant;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use super::subject;
use crate::actor::demo_issuer::DemoIssuer;
use crate::actor::service::account_id;
use crate::actor::{Identity, Role};
use crate::calendar::london;
use crate::clock::StandingSource;
use crate::core::Core;
use crate::db::{Access, DbFault};

/// How many weeks before its first start the demonstration began.
const FOUNDED_WEEKS: u64 = 40;

/// The demonstration's own calendar, which stays the same when it is started again on a later day.
#[derive(Clone)]
pub(super) struct Past {
    core: Core,
    present: NaiveDate,
}

impl Past {
    /// The calendar of what is there already, or one that ends today.
    pub(super) async fn of(core: &Core) -> Result<Self, DbFault> {
        let founded = founded(core).await?;
        let present = founded.and_then(|day| day.checked_add_days(Days::new(7 * FOUNDED_WEEKS)));
        Ok(Self { core: core.clone(), present: present.unwrap_or_else(|| core.source().today()) })
    }

    /// The last day of what is told: that of the first start.
    pub(super) const fn present(&self) -> NaiveDate {
        self.present
    }

    /// The service as it was in the morning, so many days before the present.
    pub(super) fn days_ago(&self, days: u64) -> Core {
        self.on(self.present.checked_sub_days(Days::new(days)).unwrap_or(self.present))
    }

    /// The same, weeks before.
    pub(super) fn weeks_ago(&self, weeks: u64) -> Core {
        self.days_ago(7 * weeks)
    }

    /// The service as it was when the demonstration began.
    pub(super) fn founding(&self) -> Core {
        self.weeks_ago(FOUNDED_WEEKS)
    }

    /// The same, but not before the day.
    pub(super) fn founding_after(&self, day: NaiveDate) -> Core {
        let founding = self.founding();
        if founding.source().today() < day { self.on(day.min(self.present)) } else { founding }
    }

    /// The Monday of the present week.
    pub(super) fn monday(&self) -> NaiveDate {
        self.present.week(Weekday::Mon).first_day()
    }

    fn on(&self, day: NaiveDate) -> Core {
        let morning = NaiveTime::from_hms_opt(9, 0, 0).and_then(|nine| london(day, nine));
        let now: DateTime<Utc> = morning.unwrap_or_else(|| self.core.source().now());
        let now = now.min(self.core.source().now());
        let source = StandingSource::new(now, self.core.shared_source());
        self.core.with_source(Arc::new(source))
    }
}

/// The first day on which the demonstration's quality lead held the role.
#[expect(clippy::disallowed_methods, reason = "the demonstration's own accounts")]
async fn founded(core: &Core) -> Result<Option<NaiveDate>, DbFault> {
    let account: Uuid = account_id(DemoIssuer::NAME, &subject(Role::QualityLead));
    let (tx, _) = core.begin(Access::Read, Identity::System("demo")).await?;
    let row = role_grant::Entity::find()
        .filter(role_grant::Column::AccountId.eq(account))
        .one(&tx)
        .await?;
    tx.rollback().await;
    Ok(row.map(|row| row.valid_from))
}
