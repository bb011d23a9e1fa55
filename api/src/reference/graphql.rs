//! Reference data as it can be read.

use async_graphql::{Enum, Object, SimpleObject};

use crate::calendar::{self, FinancialYear};
use crate::graphql::scalars::Date;
use crate::organisation::graphql::Organisation;
use crate::read::declaration::{
    EVERYONE, Filter, Key, Kind, Root, Rows, boolean, choice, date, id, int, list, list_through,
    one, one_through, page, page_through, text,
};
use crate::readable;

/// The root fields of reference data.
pub const ROOTS: &[Root] = &[
    Root::page::<Region>("regions", "The seven NHS England regions."),
    Root::by::<Region>("region", "One region by a key; null if there is none."),
    Root::page::<IntegratedCareBoard>(
        "integratedCareBoards",
        "The integrated care boards that exist on the day asked about.",
    )
    .dated(),
    Root::by::<IntegratedCareBoard>(
        "integratedCareBoard",
        "One integrated care board by a key, closed ones too; null if there is none.",
    )
    .dated(),
    Root::page::<BankHoliday>("bankHolidays", "Bank holidays in England, from 2022 to 2027."),
    Root::page::<ValueSet>("valueSets", "Sets of values that peer support stands on."),
    Root::page::<CompetenceSet>(
        "competenceSets",
        "Sets of competences, each in one version: frameworks, and curricula that go with them.",
    ),
    Root::page::<CompetenceItem>(
        "competenceItems",
        "Codes of the competence frameworks and of their curricula.",
    ),
    Root::page::<Dataset>("datasets", "Where reference data comes from and which days it covers."),
];

const ODS_KEY: Key = Key {
    name: "odsCode",
    description: "The code of the NHS Organisation Data Service.",
    condition: "t.ods_code = {value}",
};

readable! {
    /// An NHS England region.
    pub Region = Rows::of("region", "reg").visible_to(EVERYONE).keys(&[ODS_KEY]).ordered_by("name");
    /// The id of the region.
    id: id("reg"),
    /// The region's code at the NHS Organisation Data Service.
    odsCode: text("t.ods_code").filtered().ordered(),
    /// The region's name.
    name: text("t.name").filtered().ordered(),
    /// The region's codes at the Office for National Statistics, with the days they held where known.
    onsCodes: list::<OnsCode>(10, "t.region_id = {parent}"),
    /// The integrated care boards of the region on the day asked about.
    integratedCareBoards: page::<IntegratedCareBoard>(
        "t.region_id = {parent} and {in_force:t}").dated(),
    /// The organisations of the region on the day asked about.
    organisations: page_through::<Organisation>(
        "region_membership l on l.organisation_id = t.id and {in_force:l}",
        "l.region_id = {parent}").dated(),
}

readable! {
    /// An integrated care board of the NHS in England.
    pub IntegratedCareBoard = Rows::of("care_board", "icb").visible_to(EVERYONE)
        .listed_when("{in_force:t}")
        .keys(&[ODS_KEY])
        .filters(&[Filter {
            name: "regionId",
            description: "The board's region.",
            sql: "t.region_id",
            kind: Kind::Id("reg"),
        }])
        .ordered_by("name");
    /// The id of the board.
    id: id("icb"),
    /// The board's code at the NHS Organisation Data Service.
    odsCode: text("t.ods_code").filtered().ordered(),
    /// The board's name.
    name: text("t.name").filtered().ordered(),
    /// First day of the board.
    validFrom: date("t.valid_from").filtered().ordered(),
    /// The day from which the board no longer exists; null if no such day is known.
    validTo: date("t.valid_to").nullable().filtered().ordered(),
    /// The region of the board.
    region: one::<Region>("t.region_id"),
    /// The board's codes at the Office for National Statistics, with the days they held where known.
    onsCodes: list::<OnsCode>(10, "t.board_id = {parent}"),
    /// Successions by which other boards followed this one.
    successors: list::<BoardSuccession>(20, "t.predecessor_id = {parent}"),
    /// Successions by which this board followed others.
    predecessors: list::<BoardSuccession>(20, "t.successor_id = {parent}"),
    /// The organisations that the board hosts on the day asked about.
    organisations: page_through::<Organisation>(
        "board_membership l on l.organisation_id = t.id and l.role = 'HOST' and {in_force:l}",
        "l.board_id = {parent}").dated(),
}

/// How one integrated care board followed another.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "BoardSuccessionKind")]
pub enum BoardSuccessionKind {
    /// The predecessor became part of the successor, which was new.
    Merger,
    /// The predecessor, or a part of it, was taken over by a board that existed.
    Acquisition,
    /// A part of the predecessor became part of the successor.
    Split,
}

readable! {
    /// One integrated care board followed another.
    pub BoardSuccession = Rows::of("board_succession", "icbs").visible_to(EVERYONE);
    /// The id of the succession.
    id: id("icbs"),
    /// How the one followed the other.
    kind: choice::<BoardSuccessionKind>("t.kind"),
    /// First day of the successor's duty.
    effectiveOn: date("t.effective_on"),
    /// The board that came before.
    predecessor: one::<IntegratedCareBoard>("t.predecessor_id"),
    /// The board that followed.
    successor: one::<IntegratedCareBoard>("t.successor_id"),
}

readable! {
    /// A code at the Office for National Statistics.
    pub OnsCode = Rows::of("ons_code", "ons").visible_to(EVERYONE);
    /// The id of the code's record.
    id: id("ons"),
    /// The code.
    value: text("t.value"),
    /// First day of the code; null if no source gives it.
    validFrom: date("t.valid_from").nullable(),
    /// The day from which the code no longer holds; null if it holds or no source gives the day.
    validTo: date("t.valid_to").nullable(),
    /// Whether it is the latest code of its holder.
    isLatest: boolean("t.current"),
    /// What is known of the change of code.
    note: text("t.changed_note").nullable(),
}

