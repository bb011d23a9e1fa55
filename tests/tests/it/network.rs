//! A network thrown at random: organisations whose dated facts have gaps, ties, unknown days and codes
//! that wander from one to the next. Its rows are written past every use case, so that they reach what
//! no use case would leave behind.

use std::ops::Deref;

use alongside::actor::demo_issuer::DemoIssuer;
use alongside::actor::service::account_id;
use alongside::config::ApiSettings;
use chrono::{DateTime, Days, NaiveDate, Utc};
use entities::{
    account, board_assignment, board_membership, care_board, organisation, organisation_identifier,
    organisation_name, organisation_succession, region, region_membership, role_grant, site,
};
use sea_orm::{ActiveModelTrait, DatabaseConnection, EntityTrait, IntoActiveModel};
use tests::engines::Fixture;
use tests::given::day;
use tests::{Engine, World};
use uuid::Uuid;

/// A world for rows that no use case made: every query may cost what it likes, and whether every
/// invariant holds is not looked at in the end.
pub struct Wild(World);

impl Deref for Wild {
    type Target = World;

    fn deref(&self) -> &World {
        &self.0
    }
}

/// Limits of documents that random questions stay below: here the answers are of interest.
pub fn unlimited(settings: &ApiSettings) -> ApiSettings {
    ApiSettings {
        max_document: 1 << 20,
        max_tokens: u64::MAX,
        max_depth: 64,
        max_selections: u64::MAX,
        max_aliases: u64::MAX,
        max_cost: u64::MAX,
        max_nodes: u64::MAX,
        ..settings.clone()
    }
}

impl Fixture for Wild {
    async fn open(engine: Engine) -> Self {
        Self(World::with(engine, |config| config.api = unlimited(&config.api)).await)
    }

    fn lend(&self) -> Self {
        Self(self.0.clone())
    }

    async fn close(self) {
        self.come_to_rest().await;
        self.app.core().db().close().await;
        self.database.eye.close().await;
    }
}

/// Chance that is the same on every run: xorshift64* from a fixed seed.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.roll()).expect("64 bits") % limit
    }

    /// Yes, once in `times`.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of `things`.
    pub fn pick<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        &things[self.below(things.len())]
    }

    /// One of `things`, or nothing.
    pub fn maybe<T: Clone>(&mut self, things: &[T]) -> Option<T> {
        if self.once_in(3) { None } else { Some(self.pick(things).clone()) }
    }

    /// `count` different ones of `things`, in random order.
    pub fn some<T: Clone>(&mut self, count: usize, things: &[T]) -> Vec<T> {
        let mut left = things.to_vec();
        (0..count.min(left.len())).map(|_| left.swap_remove(self.below(left.len()))).collect()
    }

    /// One of 24 days, two months apart, so that facts often begin and end together.
    pub fn day(&mut self) -> NaiveDate {
        day("2023-01-01") + Days::new(61 * self.below(24) as u64)
    }

    fn id(&mut self) -> Uuid {
        Uuid::from_u64_pair(self.roll() << 16 | self.roll(), self.roll() << 16 | self.roll())
    }

    /// At most `most` periods one after another, with and without gaps; the last may have no end.
    fn periods(&mut self, most: usize) -> Vec<(NaiveDate, Option<NaiveDate>)> {
        let mut from = self.day();
        let mut periods = Vec::new();
        for _ in 0..self.below(most + 1) {
            let to = from + Days::new(61 * (1 + self.below(6) as u64));
            periods.push((from, Some(to)));
            from = if self.once_in(2) { to } else { to + Days::new(61) };
        }
        if let Some((_, to)) = periods.last_mut()
            && self.once_in(2)
        {
            *to = None;
        }
        periods
    }
}

/// What a random network consists of, besides what was there before.
#[derive(Default)]
struct Thrown {
    organisations: Vec<organisation::Model>,
    names: Vec<organisation_name::Model>,
    identifiers: Vec<organisation_identifier::Model>,
    boards: Vec<board_membership::Model>,
    regions: Vec<region_membership::Model>,
    sites: Vec<site::Model>,
    successions: Vec<organisation_succession::Model>,
    assignments: Vec<board_assignment::Model>,
    accounts: Vec<account::Model>,
    grants: Vec<role_grant::Model>,
}

const WORDS: [&str; 8] = ["Ash", "ash", "Élan", "Birch", "Zeta 😀", "Oak's", "100% \\_", "Birch B"];

/// Adds `count` random organisations to `world`; gives their ids.
pub async fn throw(world: &World, dice: &mut Dice, count: usize) -> Vec<Uuid> {
    let connection = world.database.eye.connection();
    let (boards, regions) = places(connection).await;
    let mut thrown = Thrown::default();
    let before = world.database.eye.count("select count(*) from organisation").await;
    let first = usize::try_from(before).expect("a number");
    for number in first..first + count {
        let row = organisation(dice, number);
        thrown.facts(dice, row.id, number, &boards, &regions);
        thrown.organisations.push(row);
    }
    let ids: Vec<Uuid> = thrown.organisations.iter().map(|row| row.id).collect();
    thrown.successions(dice, &ids);
    thrown.save(connection).await;
    ids
}

