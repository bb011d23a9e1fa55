//! The status that can be read is the rule: SQL and `model::standing` agree on every day.

use alongside::graphql::ids;
use alongside::licence::model::{State, Term, standing};
use alongside::licence::rules::terms;
use chrono::{Days, NaiveDate};
use serde_json::{Value, json};
use tests::given::day;
use tests::on_both_databases;
use uuid::Uuid;

use crate::network::{Dice, Wild};

/// How many licences are thrown.
const LICENCES: u128 = 40;

/// A licence in the present state since `since`, and granted from its first day up to then.
struct Thrown {
    id: Uuid,
    state: State,
    since: NaiveDate,
    term: Term,
    renewal: Option<(NaiveDate, Option<NaiveDate>)>,
}

fn throw(dice: &mut Dice, number: u128) -> Thrown {
    let from = dice.day();
    let to = from + Days::new(30 + dice.below(400) as u64);
    let states =
        [State::Granted, State::Suspended, State::Revoked, State::Surrendered, State::Superseded];
    let from_renewal = to + Days::new(20) - Days::new(dice.below(60) as u64);
    let until = from_renewal + Days::new(dice.below(90) as u64);
    let renewal = (!dice.once_in(3)).then_some((from_renewal, (!dice.once_in(2)).then_some(until)));
    Thrown {
        id: Uuid::from_u128(0x11CE << 100 | number),
        state: *dice.pick(&states),
        since: from + Days::new(1 + dice.below(200) as u64),
        term: terms::term(from, to),
        renewal,
    }
}

impl Thrown {
    fn rows(&self, world: &Wild, number: u128) -> Vec<String> {
        let (id, of) = (world.uuid(self.id), world.uuid(world.a.id));
        let text = |day: Option<NaiveDate>| day.map_or("null".to_owned(), |day| format!("'{day}'"));
        let Term { from, to, expiring_from, grace_to } = self.term;
        let ended = matches!(self.state, State::Revoked | State::Surrendered | State::Superseded);
        let since = Some(self.since);
        let (renewed, decided) =
            (self.renewal.map(|(from, _)| from), self.renewal.and_then(|(_, to)| to));
        let state = self.state.code();
        let mut rows = vec![format!(
            "insert into licence (id, organisation_id, number, tier, approves_own_courses, state, bridging, \
             valid_from, valid_to, expiring_from, grace_to, renewal_from, renewal_to, suspended_on, ended_on, \
             created_at, updated_at, version) values ({id}, {of}, 'PSL-2020-{number:06}', 'HOST_ONLY', false, \
             '{state}', false, '{from}', '{to}', '{expiring_from}', '{grace_to}', {}, {}, {}, {}, \
             '2020-01-01T00:00:00+00:00', '2020-01-01T00:00:00+00:00', 1)",
            text(renewed),
            text(decided),
            text(since.filter(|_| self.state == State::Suspended)),
            text(since.filter(|_| ended)),
        )];
        let mut history = |part: u128, state: &str, from: NaiveDate, to: Option<NaiveDate>| {
            let row = world.uuid(Uuid::from_u128(self.id.as_u128() ^ part << 90));
            rows.push(format!(
                "insert into licence_history values ({row}, {of}, {id}, '{state}', '{from}', {})",
                text(to)
            ));
        };
        if self.state == State::Granted {
            history(1, state, from, None);
        } else {
            history(1, "GRANTED", from, since);
            history(2, state, self.since, None);
        }
        rows
    }

    /// What the rule says of the day; nothing before the grant.
    fn standing(&self, on: NaiveDate) -> Option<&'static str> {
        let state = if on < self.since { State::Granted } else { self.state };
        let renewing =
            self.renewal.is_some_and(|(from, to)| from <= on && to.is_none_or(|to| on < to));
        let stands = standing(state, Some(self.term), renewing, on);
        (on >= self.term.from).then(|| stands.code())
    }
}

on_both_databases! {
    async fn the_status_in_sql_is_the_rule_on_every_day(world: Wild) {
        let mut dice = Dice::new(7);
        let thrown: Vec<Thrown> = (0..LICENCES).map(|number| throw(&mut dice, number)).collect();
        for (number, licence) in (1..).zip(&thrown) {
            for row in licence.rows(&world, number) {
                world.database.eye.execute(&row).await.expect("a row");
            }
        }
        let document = "query($on: Date!) { licences(first: 100, asOf: $on) { nodes { id status } } }";
        let (mut on, mut seen) = (day("2023-01-01"), std::collections::BTreeSet::new());
        while on < day("2029-01-01") {
            let data = world.data(None, document, json!({ "on": on.to_string() })).await;
            for node in data["licences"]["nodes"].as_array().expect("rows") {
                let licence = thrown.iter().find(|l| node["id"] == ids::encode("lic", l.id)).expect("thrown");
                let expected = licence.standing(on).map_or(Value::Null, Value::from);
                assert_eq!(node["status"], expected, "{:?} since {} on {on}", licence.state, licence.since);
                seen.insert(node["status"].to_string());
            }
            on = on + Days::new(13);
        }
        assert_eq!(seen.len(), 9, "ACTIVE to SUPERSEDED, and nothing before the grant: {seen:?}");
    }
}
