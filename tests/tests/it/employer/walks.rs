//! Random walks of agreements against a model of the tests' own, through commands and days.

use alongside::employer::model::{Agreement, AgreementKind, Command, Side, Standing, State};
use chrono::{DateTime, Days, NaiveDate, Utc};
use tests::given::day;
use uuid::Uuid;

use crate::network::Dice;

/// What the model knows of an agreement.
#[derive(Default)]
struct Model {
    answered: bool,
    agreed: bool,
    closed: bool,
}

impl Model {
    /// Whether the step may be taken on a day that is before, within or after its days.
    fn may(&self, command: Command, began: bool, passed: bool) -> bool {
        if self.closed {
            return false;
        }
        match command {
            Command::Accept | Command::Decline => !self.answered,
            Command::Withdraw => !self.answered || (self.agreed && !began),
            Command::End => self.agreed && began && !passed,
        }
    }

    fn take(&mut self, command: Command) {
        self.answered = true;
        self.agreed |= command == Command::Accept;
        self.closed |= command != Command::Accept;
    }
}

fn proposed(dice: &mut Dice, today: NaiveDate) -> Agreement {
    let from = today + Days::new(dice.below(40) as u64);
    let from = from - Days::new(20);
    let to = dice.maybe(&[1_u64, 15, 60]).map(|length| from + Days::new(length));
    Agreement {
        id: Uuid::nil(),
        organisation_id: Uuid::from_u128(1),
        host_id: Uuid::from_u128(2),
        kind: AgreementKind::Employs,
        places: 1,
        proposed_by: *dice.pick(&[Side::Deliverer, Side::Host]),
        state: State::Proposed,
        valid_from: from,
        valid_to: to,
        accepted_on: None,
        reason: None,
        created_at: DateTime::<Utc>::default(),
        updated_at: DateTime::<Utc>::default(),
        version: 1,
    }
}

#[test]
fn random_walks_of_an_agreement_end_where_the_model_says() {
    let mut dice = Dice::new(12);
    let (mut taken, mut refused) = (0, 0);
    for walk in 0..2_000 {
        let mut today = day("2026-05-01");
        let mut agreement = proposed(&mut dice, today);
        let mut model = Model::default();
        for _ in 0..12 {
            today = today + Days::new(dice.below(9) as u64);
            let command = *dice.pick(&Command::ALL);
            let began = agreement.valid_from <= today;
            let passed = agreement.valid_to.is_some_and(|to| to <= today);
            let standing = agreement.standing(today);
            let next = standing.after(command);
            assert_eq!(
                next.is_some(),
                model.may(command, began, passed),
                "walk {walk}: {command:?} of {standing:?}"
            );
            match next {
                Some(state) => {
                    agreement.state = state;
                    model.take(command);
                    taken += 1;
                }
                None => refused += 1,
            }
            let in_force = model.agreed && began && !passed && agreement.state != State::Withdrawn;
            assert_eq!(agreement.is_in_force(today), in_force, "walk {walk} after {command:?}");
        }
    }
    assert!(taken > 2_000 && refused > 2_000, "{taken} taken, {refused} refused");
    assert!(Standing::ALL.iter().all(|standing| {
        Command::ALL.iter().all(|command| standing.after(*command) != Some(State::Proposed))
    }));
}
