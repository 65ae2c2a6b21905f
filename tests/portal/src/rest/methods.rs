use super::{Caller, RestError, RestResult};
use crate::{
    history::Body,
    php::{Array, Value},
    registration::{self, Kind},
    state::{Shared, State},
    workflow,
};

/// Everything a method needs.
pub(crate) struct Context<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) state: &'a mut State,
    pub(crate) caller: &'a Caller,
    pub(crate) body: &'a Body,
}

/// A REST method.
pub(crate) struct Method {
    pub(crate) name: &'static str,
    scope: Option<&'static str>,
    run: fn(&mut Context<'_>, Array) -> RestResult,
}

impl Method {
    pub(super) fn is_granted(&self, scope: &[String]) -> bool {
        self.scope
            .is_none_or(|needed| scope.iter().any(|granted| granted == needed))
    }

    pub(crate) fn call(
        &self,
        shared: &Shared,
        state: &mut State,
        caller: &Caller,
        body: &Body,
        params: Array,
    ) -> RestResult {
        (self.run)(
            &mut Context {
                shared,
                state,
                caller,
                body,
            },
            params,
        )
    }
}

const METHODS: &[Method] = &[
    Method {
        name: "app.info",
        scope: None,
        run: |c, _| app_info(c),
    },
    Method {
        name: "method.get",
        scope: None,
        run: |c, p| Ok(method_get(c, &p)),
    },
    Method {
        name: "bizproc.robot.add",
        scope: BIZPROC,
        run: |c, p| registration::add(c, Kind::Robot, p),
    },
    Method {
        name: "bizproc.robot.update",
        scope: BIZPROC,
        run: |c, p| registration::update(c, Kind::Robot, p),
    },
    Method {
        name: "bizproc.robot.list",
        scope: BIZPROC,
        run: |c, _| registration::list(c, Kind::Robot),
    },
    Method {
        name: "bizproc.robot.delete",
        scope: BIZPROC,
        run: |c, p| registration::delete(c, Kind::Robot, p),
    },
    Method {
        name: "bizproc.activity.add",
        scope: BIZPROC,
        run: |c, p| registration::add(c, Kind::Activity, p),
    },
    Method {
        name: "bizproc.activity.update",
        scope: BIZPROC,
        run: |c, p| registration::update(c, Kind::Activity, p),
    },
    Method {
        name: "bizproc.activity.list",
        scope: BIZPROC,
        run: |c, _| registration::list(c, Kind::Activity),
    },
    Method {
        name: "bizproc.activity.delete",
        scope: BIZPROC,
        run: |c, p| registration::delete(c, Kind::Activity, p),
    },
    Method {
        name: "bizproc.activity.log",
        scope: BIZPROC,
        run: workflow::activity_log,
    },
    Method {
        name: REPLY,
        scope: BIZPROC,
        run: workflow::event_send,
    },
];

/// The method by which an application replies.
pub(crate) const REPLY: &str = "bizproc.event.send";

const BIZPROC: Option<&str> = Some("bizproc");

/// Finds a method by its name in any letter case.
pub(crate) fn find(name: &str) -> Option<&'static Method> {
    // The server tries the name as it was written as well, but all names here are in lower case.
    let lower = name.to_lowercase();
    METHODS.iter().find(|method| method.name == lower)
}

fn app_info(context: &Context<'_>) -> RestResult {
    let client_id = context.caller.client_id.as_deref().ok_or_else(|| {
        RestError::new(
            403,
            "WRONG_AUTH_TYPE",
            "Current authorization type is denied for this method",
        )
    })?;
    let number = context
        .state
        .installations
        .get_index_of(client_id)
        .unwrap_or_default();
    let version = context
        .state
        .installations
        .get(client_id)
        .map_or(1, |application| application.version);
    let info: Array = [
        (
            "ID",
            Value::Int(i64::try_from(number).unwrap_or_default() + 1),
        ),
        ("CODE", client_id.into()),
        ("VERSION", version.into()),
        ("STATUS", "L".into()),
        ("INSTALLED", true.into()),
        ("PAYMENT_EXPIRED", "N".into()),
        ("DAYS", Value::Null),
        (
            "LANGUAGE_ID",
            context.shared.settings.language.as_str().into(),
        ),
        (
            "LICENSE",
            format!("{}_std", context.shared.settings.language).into(),
        ),
        ("LICENSE_TYPE", "std".into()),
        ("LICENSE_FAMILY", "std".into()),
    ]
    .into_iter()
    .collect();
    Ok(info.into())
}

fn method_get(context: &Context<'_>, params: &Array) -> Value {
    let found = params.get("name").and_then(Value::as_text).and_then(find);
    let granted = found.is_some_and(|method| method.is_granted(&context.shared.settings.scope));
    let answer: Array = [
        ("isExisting", Value::Bool(found.is_some())),
        ("isAvailable", granted.into()),
    ]
    .into_iter()
    .collect();
    answer.into()
}
