//! COH-2: how many people a course takes, and what partners are offered.

use crate::refusal::{Code, Refusal};

/// Most people in a course, whatever its licence says.
pub const MAX_CAPACITY: i32 = 500;

/// COH-2: the fewest people are no more than the most.
#[must_use]
pub fn unmet_for_capacity(least: i32, most: i32) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    if least < 1 || least > most {
        let message = "must be at least 1 and not above capacityMax";
        unmet.push(Refusal::at(Code::Invalid, "capacityMin", message));
    }
    if most > MAX_CAPACITY {
        let message = format!("must not be above {MAX_CAPACITY}");
        unmet.push(Refusal::at(Code::Invalid, "capacityMax", message));
    }
    unmet
}

/// COH-2: there is room for those who have a place, who are named at `path`, and for what partners were
/// offered.
#[must_use]
pub fn unmet_for_places(
    most: i32,
    (taken, path): (i32, &str),
    (reserved, offered): (i32, i32),
) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    if reserved < 0 {
        unmet.push(Refusal::at(Code::Invalid, "placesReserved", "must not be negative"));
    } else if taken > most {
        let message =
            "more people have a place than the course takes: raise capacityMax, or have fewer";
        unmet.push(Refusal::at(Code::CapacityExceeded, path, message));
    }
    if offered > most {
        let message = format!("{offered} places are offered to partners: offer them fewer first");
        unmet.push(Refusal::at(Code::CapacityExceeded, "capacityMax", message));
    }
    unmet
}

/// COH-2: a partner is offered as many places as others leave; whoever was offered some has fewer, or none,
/// at any time.
#[must_use]
pub fn unmet_for_offer(places: i32, held: Option<i32>, (others, most): (i32, i32)) -> Vec<Refusal> {
    let (code, message) = match held {
        _ if places < 0 => (Code::Invalid, "must not be negative".to_owned()),
        None if places == 0 => {
            let message = "nothing is offered to this partner: there is nothing to take back";
            (Code::Invalid, message.to_owned())
        }
        held if held.is_none_or(|held| places > held) && others.saturating_add(places) > most => {
            let message =
                format!("there are places for {most}, and {others} are offered to others");
            (Code::CapacityExceeded, message)
        }
        _ => return Vec::new(),
    };
    vec![Refusal::at(code, "places", message)]
}

/// A course that is too small does not become certain.
#[must_use]
pub fn unmet_for_confirmation(taken: i32, least: i32) -> Vec<Refusal> {
    if taken >= least {
        return Vec::new();
    }
    let message =
        format!("{taken} people have a place, and it needs {least}: enrol more, or reserve places");
    vec![Refusal::at(Code::BelowMinimum, "", message)]
}