#[expect(clippy::disallowed_methods, reason = "the eye sees every row")]
async fn places(connection: &DatabaseConnection) -> (Vec<Uuid>, Vec<Uuid>) {
    let boards = care_board::Entity::find().all(connection).await.expect("the boards");
    let regions = region::Entity::find().all(connection).await.expect("the regions");
    (boards.iter().map(|row| row.id).collect(), regions.iter().map(|row| row.id).collect())
}

/// An instant with seconds, milliseconds or microseconds; often the same one.
fn instant(dice: &mut Dice) -> DateTime<Utc> {
    let text = dice.pick(&[
        "2026-04-01T08:00:00Z",
        "2026-04-01T08:00:00.5Z",
        "2026-04-01T08:00:00.500001Z",
        "2026-04-01T23:30:00Z",
        "2026-04-02T00:30:00Z",
    ]);
    text.parse().expect("an instant")
}

fn organisation(dice: &mut Dice, number: usize) -> organisation::Model {
    let opened_on = dice.maybe(&[day("2023-01-01"), day("2023-05-01"), day("2024-02-29")]);
    let closed = dice.once_in(4);
    let kinds = ["NHS_TRUST", "NHS_FOUNDATION_TRUST", "VCSE", "CIC", "HEI", "FUNDER"];
    organisation::Model {
        id: dice.id(),
        name: format!("{} {}", dice.pick(&WORDS), dice.below(6)),
        short_name: dice.maybe(&["Short".to_owned(), String::new()]),
        kind: (*dice.pick(&kinds)).to_owned(),
        status: if closed { "CLOSED" } else { dice.pick(&["PROSPECT", "ACTIVE", "DORMANT"]) }
            .to_owned(),
        reference_only: dice.once_in(2),
        delivers: dice.once_in(2),
        employs: dice.once_in(2),
        parent_id: None,
        address: dice.maybe(&["1 High Street\nTown".to_owned()]),
        postcode: dice.maybe(&[
            "ZZ1 1AA".to_owned(),
            "ZZ1 1AB".to_owned(),
            format!("ZZ{number} 2AA"),
        ]),
        opened_on,
        closed_on: closed.then(|| *dice.pick(&[day("2025-01-31"), day("2026-01-01")])),
        closure_reason: closed.then(|| "merged".to_owned()),
        created_at: instant(dice),
        updated_at: instant(dice),
        version: 1 + dice.below(4) as i32,
    }
}

impl Thrown {
    /// The dated facts of one organisation, its sites, and who holds which role in it.
    fn facts(
        &mut self,
        dice: &mut Dice,
        of: Uuid,
        number: usize,
        boards: &[Uuid],
        regions: &[Uuid],
    ) {
        for (index, (from, to)) in dice.periods(3).into_iter().enumerate() {
            let valid_from = if index == 0 { dice.maybe(&[from]) } else { Some(from) };
            let name = format!("{} once {index}", dice.pick(&WORDS));
            self.names.push(organisation_name::Model {
                id: dice.id(),
                organisation_id: of,
                name,
                valid_from,
                valid_to: to,
            });
        }
        for (index, (from, to)) in dice.periods(2).into_iter().enumerate() {
            self.identifier(dice, of, "ODS", format!("ZY{number:03}{index}"), (Some(from), to));
        }
        if dice.once_in(6) {
            self.identifier(dice, of, "ODS", format!("ZX{number:03}"), (None, None));
        }
        let others = dice.below(3);
        for scheme in dice.some(others, &["UKPRN", "CHARITY_EW", "ORG_ID"]) {
            self.identifier(dice, of, scheme, format!("{number:08}"), (None, None));
        }
        let mut membership = |dice: &mut Dice, board: Uuid, role: &str, (valid_from, valid_to)| {
            let (id, role) = (dice.id(), role.to_owned());
            let row = board_membership::Model {
                id,
                organisation_id: of,
                board_id: board,
                role,
                valid_from,
                valid_to,
            };
            self.boards.push(row);
        };
        for period in dice.periods(3) {
            let board = *dice.pick(boards);
            membership(dice, board, "HOST", period);
        }
        for board in dice.some(2, boards) {
            for period in dice.periods(2) {
                membership(dice, board, "ASSOCIATE", period);
            }
        }
        for (valid_from, valid_to) in dice.periods(2) {
            let (id, region_id) = (dice.id(), *dice.pick(regions));
            let override_reason = dice.maybe(&["near the border".to_owned()]);
            let row = region_membership::Model {
                id,
                organisation_id: of,
                region_id,
                override_reason,
                valid_from,
                valid_to,
            };
            self.regions.push(row);
        }
        for _ in 0..dice.below(5) {
            self.sites.push(site::Model {
                id: dice.id(),
                organisation_id: of,
                name: format!("{} house", dice.pick(&WORDS)),
                ods_code: dice.maybe(&["ZY9".to_owned()]),
                address: dice.maybe(&["2 Low Road".to_owned()]),
                postcode: dice.maybe(&["ZZ9 9ZZ".to_owned()]),
            });
        }
        let splits = dice.below(2);
        for previous in dice.some(splits, boards) {
            let assigned = dice.maybe(boards);
            self.assignments.push(board_assignment::Model {
                id: dice.id(),
                organisation_id: of,
                previous_board_id: previous,
                since: dice.day(),
                status: if assigned.is_some() { "ASSIGNED" } else { "OPEN" }.to_owned(),
                assigned_board_id: assigned,
                created_at: instant(dice),
                version: 1,
            });
        }
        for _ in 0..dice.below(3) {
            self.grant(dice, of);
        }
    }

