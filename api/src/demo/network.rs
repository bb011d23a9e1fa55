//! The fictional organisations of the demonstration.

use chrono::NaiveDate;
use uuid::Uuid;

use super::{DemoError, boards, holder, step};
use crate::core::Core;
use crate::organisation::boards::{Move, move_board};
use crate::organisation::identifier::IdentifierScheme;
use crate::organisation::model::{Command, Kind, SuccessionKind};
use crate::organisation::rules::GivenIdentifier;
use crate::organisation::service::{self, NewOrganisation, NewSuccession};

/// The ODS code of the organisation whose coordinator gets the partner token.
pub(super) const PARTNER_CODE: &str = "ZZALDER";

/// What happens to an organisation after its registration.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Story {
    Prospect,
    Active,
    Dormant,
    Closed,
    Renamed(&'static str),
    Moved(&'static str),
}

/// One fictional organisation: ODS code, name, kind, board, postcode, whether it delivers, its story.
struct Sketch(&'static str, &'static str, Kind, &'static str, &'static str, bool, Story);

/// Fictional organisations in all seven regions. Postcodes are of no real address.
const NETWORK: [Sketch; 15] = [
    Sketch(
        "ZZALDER",
        "Alder Vale NHS Foundation Trust (fictional)",
        Kind::NhsFoundationTrust,
        "QPM",
        "NN1 1AA",
        true,
        Story::Active,
    ),
    Sketch(
        "ZZBIRCH",
        "Birchwater Recovery College (fictional)",
        Kind::RecoveryCollege,
        "QT1",
        "NG1 1AA",
        true,
        Story::Active,
    ),
    Sketch(
        "ZZCEDAR",
        "Cedar Lane Mind Matters (fictional)",
        Kind::Vcse,
        "QRV",
        "W1A 1AA",
        true,
        Story::Renamed("Cedar Lane Peer Support (fictional)"),
    ),
    Sketch(
        "ZZDAMSN",
        "Damson Street Community Interest Company (fictional)",
        Kind::Cic,
        "QMF",
        "E1 1AA",
        true,
        Story::Active,
    ),
    Sketch(
        "ZZELMS",
        "Elmstead NHS Trust (fictional)",
        Kind::NhsTrust,
        "QM7",
        "AL1 1AA",
        false,
        Story::Active,
    ),
    Sketch(
        "ZZFERN",
        "Fernhill Borough Council (fictional)",
        Kind::LocalAuthority,
        "QH8",
        "CM1 1AA",
        false,
        Story::Prospect,
    ),
    Sketch(
        "ZZGORSE",
        "Gorse Moor NHS Foundation Trust (fictional)",
        Kind::NhsFoundationTrust,
        "QJK",
        "EX1 1AA",
        true,
        Story::Active,
    ),
    Sketch(
        "ZZHAZEL",
        "Hazel Bay Peer Network (fictional)",
        Kind::Vcse,
        "QT6",
        "TR1 1AA",
        true,
        Story::Dormant,
    ),
    Sketch(
        "ZZIVY",
        "Ivybank University (fictional)",
        Kind::Hei,
        "QOP",
        "M1 1AA",
        true,
        Story::Active,
    ),
    Sketch(
        "ZZJUNIP",
        "Juniper Coast NHS Trust (fictional)",
        Kind::NhsTrust,
        "QYG",
        "L1 1AA",
        true,
        Story::Active,
    ),
    Sketch(
        "ZZLARCH",
        "Larchfield Further Education College (fictional)",
        Kind::FeCollege,
        "QWO",
        "LS1 1AA",
        true,
        Story::Moved("QF7"),
    ),
    Sketch(
        "ZZMAPLE",
        "Maple Dale NHS Foundation Trust (fictional)",
        Kind::NhsFoundationTrust,
        "QHM",
        "NE1 1AA",
        true,
        Story::Active,
    ),
    Sketch(
        "ZZNETTL",
        "Nettle Hythe Charity (fictional)",
        Kind::Vcse,
        "QKS",
        "ME1 1AA",
        false,
        Story::Closed,
    ),
    Sketch(
        "ZZOAK",
        "Oakmere NHS Trust (fictional)",
        Kind::NhsTrust,
        "QRL",
        "SO1 1AA",
        true,
        Story::Active,
    ),
    Sketch(
        "ZZSEDGE",
        "Sedge Fen Peer Alliance (fictional)",
        Kind::Cic,
        "QH8",
        "SS1 1AA",
        true,
        Story::Active,
    ),
];

/// The day by which everything that is told of them had happened.
pub(super) const TOLD_BY: NaiveDate = match NaiveDate::from_ymd_opt(2025, 10, 6) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// The first day of every fictional organisation in its board.
pub(super) const OPENED: NaiveDate = match NaiveDate::from_ymd_opt(2023, 4, 3) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// Makes what is missing of the network; says how many organisations are new.
pub(super) async fn build(core: &Core) -> Result<usize, DemoError> {
    let mut made = 0;
    for sketch in &NETWORK {
        if holder(core, sketch.0).await?.is_none() {
            make(core, sketch).await?;
            made += 1;
        }
    }
    made += merger(core).await?;
    Ok(made)
}

/// Registers an organisation and tells its story, as one step.
async fn make(core: &Core, sketch: &Sketch) -> Result<(), DemoError> {
    let boards = boards(core).await?;
    let board =
        |code: &str| boards.iter().find(|board| board.ods_code == code).map(|board| board.id);
    let Sketch(code, name, kind, board_code, postcode, delivers, story) = *sketch;
    let new = fictional(code, name, kind, board(board_code), Some(postcode), delivers);
    let moved = if let Story::Moved(code) = story { board(code) } else { None };
    step(core, name, move |unit| {
        let new = new.clone();
        Box::pin(async move {
            let id = service::register(unit, new).await?.id;
            if story != Story::Prospect {
                service::step(unit, id, 1, Command::Activate).await?;
            }
            match story {
                Story::Prospect | Story::Active => {}
                Story::Dormant => {
                    service::step(unit, id, 2, Command::MakeDormant).await?;
                }
                Story::Closed => {
                    let reason = "it gave its work to a partner".to_owned();
                    service::close(unit, id, 2, day(2025, 7, 1), reason).await?;
                }
                Story::Renamed(name) => {
                    service::rename(unit, id, 2, name.to_owned(), day(2024, 9, 2)).await?;
                }
                Story::Moved(_) => {
                    let to = Move {
                        board: moved.unwrap_or_default(),
                        on: day(2025, 10, 1),
                        region: None,
                        region_override_reason: None,
                    };
                    move_board(unit, id, 2, to).await?;
                }
            }
            Ok(id)
        })
    })
    .await?;
    Ok(())
}

/// Two charities that became one.
async fn merger(core: &Core) -> Result<usize, DemoError> {
    if holder(core, "ZZROWAN").await?.is_some() {
        return Ok(0);
    }
    let boards = boards(core).await?;
    let board = boards.iter().find(|board| board.ods_code == "QSL").map(|board| board.id);
    let charity = |code, name, on: NaiveDate| NewOrganisation {
        opened_on: Some(on),
        board_from: Some(on),
        ..fictional(code, name, Kind::Vcse, board, Some("TA1 1AA"), true)
    };
    let before = [
        charity("ZZPINE", "Pinecombe Voices (fictional)", OPENED),
        charity("ZZQUINC", "Quince Hill Friends (fictional)", OPENED),
    ];
    let after = charity("ZZROWAN", "Rowan Combe Together (fictional)", day(2025, 4, 1));
    step(core, "merger of two charities", move |unit| {
        let (before, after) = (before.clone(), after.clone());
        Box::pin(async move {
            let mut predecessors = Vec::new();
            for new in before {
                let id = service::register(unit, new).await?.id;
                service::step(unit, id, 1, Command::Activate).await?;
                predecessors.push(id);
            }
            let successor = service::register(unit, after).await?.id;
            service::step(unit, successor, 1, Command::Activate).await?;
            let new = NewSuccession {
                kind: SuccessionKind::Merger,
                predecessors,
                successors: vec![successor],
                on: day(2025, 4, 1),
                notes: None,
            };
            service::succeed(unit, new).await?;
            Ok(successor)
        })
    })
    .await?;
    Ok(3)
}

/// Adds `count` fictional organisations, spread over the boards; says how many are new.
pub(super) async fn generate(core: &Core, count: usize) -> Result<usize, DemoError> {
    let boards: Vec<Uuid> = boards(core)
        .await?
        .into_iter()
        .filter(|board| board.valid_to.is_none() && board.valid_from <= OPENED)
        .map(|board| board.id)
        .collect();
    let kinds = [Kind::Vcse, Kind::NhsTrust, Kind::RecoveryCollege, Kind::NhsFoundationTrust];
    let mut made = 0;
    for number in 1..=count {
        let code = format!("ZZG{number:05}");
        if holder(core, &code).await?.is_some() {
            continue;
        }
        let board = boards.get(number % boards.len().max(1)).copied();
        let kind = kinds[number % kinds.len()];
        let name = format!("Generated organisation {number:05} (fictional)");
        let new = fictional(&code, &name, kind, board, None, !number.is_multiple_of(3));
        step(core, &name, move |unit| {
            let new = new.clone();
            Box::pin(async move {
                let id = service::register(unit, new).await?.id;
                service::step(unit, id, 1, Command::Activate).await?;
                Ok(id)
            })
        })
        .await?;
        made += 1;
    }
    Ok(made)
}

/// An organisation that says of itself that it is none.
pub(super) fn fictional(
    code: &str,
    name: &str,
    kind: Kind,
    board: Option<Uuid>,
    postcode: Option<&str>,
    delivers: bool,
) -> NewOrganisation {
    let identifier = GivenIdentifier { scheme: IdentifierScheme::Ods, value: code.to_owned() };
    NewOrganisation {
        name: name.to_owned(),
        short_name: None,
        kind,
        delivers,
        employs: true,
        reference_only: false,
        identifiers: vec![(identifier, true)],
        address: None,
        postcode: postcode.map(str::to_owned),
        opened_on: Some(OPENED),
        closed: None,
        board,
        board_from: Some(OPENED),
        region: None,
        region_override_reason: None,
        sites: vec![(format!("{name}, main building"), postcode.map(str::to_owned))],
    }
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or(OPENED)
}
