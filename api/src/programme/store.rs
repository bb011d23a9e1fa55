//! Rows of programmes, loaded and saved.
//!
//! Locks are taken in one order: a programme, then its version. The parts of a version hang on the
//! lock of the version.

use entities::{
    competence_item, competence_link, competence_mapping, competence_set, declared_gap,
    module_prerequisite, organisation, programme, programme_module, programme_version,
};
use sea_orm::sea_query::LockType;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::kind::ProgrammeType;
use super::model::{
    AttendanceBasis, Catalogue, Competence, Content, Depth, Gap, GraduationRule, Mapping, Module,
    Number, Outline, Programme, State, Version,
};
use crate::command::{Stop, Unit};
use crate::db::{DbFault, Tx};
use crate::refusal::{Code, Refusal};

/// The programmes that the transaction's Scope lets it see and change.
pub struct Programmes<'a> {
    tx: &'a Tx,
}

/// What a version says, with the ids of its modules in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What it says.
    pub content: Content,
    /// The ids of its modules.
    pub modules: Vec<Uuid>,
}

impl Kept {
    /// The id of the module with this number.
    #[must_use]
    pub fn module(&self, number: i32) -> Option<Uuid> {
        let place = self.content.modules.iter().position(|module| module.number == number)?;
        self.modules.get(place).copied()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the store: its transaction carries the Scope"
)]
impl<'a> Programmes<'a> {
    /// The store of `unit`.
    #[must_use]
    pub const fn of(unit: &'a Unit) -> Self {
        Self { tx: unit.tx() }
    }

    /// The store within a transaction that only reads.
    #[must_use]
    pub const fn within(tx: &'a Tx) -> Self {
        Self { tx }
    }

    /// The programme.
    pub async fn programme(&self, id: Uuid) -> Result<Option<Programme>, Stop> {
        let row = programme::Entity::find_by_id(id).one(self.tx).await?;
        Ok(row.map(programme_of).transpose()?)
    }

    /// The owner's programme with this code; the national one, without an owner.
    pub async fn programme_by_code(
        &self,
        owner: Option<Uuid>,
        code: &str,
    ) -> Result<Option<Programme>, Stop> {
        let found = programme::Entity::find().filter(programme::Column::Code.eq(code)).filter(
            match owner {
                Some(owner) => programme::Column::OwnerId.eq(owner),
                None => programme::Column::OwnerId.is_null(),
            },
        );
        Ok(found.one(self.tx).await?.map(programme_of).transpose()?)
    }

    /// The programmes with this code, of whichever owners.
    pub async fn programmes_by_code(&self, code: &str) -> Result<Vec<Programme>, Stop> {
        let found = programme::Entity::find().filter(programme::Column::Code.eq(code));
        let rows = found.all(self.tx).await?;
        Ok(rows.into_iter().map(programme_of).collect::<Result<_, _>>()?)
    }

    /// Saves a new programme.
    pub async fn insert_programme(&self, programme: &Programme) -> Result<(), Stop> {
        let row = programme_row(programme).into_active_model().reset_all();
        programme::Entity::insert(row).exec_without_returning(self.tx).await?;
        Ok(())
    }

    /// Whether the programme has a version that is no draft, and so is public.
    pub async fn is_public(&self, programme: Uuid) -> Result<bool, Stop> {
        let found = programme_version::Entity::find()
            .filter(programme_version::Column::ProgrammeId.eq(programme))
            .filter(programme_version::Column::State.ne(State::Draft.code()));
        Ok(found.one(self.tx).await?.is_some())
    }

    /// The status of an organisation.
    pub async fn organisation_status(&self, id: Uuid) -> Result<Option<String>, Stop> {
        let row = organisation::Entity::find_by_id(id).one(self.tx).await?;
        Ok(row.map(|row| row.status))
    }

    /// The version, as it stands.
    pub async fn version(&self, id: Uuid) -> Result<Option<Version>, Stop> {
        let row = programme_version::Entity::find_by_id(id).one(self.tx).await?;
        Ok(row.map(version_of).transpose()?)
    }

    /// The version, locked.
    pub async fn lock_version(&self, id: Uuid) -> Result<Option<Version>, Stop> {
        let found = programme_version::Entity::find_by_id(id).lock(LockType::Update);
        Ok(found.one(self.tx).await?.map(version_of).transpose()?)
    }

    /// The programme's version with this number.
    pub async fn version_numbered(
        &self,
        programme: Uuid,
        number: Number,
    ) -> Result<Option<Version>, Stop> {
        let found = programme_version::Entity::find()
            .filter(programme_version::Column::ProgrammeId.eq(programme))
            .filter(programme_version::Column::Number.eq(number.to_string()));
        Ok(found.one(self.tx).await?.map(version_of).transpose()?)
    }