    fn identifier(
        &mut self,
        dice: &mut Dice,
        of: Uuid,
        scheme: &str,
        value: String,
        (valid_from, valid_to): (Option<NaiveDate>, Option<NaiveDate>),
    ) {
        let verified = dice.once_in(2);
        self.identifiers.push(organisation_identifier::Model {
            id: dice.id(),
            organisation_id: of,
            scheme: scheme.to_owned(),
            value,
            valid_from,
            valid_to,
            verified_at: verified.then(|| instant(dice)),
            verified_by: verified.then(|| "NLO somebody".to_owned()),
        });
    }

    /// A grant to a new account or, now and then, to the one before.
    fn grant(&mut self, dice: &mut Dice, of: Uuid) {
        if self.accounts.is_empty() || !dice.once_in(4) {
            let subject = format!("thrown-{}", dice.id().simple());
            self.accounts.push(account::Model {
                id: account_id(DemoIssuer::NAME, &subject),
                issuer: DemoIssuer::NAME.to_owned(),
                label: format!("Person {}", self.accounts.len()),
                subject,
                kind: "PERSON".to_owned(),
                enabled: !dice.once_in(6),
                created_at: instant(dice),
                version: 1,
            });
        }
        let valid_from = dice.day();
        self.grants.push(role_grant::Model {
            id: dice.id(),
            account_id: self.accounts.last().expect("one was made").id,
            person_id: None,
            role: (*dice.pick(&["PCO", "PSG", "TNR", "SUP"])).to_owned(),
            scope_type: "ORGANISATION".to_owned(),
            scope_id: Some(of),
            valid_from,
            valid_to: if dice.once_in(2) { None } else { Some(valid_from + Days::new(300)) },
            granted_by: None,
            created_at: instant(dice),
            version: 1,
        });
    }

    /// Some follow others; a code that one gave up goes on with whoever followed.
    fn successions(&mut self, dice: &mut Dice, ids: &[Uuid]) {
        for pair in ids.windows(2) {
            if !dice.once_in(3) {
                continue;
            }
            let (id, on) = (dice.id(), dice.day());
            let kind = *dice.pick(&["MERGER", "RENAME", "CLOSURE"]);
            self.successions.push(organisation_succession::Model {
                id,
                predecessor_id: pair[0],
                successor_id: (kind != "CLOSURE").then_some(pair[1]),
                effective_on: on,
                kind: kind.to_owned(),
                notes: dice.maybe(&["as agreed".to_owned()]),
            });
            self.hand_over(dice, pair[0], pair[1]);
        }
    }

    /// The successor holds the predecessor's last ODS code from the day on which that gave it up, if
    /// the successor holds no other on any later day.
    fn hand_over(&mut self, dice: &mut Dice, from: Uuid, to: Uuid) {
        let ods = |row: &&organisation_identifier::Model, of| {
            row.organisation_id == of && row.scheme == "ODS"
        };
        let last = self.identifiers.iter().rfind(|row| ods(row, from));
        let Some((value, day)) = last.and_then(|row| Some((row.value.clone(), row.valid_to?)))
        else {
            return;
        };
        let held = self.identifiers.iter().filter(|row| ods(row, to));
        if held.clone().all(|row| row.valid_to.is_some_and(|end| end <= day)) {
            self.identifier(dice, to, "ODS", value, (Some(day), None));
        }
    }

    async fn save(self, on: &DatabaseConnection) {
        insert::<organisation::ActiveModel, _>(on, self.organisations).await;
        insert::<organisation_name::ActiveModel, _>(on, self.names).await;
        insert::<organisation_identifier::ActiveModel, _>(on, self.identifiers).await;
        insert::<board_membership::ActiveModel, _>(on, self.boards).await;
        insert::<region_membership::ActiveModel, _>(on, self.regions).await;
        insert::<site::ActiveModel, _>(on, self.sites).await;
        insert::<organisation_succession::ActiveModel, _>(on, self.successions).await;
        insert::<board_assignment::ActiveModel, _>(on, self.assignments).await;
        insert::<account::ActiveModel, _>(on, self.accounts).await;
        insert::<role_grant::ActiveModel, _>(on, self.grants).await;
    }
}

async fn insert<A, M>(on: &DatabaseConnection, rows: Vec<M>)
where
    A: ActiveModelTrait + Send,
    M: IntoActiveModel<A>,
{
    let rows: Vec<A> = rows.into_iter().map(|row| row.into_active_model().reset_all()).collect();
    if !rows.is_empty() {
        A::Entity::insert_many(rows)
            .exec_without_returning(on)
            .await
            .expect("rows that the tables accept");
    }
}
