//! The part of `crm.*` that a robot needs to read and change its own document.
//!
//! `crm.item.add`, `.get`, `.list`, `.update`, `.delete` for leads (1), deals (2), contacts (3),
//! companies (4), smart invoices (31) and smart processes (from 128); `crm.deal.add`, `.get`,
//! `.list`, `.update`, `.delete`; `crm.lead.get`, `crm.contact.get`, `crm.company.get`. A record
//! has the fields that were set: there are no field types, no stages, no access rights, and values
//! are stored as they are sent. Additions, changes and deletions raise their events.

mod classic;
mod items;
mod names;
mod query;

use crate::engine::crm::kinds;
use crate::wire::rest::method::Method;

/// The methods of records.
pub(crate) const METHODS: &[Method] = &[
    Method::crm("crm.item.add", |c, p| items::add(c, &p)),
    Method::crm("crm.item.get", |c, p| items::get(c, &p)),
    Method::crm("crm.item.list", |c, p| items::list(c, &p)),
    Method::crm("crm.item.update", |c, p| items::update(c, &p)),
    Method::crm("crm.item.delete", |c, p| items::delete(c, &p)),
    Method::crm("crm.deal.add", |c, p| classic::add_deal(c, &p)),
    Method::crm("crm.deal.get", |c, p| classic::get(c, &p, kinds::DEAL)),
    Method::crm("crm.deal.list", |c, p| Ok(classic::list_deals(c, &p))),
    Method::crm("crm.deal.update", |c, p| classic::update_deal(c, &p)),
    Method::crm("crm.deal.delete", |c, p| classic::delete_deal(c, &p)),
    Method::crm("crm.lead.get", |c, p| classic::get(c, &p, kinds::LEAD)),
    Method::crm("crm.contact.get", |c, p| {
        classic::get(c, &p, kinds::CONTACT)
    }),
    Method::crm("crm.company.get", |c, p| {
        classic::get(c, &p, kinds::COMPANY)
    }),
];
