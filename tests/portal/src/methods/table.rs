//! All methods of the portal.

use crate::methods::{batch, crm, events, registration, service, workflow};
use crate::wire::rest::method::Table;

/// All methods.
pub(crate) const TABLE: Table = Table(&[
    batch::METHODS,
    service::METHODS,
    registration::METHODS,
    workflow::METHODS,
    events::METHODS,
    events::offline::METHODS,
    workflow::SERVICE_METHODS,
    crm::METHODS,
]);
