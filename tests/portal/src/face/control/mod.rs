//! What drives and shows the portal over HTTP: `/-/…`.

pub(crate) mod act;
pub(crate) mod facts;
pub(crate) mod input;
pub(crate) mod live;
pub(crate) mod refusal;
pub(crate) mod router;
pub(crate) mod state;
pub(crate) mod step_run;
