//! The methods that describe the portal itself.

mod app_info;
mod lookup;

use crate::model::users;
use crate::rules::php::Value;
use crate::wire::rest::method::{Context, Method, Needs, Run};

/// The methods of every application, and those about its user.
pub(crate) const METHODS: &[Method] = &[
    Method::common("app.info", |c, _| app_info::app_info(c)),
    Method::common("method.get", |c, p| Ok(lookup::method_get(c, &p))),
    Method::common("methods", |c, p| Ok(lookup::methods(c, &p))),
    Method::common("scope", |c, p| Ok(lookup::scope(c, &p))),
    Method::common("server.time", |c, _| Ok(server_time(c))),
    Method::common("profile", |c, _| Ok(profile(c))),
    Method {
        name: "user.current",
        scope: Some("user_brief"),
        needs: Needs::Nothing,
        run: Run::Alone(|c, _| Ok(users::card(c.caller.user_id).into())),
    },
];

fn server_time(context: &Context<'_>) -> Value {
    context.shared.iso(context.shared.now()).into()
}

fn profile(context: &Context<'_>) -> Value {
    let offset = context.shared.settings.user_offset;
    users::profile(context.caller.user_id, offset).into()
}