    /// Every version that is no draft.
    pub async fn published(&self) -> Result<Vec<Version>, Stop> {
        let rows = programme_version::Entity::find()
            .filter(programme_version::Column::State.ne(State::Draft.code()))
            .order_by_asc(programme_version::Column::Id)
            .all(self.tx)
            .await?;
        rows.into_iter().map(|row| Ok(version_of(row)?)).collect()
    }

    /// Saves a new version, without its parts.
    pub async fn insert_version(&self, version: &Version) -> Result<(), Stop> {
        let row = version_row(version).into_active_model().reset_all();
        programme_version::Entity::insert(row).exec_without_returning(self.tx).await?;
        Ok(())
    }

    /// Saves a changed version, unless somebody else changed it since it was read.
    pub async fn update_version(&self, version: &Version) -> Result<(), Stop> {
        let done = programme_version::Entity::update_many()
            .set(version_row(version).into_active_model().reset_all())
            .filter(programme_version::Column::Id.eq(version.id))
            .filter(programme_version::Column::Version.eq(version.version - 1))
            .exec(self.tx)
            .await?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Refusal::whole(Code::Conflict).into()) }
    }

    /// The version that a module belongs to, with the module's number.
    pub async fn module(&self, id: Uuid) -> Result<Option<(Uuid, i32)>, Stop> {
        let row = programme_module::Entity::find_by_id(id).one(self.tx).await?;
        Ok(row.map(|row| (row.version_id, row.number)))
    }

    /// Everything that a version says.
    pub async fn kept(&self, version: &Version) -> Result<Kept, Stop> {
        let rows = programme_module::Entity::find()
            .filter(programme_module::Column::VersionId.eq(version.id))
            .order_by_asc(programme_module::Column::Position)
            .order_by_asc(programme_module::Column::Id)
            .all(self.tx)
            .await?;
        let required = module_prerequisite::Entity::find()
            .filter(module_prerequisite::Column::VersionId.eq(version.id))
            .all(self.tx)
            .await?;
        let mapped = competence_mapping::Entity::find()
            .filter(competence_mapping::Column::VersionId.eq(version.id))
            .all(self.tx)
            .await?;
        let gaps = declared_gap::Entity::find()
            .filter(declared_gap::Column::VersionId.eq(version.id))
            .all(self.tx)
            .await?;
        let numbers: Vec<(Uuid, i32)> = rows.iter().map(|row| (row.id, row.number)).collect();
        let ids = numbers.iter().map(|(id, _)| *id).collect();
        let mut modules = Vec::with_capacity(rows.len());
        for row in rows {
            modules.push(module_of(row, &numbers, &required, &mapped)?);
        }
        let mut gaps: Vec<Gap> = gaps.into_iter().map(gap_of).collect();
        gaps.sort_by_key(|gap| gap.competence);
        let content = Content { outline: version.outline.clone(), modules, gaps };
        Ok(Kept { content, modules: ids })
    }

    /// Every competence of every set.
    pub async fn catalogue(&self) -> Result<Catalogue, Stop> {
        let sets = competence_set::Entity::find().all(self.tx).await?;
        let items = competence_item::Entity::find().all(self.tx).await?;
        let links = competence_link::Entity::find().all(self.tx).await?;
        let competence = |row: competence_item::Model| {
            let competence_item::Model {
                id,
                set_id,
                code,
                parent_id: _,
                label: _,
                core,
                verified: _,
            } = row;
            Competence { id, set: set_id, code, core }
        };
        Ok(Catalogue {
            sets: sets.into_iter().map(|s| (s.id, format!("{}@{}", s.code, s.version))).collect(),
            competences: items.into_iter().map(competence).collect(),
            links: links.into_iter().map(|row| (row.curriculum_id, row.framework_id)).collect(),
        })
    }

    /// Puts the parts of `after` in the place of those that are kept. Modules keep their ids by their
    /// numbers.
    pub async fn replace_parts(
        &self,
        version: &Version,
        kept: &Kept,
        after: &Content,
        new_id: &(dyn Fn() -> Uuid + Sync),
    ) -> Result<(), Stop> {
        let of_version = Part { version: version.id, owner: version.owner_id };
        self.clear(version.id).await?;
        let ids: Vec<Uuid> = after
            .modules
            .iter()
            .map(|module| kept.module(module.number).unwrap_or_else(new_id))
            .collect();
        let gone: Vec<Uuid> = kept.modules.iter().filter(|id| !ids.contains(id)).copied().collect();
        if !gone.is_empty() {
            let removed = programme_module::Column::Id.is_in(gone);
            programme_module::Entity::delete_many().filter(removed).exec(self.tx).await?;
        }
        for (place, (module, id)) in after.modules.iter().zip(&ids).enumerate() {
            let row = of_version.module(*id, place, module).into_active_model().reset_all();
            if kept.modules.contains(id) {
                programme_module::Entity::update_many()
                    .set(row)
                    .filter(programme_module::Column::Id.eq(*id))
                    .exec(self.tx)
                    .await?;
            } else {
                programme_module::Entity::insert(row).exec_without_returning(self.tx).await?;
            }
        }
        self.insert_links(of_version, after, &ids, new_id).await
    }

    /// Takes away what hangs on the modules, and the gaps.
    async fn clear(&self, version: Uuid) -> Result<(), Stop> {
        module_prerequisite::Entity::delete_many()
            .filter(module_prerequisite::Column::VersionId.eq(version))
            .exec(self.tx)
            .await?;
        competence_mapping::Entity::delete_many()
            .filter(competence_mapping::Column::VersionId.eq(version))
            .exec(self.tx)
            .await?;
        declared_gap::Entity::delete_many()
            .filter(declared_gap::Column::VersionId.eq(version))
            .exec(self.tx)
            .await?;
        Ok(())
    }

    async fn insert_links(
        &self,
        part: Part,
        after: &Content,
        ids: &[Uuid],
        new_id: &(dyn Fn() -> Uuid + Sync),
    ) -> Result<(), Stop> {
        let numbered = |number: i32| {
            let place = after.modules.iter().position(|module| module.number == number)?;
            ids.get(place).copied()
        };
        let (mut required, mut mapped) = (Vec::new(), Vec::new());
        for (module, id) in after.modules.iter().zip(ids) {
            for requires in module.requires.iter().filter_map(|number| numbered(*number)) {
                required.push(part.prerequisite(new_id(), *id, requires));
            }
            for mapping in &module.competences {
                mapped.push(part.mapping(new_id(), *id, *mapping));
            }
        }
        let gaps: Vec<_> = after.gaps.iter().map(|gap| part.gap(new_id(), gap)).collect();
        if !required.is_empty() {
            let rows = module_prerequisite::Entity::insert_many(required);
            rows.exec_without_returning(self.tx).await?;
        }
        if !mapped.is_empty() {
            let rows = competence_mapping::Entity::insert_many(mapped);
            rows.exec_without_returning(self.tx).await?;
        }
        if !gaps.is_empty() {
            declared_gap::Entity::insert_many(gaps).exec_without_returning(self.tx).await?;
        }
        Ok(())
    }
}

