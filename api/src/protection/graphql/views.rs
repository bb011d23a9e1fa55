//! Who could have seen something, as it can be asked.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};

use crate::actor::Permission;
use crate::calendar::civil_date;
use crate::fault::Fault;
use crate::graphql::error::{ErrorCode, nullable, of_fault};
use crate::graphql::ids;
use crate::graphql::mutate::{argument, coded};
use crate::graphql::scalars::{Date, DateTime};
use crate::graphql::visible;
use crate::organisation::graphql::Organisation;
use crate::protection::exposure::{self, Exposed, Question};
use crate::protection::rules::is_window;
use crate::read::{One, Op};
use crate::vault::graphql::{PREFIX, SensitiveRecord};

/// By what somebody could see.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "exposure::ExposureWay")]
pub enum ExposureWay {
    /// A role for the nation.
    Nation,
    /// A role in an organisation that kept the person's record.
    Keeper,
    /// A role in an organisation with which the person worked as a trainer.
    Affiliation,
    /// A role in the organisation of a credential.
    Credential,
    /// A role in the organisation that keeps a text, and selects.
    Selection,
    /// Named as the reader of a text: supervisors, tutors and others with whom it was shared.
    NamedReader,
    /// The person concerned.
    Oneself,
}

/// An account that could see something.
#[derive(SimpleObject)]
pub struct ExposedAccount {
    /// By what.
    way: ExposureWay,
    /// The id of the account.
    account_id: String,
    /// What the account is called.
    account: String,
    /// As what: the code of a role, or as what a reader is named.
    role: String,
    /// In which organisation; null where it is none.
    organisation: Option<One<Organisation>>,
    /// Which sensitive record; null for the person's record, profile and credentials.
    record: Option<One<SensitiveRecord>>,
    /// From which day on.
    valid_from: Date,
    /// The day from which it no longer could; null if no such day is set.
    valid_to: Option<Date>,
}

impl From<Exposed> for ExposedAccount {
    fn from(exposed: Exposed) -> Self {
        let Exposed { way, account, label, role, organisation, record, from, to } = exposed;
        Self {
            way: way.into(),
            account_id: ids::encode("acc", account),
            account: label,
            role,
            organisation: organisation.map(One::by_id),
            record: record.map(One::by_id),
            valid_from: Date(from),
            valid_to: to.map(Date),
        }
    }
}

/// Who could have seen something of a person in a window of time.
#[derive(SimpleObject)]
pub struct Exposure {
    /// The accounts, with what opened the way for them; an account stands once for each way.
    accounts: Vec<ExposedAccount>,
    /// Whether those are all; false where there are more than can be told at once: ask about a shorter window.
    is_complete: bool,
}

/// What is computed for the data protection officer.
#[derive(Default)]
pub struct ProtectionQueries;

#[Object]
impl ProtectionQueries {
    /// Who could have seen something of a person between two instants, at most two years apart, by the grants,
    /// memberships and namings of that time: for the data protection officer. Days are the finest that those know. Who
    /// did open texts of the vault is in `sensitiveDisclosures`. Null to everyone else.
    #[graphql(visible = "visible::answer_rights_requests", tag = "national")]
    async fn exposure(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person concerned.")] person_id: ID,
        #[graphql(desc = "Only this sensitive record of the person.")] record_id: Option<ID>,
        #[graphql(desc = "From when on.")] from: DateTime,
        #[graphql(desc = "Until when.")] to: DateTime,
    ) -> Option<Exposure> {
        nullable(ctx, exposed(ctx, &person_id, record_id.as_ref(), (from, to)).await)
    }
}

async fn exposed(
    ctx: &Context<'_>,
    person: &ID,
    record: Option<&ID>,
    (from, to): (DateTime, DateTime),
) -> Result<Option<Exposure>> {
    let person = argument("per", "personId", person)?;
    let record = record.map(|record| argument(PREFIX, "recordId", record)).transpose()?;
    if !is_window(from.0, to.0) {
        let message = "to must lie after from, and no more than two years later";
        return Err(coded(ErrorCode::BadUserInput.error(message, None)));
    }
    let failed = |fault: Fault| coded(of_fault(&fault, None));
    let op = ctx.data_unchecked::<Arc<Op>>();
    let reader = op.reader().await.map_err(|fault| failed(fault.into()))?;
    if !reader.actor.may_nationally(Permission::AnswerRightsRequests) {
        return Ok(None);
    }
    let question = Question { person, record, from: civil_date(from.0), to: civil_date(to.0) };
    let found = exposure::exposed(&reader.tx, question).await;
    let (accounts, is_complete) = found.map_err(|fault| failed(fault.into()))?;
    let accounts = accounts.into_iter().map(ExposedAccount::from).collect();
    Ok(Some(Exposure { accounts, is_complete }))
}
