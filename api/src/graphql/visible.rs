//! What introspection shows: the operations that whoever asks can use. It hides, and protects nothing:
//! services and declarations decide.

use std::sync::Arc;

use async_graphql::Context;

use crate::actor::Permission;
use crate::actor::permission::with_permissions;
use crate::read::Op;

/// The tag of what only the national team can use, for contract variants of a gateway.
pub const NATIONAL: &str = "national";

/// Decides whether introspection shows something.
pub type Shown = fn(&Context<'_>) -> bool;

fn shown_to(ctx: &Context<'_>, permission: Permission) -> bool {
    // Without an operation nobody asks: the schema is being printed.
    ctx.data_opt::<Arc<Op>>().is_none_or(|op| op.shows(permission))
}

macro_rules! shown {
    ($($(#[doc = $doc:literal])+ $name:ident as $shown:ident: [$($role:ident),* $(,)?];)+) => {
        $(
            #[doc = concat!("For those who hold [`Permission::", stringify!($name), "`].")]
            pub fn $shown(ctx: &Context<'_>) -> bool {
                shown_to(ctx, Permission::$name)
            }
        )+

        /// Shows something to those who hold `permission` anywhere.
        #[must_use]
        pub const fn holding(permission: Permission) -> Shown {
            match permission { $(Permission::$name => $shown,)+ }
        }
    };
}

with_permissions!(shown);