/// What every part of a version repeats.
#[derive(Clone, Copy)]
struct Part {
    version: Uuid,
    owner: Option<Uuid>,
}

impl Part {
    fn module(self, id: Uuid, place: usize, module: &Module) -> programme_module::Model {
        let Module {
            number,
            title,
            block,
            taught_minutes,
            prep_minutes,
            mandatory,
            reading_list,
            requires: _,
            competences: _,
        } = module.clone();
        programme_module::Model {
            id,
            version_id: self.version,
            owner_id: self.owner,
            number,
            position: i32::try_from(place + 1).unwrap_or(i32::MAX),
            title,
            block,
            taught_minutes,
            prep_minutes,
            mandatory,
            reading_list,
        }
    }

    fn prerequisite(
        self,
        id: Uuid,
        module: Uuid,
        requires: Uuid,
    ) -> module_prerequisite::ActiveModel {
        module_prerequisite::ActiveModel {
            id: Set(id),
            version_id: Set(self.version),
            owner_id: Set(self.owner),
            module_id: Set(module),
            requires_id: Set(requires),
        }
    }

    fn mapping(self, id: Uuid, module: Uuid, mapping: Mapping) -> competence_mapping::ActiveModel {
        let Mapping { competence, depth } = mapping;
        competence_mapping::ActiveModel {
            id: Set(id),
            version_id: Set(self.version),
            owner_id: Set(self.owner),
            module_id: Set(module),
            competence_id: Set(competence),
            depth: Set(depth.code().to_owned()),
        }
    }

    fn gap(self, id: Uuid, gap: &Gap) -> declared_gap::ActiveModel {
        let Gap { competence, reason } = gap.clone();
        declared_gap::ActiveModel {
            id: Set(id),
            version_id: Set(self.version),
            owner_id: Set(self.owner),
            competence_id: Set(competence),
            reason: Set(reason),
        }
    }
}

