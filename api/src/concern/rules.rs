//! The rules of concerns, as functions over plain values.

use uuid::Uuid;

use super::model::{Command, Level, State};
use crate::refusal::{Code, Refusal};

/// Who leads a concern: whoever the organisation named, and the nation's leads where nobody is, or by the safe route.
/// The person concerned never leads it.
#[must_use]
pub fn leads(named: &[Uuid], national: &[Uuid], safe_route: bool, concerned: Uuid) -> Vec<Uuid> {
    let others = |of: &[Uuid]| -> Vec<Uuid> {
        of.iter().copied().filter(|person| *person != concerned).collect()
    };
    let (named, mut national) = (others(named), others(national));
    national.sort_unstable();
    national.dedup();
    if safe_route || named.is_empty() { national } else { named }
}

/// Somebody leads it.
#[must_use]
pub fn unmet_for_leads(leads: &[Uuid]) -> Vec<Refusal> {
    let nobody = || Refusal::whole(Code::NoConcernLead);
    leads.is_empty().then(nobody).into_iter().collect()
}

/// A step exists from the state it is taken in.
#[must_use]
pub fn unmet_for_step(state: State, command: Command) -> Vec<Refusal> {
    if state.after(command).is_some() {
        return Vec::new();
    }
    let message = format!("it is {}: this step is not taken from there", state.code());
    vec![Refusal::at(Code::Conflict, "", message)]
}

/// What whoever raises it is told to do besides.
#[must_use]
pub const fn advice(level: Level) -> Option<&'static str> {
    match level {
        Level::Immediate => Some("somebody is in danger: call 999 now, this is read within days"),
        Level::Serious => Some("speak to the lead today: this may be read later than that"),
        Level::Worry => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_concern_goes_to_whoever_is_named_or_past_them() {
        let [lead, one, two, concerned] = [1, 2, 3, 4].map(Uuid::from_u128);
        for (named, national, safe_route, expected) in [
            (vec![lead], vec![one, two, one], false, vec![lead]),
            (vec![lead], vec![two, one, one], true, vec![one, two]),
            (vec![], vec![one], false, vec![one]),
            (vec![concerned], vec![one, concerned], false, vec![one]),
            (vec![lead], vec![], true, vec![]),
            (vec![], vec![concerned], false, vec![]),
        ] {
            let found = leads(&named, &national, safe_route, concerned);
            assert_eq!(found, expected, "{named:?} {national:?} {safe_route}");
            assert_eq!(unmet_for_leads(&found).is_empty(), !expected.is_empty());
        }
    }

    #[test]
    fn a_concern_is_taken_up_and_closed() {
        let steps = [Command::TakeUp, Command::Close];
        let life: Vec<_> =
            State::ALL.iter().map(|state| steps.map(|step| state.after(step))).collect();
        let (taken, closed) = (Some(State::TakenUp), Some(State::Closed));
        assert_eq!(life, [[taken, None], [None, closed], [None, None]]);
    }
}