readable! {
    /// A bank holiday in England.
    pub BankHoliday = Rows::of("bank_holiday", "bhd").visible_to(EVERYONE).ordered_by("day");
    /// The id of the holiday.
    id: id("bhd"),
    /// The day.
    day: date("t.day").filtered().ordered(),
    /// What the day is called.
    name: text("t.name"),
}

readable! {
    /// A set of values that peer support stands on, in one version.
    pub ValueSet = Rows::of("value_set", "vst").visible_to(EVERYONE).ordered_by("code");
    /// The id of the set.
    id: id("vst"),
    /// The set's code.
    code: text("t.code").filtered().ordered(),
    /// The version of the set.
    version: text("t.version"),
    /// The values of the set.
    items: list::<ValueItem>(50, "t.value_set_id = {parent}"),
}

readable! {
    /// One value of a set.
    pub ValueItem = Rows::of("value_item", "val").visible_to(EVERYONE).ordered_by("position");
    /// The id of the value.
    id: id("val"),
    /// Where it stands in the set, from 1.
    position: int("t.position").ordered(),
    /// The value's code.
    code: text("t.code"),
    /// A short label.
    label: text("t.label"),
    /// Whether the other values are grounded in it.
    isFoundation: boolean("t.foundation"),
}

/// A numbering of competences.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "CompetenceSystem")]
pub enum CompetenceSystem {
    /// The competence framework of 2020.
    Framework,
    /// The curriculum that goes with it.
    Curriculum,
}

readable! {
    /// A set of competences in one version: a framework, or a curriculum with a numbering of its own.
    pub CompetenceSet = Rows::of("competence_set", "cps").visible_to(EVERYONE).ordered_by("code");
    /// The id of the set.
    id: id("cps"),
    /// The set's code.
    code: text("t.code").filtered().ordered(),
    /// The version of the set.
    version: text("t.version").filtered(),
    /// Which numbering its codes belong to.
    system: choice::<CompetenceSystem>("t.system").filtered(),
    /// What it is called.
    title: text("t.title"),
    /// Who published it, and when.
    source: text("t.source"),
    /// Its items.
    items: page::<CompetenceItem>("t.set_id = {parent}"),
}

readable! {
    /// A domain, group, section or unit of a competence numbering.
    pub CompetenceItem = Rows::of("competence_item", "cmp").visible_to(EVERYONE)
        .filters(&[Filter {
            name: "setId",
            description: "The set that it belongs to.",
            sql: "t.set_id",
            kind: Kind::Id("cps"),
        }])
        .ordered_by("code");
    /// The id of the item.
    id: id("cmp"),
    /// Which numbering the code belongs to.
    system: choice::<CompetenceSystem>("(select s.system from competence_set s where s.id = t.set_id)").filtered(),
    /// The set that it belongs to.
    set: one::<CompetenceSet>("t.set_id"),
    /// The code in that numbering.
    code: text("t.code").filtered().ordered(),
    /// A short label of ours.
    label: text("t.label"),
    /// Whether a curriculum that is aligned to the set has to cover it. Which items are core is a proposal
    /// of this service.
    isCore: boolean("t.core").filtered(),
    /// Whether the number was found in two independent sources.
    isVerified: boolean("t.verified").filtered(),
    /// The item above it.
    parent: one_through::<CompetenceItem>(
        "competence_item l on l.parent_id = t.id", "l.id = {parent}"),
    /// Items of the framework that a curriculum unit teaches.
    frameworkItems: list_through::<CompetenceItem>(50, "t.id",
        "competence_link l on l.framework_id = t.id", "l.curriculum_id = {parent}"),
    /// Units of the curriculum that teach a framework item.
    curriculumItems: list_through::<CompetenceItem>(50, "t.id",
        "competence_link l on l.curriculum_id = t.id", "l.framework_id = {parent}"),
}

readable! {
    /// Where a set of reference data comes from.
    pub Dataset = Rows::of("dataset", "dst").visible_to(EVERYONE).ordered_by("name");
    /// The id of the record.
    id: id("dst"),
    /// What the data is.
    name: text("t.name").filtered().ordered(),
    /// Its source and licence.
    source: text("t.source"),
    /// First day it covers; null if it has no beginning.
    coversFrom: date("t.covers_from").nullable(),
    /// Last day it covers; null if it has no end.
    coversTo: date("t.covers_to").nullable(),
}

/// A financial year of the public sector in England: 1 April to 31 March.
#[derive(SimpleObject)]
#[graphql(name = "FinancialYear")]
pub struct FinancialYearView {
    /// The label, such as `2025/26`.
    label: String,
    /// First day: 1 April.
    first_day: Date,
    /// Last day: 31 March.
    last_day: Date,
    /// The quarter of the day asked about; 1 is April to June.
    quarter: i32,
    /// The period of the day asked about; 1 is April, 12 is March.
    period: i32,
}

/// Queries of reference data that no table answers.
#[derive(Default)]
pub struct ReferenceQueries;

#[Object]
impl ReferenceQueries {
    /// The financial year of a civil date in England.
    async fn financial_year(&self, #[graphql(desc = "The day.")] on: Date) -> FinancialYearView {
        let year = FinancialYear::of(on.0);
        FinancialYearView {
            label: year.label(),
            first_day: Date(year.first_day()),
            last_day: Date(year.last_day()),
            quarter: i32::from(calendar::quarter(on.0)),
            period: i32::from(calendar::period(on.0)),
        }
    }
}