fn module_of(
    row: programme_module::Model,
    numbers: &[(Uuid, i32)],
    required: &[module_prerequisite::Model],
    mapped: &[competence_mapping::Model],
) -> Result<Module, DbFault> {
    let programme_module::Model {
        id,
        version_id: _,
        owner_id: _,
        number,
        position: _,
        title,
        block,
        taught_minutes,
        prep_minutes,
        mandatory,
        reading_list,
    } = row;
    let number_of = |id: Uuid| numbers.iter().find(|(known, _)| *known == id).map(|(_, n)| *n);
    let before = required.iter().filter(|row| row.module_id == id);
    let mut requires: Vec<i32> = before.filter_map(|row| number_of(row.requires_id)).collect();
    requires.sort_unstable();
    let mut competences = Vec::new();
    for row in mapped.iter().filter(|row| row.module_id == id) {
        let depth = Depth::from_code(&row.depth).ok_or_else(|| DbFault::unreadable("depth"))?;
        competences.push(Mapping { competence: row.competence_id, depth });
    }
    competences.sort_by_key(|mapping| mapping.competence);
    Ok(Module {
        number,
        title,
        block,
        taught_minutes,
        prep_minutes,
        mandatory,
        reading_list,
        requires,
        competences,
    })
}

fn gap_of(row: declared_gap::Model) -> Gap {
    let declared_gap::Model { id: _, version_id: _, owner_id: _, competence_id, reason } = row;
    Gap { competence: competence_id, reason }
}

fn programme_of(row: programme::Model) -> Result<Programme, DbFault> {
    let programme::Model { id, code, kind, title, owner_id, created_at, updated_at, version } = row;
    let kind =
        ProgrammeType::from_code(&kind).ok_or_else(|| DbFault::unreadable("programme.type"))?;
    Ok(Programme { id, code, kind, title, owner_id, created_at, updated_at, version })
}

fn programme_row(programme: &Programme) -> programme::Model {
    let Programme { id, code, kind, title, owner_id, created_at, updated_at, version } =
        programme.clone();
    let kind = kind.code().to_owned();
    programme::Model { id, code, kind, title, owner_id, created_at, updated_at, version }
}

fn version_of(row: programme_version::Model) -> Result<Version, DbFault> {
    let programme_version::Model {
        id,
        programme_id,
        owner_id,
        number,
        precedence: _,
        state,
        effective_from,
        last_start_date,
        weeks,
        taught_days,
        taught_minutes,
        aligned_to_id,
        source,
        attendance_basis,
        attendance_threshold,
        day_counts_at,
        max_missed_days,
        make_up_allowed,
        make_up_max_days,
        assignment_required,
        placement_required,
        placement_min_minutes,
        completion_without_accreditation,
        content_hash,
        published_at,
        retired_at,
        retirement_reason,
        created_at,
        updated_at,
        version,
    } = row;
    let basis = |code: String| {
        AttendanceBasis::from_code(&code).ok_or_else(|| DbFault::unreadable("attendance_basis"))
    };
    let rule = GraduationRule {
        attendance_basis: attendance_basis.map(basis).transpose()?,
        attendance_threshold,
        day_counts_at,
        max_missed_days,
        make_up_allowed,
        make_up_max_days,
        assignment_required,
        placement_required,
        placement_min_minutes,
        completion_without_accreditation,
    };
    let outline = Outline {
        effective_from,
        last_start_date,
        weeks,
        taught_days,
        taught_minutes,
        aligned_to: aligned_to_id,
        source,
        rule,
    };
    Ok(Version {
        id,
        programme_id,
        owner_id,
        number: Number::parse(&number)
            .ok_or_else(|| DbFault::unreadable("programme_version.number"))?,
        state: State::from_code(&state)
            .ok_or_else(|| DbFault::unreadable("programme_version.state"))?,
        outline,
        content_hash,
        published_at,
        retired_at,
        retirement_reason,
        created_at,
        updated_at,
        version,
    })
}

fn version_row(version: &Version) -> programme_version::Model {
    let Version {
        id,
        programme_id,
        owner_id,
        number,
        state,
        outline,
        content_hash,
        published_at,
        retired_at,
        retirement_reason,
        created_at,
        updated_at,
        version,
    } = version.clone();
    let Outline {
        effective_from,
        last_start_date,
        weeks,
        taught_days,
        taught_minutes,
        aligned_to,
        source,
        rule,
    } = outline;
    let GraduationRule {
        attendance_basis,
        attendance_threshold,
        day_counts_at,
        max_missed_days,
        make_up_allowed,
        make_up_max_days,
        assignment_required,
        placement_required,
        placement_min_minutes,
        completion_without_accreditation,
    } = rule;
    programme_version::Model {
        id,
        programme_id,
        owner_id,
        number: number.to_string(),
        precedence: number.precedence(),
        state: state.code().to_owned(),
        effective_from,
        last_start_date,
        weeks,
        taught_days,
        taught_minutes,
        aligned_to_id: aligned_to,
        source,
        attendance_basis: attendance_basis.map(|basis| basis.code().to_owned()),
        attendance_threshold,
        day_counts_at,
        max_missed_days,
        make_up_allowed,
        make_up_max_days,
        assignment_required,
        placement_required,
        placement_min_minutes,
        completion_without_accreditation,
        content_hash,
        published_at,
        retired_at,
        retirement_reason,
        created_at,
        updated_at,
        version,
    }
}
