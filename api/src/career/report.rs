//! Where graduates went, as figures: exact for who may list them, disclosed for analysts.

use sea_orm::ConnectionTrait as _;

use crate::actor::{Actor, Identity, Permission};
use crate::calendar::FinancialYear;
use crate::core::Core;
use crate::db::{Access, DbFault};
use crate::disclosure::Disclosure;
use crate::fault::Fault;
use crate::programme::kind::ProgrammeType;
use crate::read::sql::Sql;

use super::model::DestinationKind;

/// How many went somewhere; `None` if too few.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Where.
    pub kind: DestinationKind,
    /// How many, as it is told.
    pub count: Option<u32>,
}

/// The graduates of one kind of programme in one region who graduated in one year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What they were trained for.
    pub programme_type: ProgrammeType,
    /// The region of the deliverer then; `None` where it had none.
    pub region: Option<String>,
    /// How many told, as it is told.
    pub graduates: Option<u32>,
    /// How many went where, every kind.
    pub counts: Vec<Count>,
}

/// A line of what the database counted.
type Line = (ProgrammeType, Option<String>, DestinationKind, u32);

/// Where those went who graduated in a year, as answered so many months after; `None` to who may not see it.
///
/// # Errors
///
/// What the database answers.
pub async fn destinations(
    core: &Core,
    identity: Identity,
    (year, months): (FinancialYear, i32),
) -> Result<Option<Vec<Group>>, Fault> {
    let (tx, actor) = core.begin(Access::Read, identity).await?;
    let Some(told) = disclosure(core, &actor) else {
        tx.rollback().await;
        return Ok(None);
    };
    let mut sql = Sql::new(tx.get_database_backend());
    sql.push(
        "select e.programme_type, r.name, d.kind, count(*) from graduate_destination d \
         join enrolment e on e.id = d.enrolment_id and e.state = 'GRADUATED' \
         join graduation_decision g on g.enrolment_id = e.id and g.reopened_at is null \
         left join region_membership l on l.organisation_id = e.organisation_id \
           and l.valid_from <= g.decided_on and (l.valid_to is null or l.valid_to > g.decided_on) \
         left join region r on r.id = l.region_id \
         where d.replaced_at is null \
           and not exists (select 1 from restricted_person x where x.id = e.person_id) \
           and d.asked_after_months = ",
    );
    sql.bind(months.into()).push(" and g.decided_on >= ").bind(year.first_day().into());
    sql.push(" and g.decided_on <= ").bind(year.last_day().into());
    sql.push(" group by e.programme_type, r.name, d.kind");
    let (text, values) = sql.finish();
    let rows = tx.rows(text, values).await;
    tx.rollback().await;
    let lines = rows?.iter().map(line).collect::<Result<Vec<_>, _>>()?;
    Ok(Some(groups(&lines, told)))
}

/// How figures are told to the actor: the quality lead may list destinations, an analyst may not.
fn disclosure(core: &Core, actor: &Actor) -> Option<Disclosure> {
    if !actor.may_nationally(Permission::AnalyseDestinations) {
        return None;
    }
    let lists = actor.may_nationally(Permission::SeeDestinations);
    Some(Disclosure::to(core.policy(), lists))
}

fn line(row: &sea_orm::QueryResult) -> Result<Line, DbFault> {
    let (kind, region): (String, Option<String>) =
        (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    let (destination, count): (String, i64) = (row.try_get_by_index(2)?, row.try_get_by_index(3)?);
    let kind = ProgrammeType::from_code(&kind);
    let destination = DestinationKind::from_code(&destination);
    Ok((
        kind.ok_or_else(|| DbFault::unreadable("enrolment.programme_type"))?,
        region,
        destination.ok_or_else(|| DbFault::unreadable("graduate_destination.kind"))?,
        u32::try_from(count).unwrap_or(u32::MAX),
    ))
}

/// The lines as groups, in one order, with every kind in each.
fn groups(lines: &[Line], told: Disclosure) -> Vec<Group> {
    let mut keys: Vec<(ProgrammeType, Option<String>)> =
        lines.iter().map(|(kind, region, ..)| (*kind, region.clone())).collect();
    keys.sort_by(|a, b| (a.0.code(), &a.1).cmp(&(b.0.code(), &b.1)));
    keys.dedup();
    let group = |(programme_type, region): (ProgrammeType, Option<String>)| {
        let of = |kind: DestinationKind| {
            let own = lines
                .iter()
                .filter(|line| (line.0, &line.1, line.2) == (programme_type, &region, kind));
            own.map(|line| line.3).sum::<u32>()
        };
        let exact: Vec<u32> = DestinationKind::ALL.iter().map(|kind| of(*kind)).collect();
        let counts = DestinationKind::ALL.iter().zip(told.counts(&exact));
        let counts = counts.map(|(kind, count)| Count { kind: *kind, count }).collect();
        Group { programme_type, graduates: told.count(exact.iter().sum()), counts, region }
    };
    keys.into_iter().map(group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::PolicySettings;

    #[test]
    fn a_group_tells_every_kind_and_no_small_figure_to_an_analyst() {
        let kind = ProgrammeType::PeerSupportWorker;
        let north = Some("North".to_owned());
        let lines = [
            (kind, north.clone(), DestinationKind::EmployedAsPeerWorker, 12),
            (kind, north.clone(), DestinationKind::Seeking, 3),
            (kind, None, DestinationKind::NotTold, 2),
        ];
        let exact = groups(&lines, Disclosure::to(PolicySettings::default(), true));
        assert_eq!(exact.len(), 2);
        assert_eq!((exact[1].graduates, exact[1].counts[0].count), (Some(15), Some(12)));
        let told = groups(&lines, Disclosure::to(PolicySettings::default(), false));
        assert_eq!(told[0].graduates, None);
        assert_eq!(told[1].graduates, Some(15));
        let of = |place: usize| told[1].counts[place].count;
        assert_eq!(of(0), None, "it would tell the other one");
        assert_eq!(of(4), None);
        assert_eq!(of(2), Some(0));
    }
}
