//! Executing a step of an application: from its registration to the call and what follows.

use crate::engine::workflow::wait::Flow;
use crate::engine::workflow::{call, lifecycle, scope, wait};
use crate::model::history::{Ending, Event};
use crate::model::queue::Queued;
use crate::model::registry::Registration;
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::model::workflow::instance::Awaited;
use crate::model::workflow::rest_activity::{OWN, Stored};
use crate::model::workflow::step_run::{StepRun, initial};
use crate::rules::php::{Array, Value};
use crate::rules::settings::{CallDispatch, DismissedOwner};
use crate::rules::token::EventToken;
use crate::rules::{random, values};

/// Executes a robot or activity of an application: calls its handler, and waits if the step waits.
pub(crate) fn rest_activity(
    shared: &Shared,
    state: &mut State,
    id: &str,
    activity: &Stored,
) -> Flow {
    shared.record(
        state,
        Event::Started {
            workflow_id: id.to_owned(),
            activity_name: activity.name.clone(),
            code: activity.code.clone(),
        },
    );
    let registration = match registered(state, activity) {
        Ok(registration) => registration,
        Err(message) => {
            begin(state, id, activity, StepRun::default());
            return Flow::Fails(message.to_owned());
        }
    };
    let mode = activity.mode(&registration);
    let return_properties = outputs(&registration);
    let run = StepRun {
        event_id: random::alphanumeric(32),
        outputs: initial(&return_properties),
        return_properties,
        can_time_out: registration.text("USE_SUBSCRIPTION") != "N",
        waits: mode.as_deref() == Some("Y"),
        timeout: activity.timeout,
        status: activity.status.clone(),
        ..StepRun::default()
    };
    let token = EventToken {
        workflow_id: id.to_owned(),
        activity_name: activity.name.clone(),
        event_id: run.event_id.clone(),
    };
    begin(state, id, activity, run);
    let Some(call) = prepared(shared, state, activity, &registration, token, mode) else {
        return Flow::Waits;
    };
    if !shared.settings.oauth_registered {
        lifecycle::close(shared, state, id, Ending::Completed);
        return Flow::Next;
    }
    if let Some(reason) = withheld(shared, state, &call) {
        let event = Event::CallWithheld {
            workflow_id: id.to_owned(),
            activity_name: activity.name.clone(),
            reason: reason.to_owned(),
        };
        shared.record(state, event);
        return after_call(shared, state, id, &activity.name);
    }
    send(shared, state, &call, &registration.text("HANDLER"))
}

/// Calls the handler, and returns what follows.
fn send(shared: &Shared, state: &mut State, call: &call::Call, handler: &str) -> Flow {
    let queued = call::send(shared, state, call, handler);
    let EventToken {
        workflow_id,
        activity_name,
        event_id,
    } = &call.token;
    let is_inside = shared.settings.platform.call_dispatch == CallDispatch::InsideStep;
    if is_inside && queued != Queued::Lost {
        if let Some(instance) = state.workflows.get_mut(workflow_id) {
            instance.in_step = Some(event_id.clone());
            if let Some(run) = instance.last_run_mut() {
                run.is_called_later = queued == Queued::Later;
            }
        }
        return Flow::Waits;
    }
    after_call(shared, state, workflow_id, activity_name)
}

/// Returns `RETURN_PROPERTIES`; an output that is also an input with a default takes the input's
/// place, where values have no type.
fn outputs(registration: &Registration) -> Array {
    let inputs = values::defaults(&registration.properties("PROPERTIES"));
    let registered = registration.properties("RETURN_PROPERTIES").into_iter();
    registered
        .map(|(key, property)| match inputs.get(&key.to_text()) {
            Some(default) if *default != Value::Null => {
                let untyped: Array = [("DEFAULT", default.clone())].into_iter().collect();
                (key, untyped.into())
            }
            _ => (key, property),
        })
        .collect()
}

/// Returns the registration that the step is linked to, if its application can be called.
fn registered(state: &State, activity: &Stored) -> Result<Registration, &'static str> {
    let registration = state
        .registry
        .get(&activity.client_id, &activity.code)
        .ok_or("Application activity is not installed.")?;
    match step_fault(state, &activity.client_id) {
        Some(reason) => Err(reason),
        None => Ok(registration.clone()),
    }
}

/// Begins a new execution of a step, and discards what an earlier pass left.
fn begin(state: &mut State, id: &str, activity: &Stored, run: StepRun) {
    if let Some(instance) = state.workflows.get_mut(id) {
        instance.runs.insert(activity.name.clone(), run);
        instance.last_run = Some(activity.name.clone());
    }
}

/// Builds the call with the current values.
fn prepared(
    shared: &Shared,
    state: &State,
    activity: &Stored,
    registration: &Registration,
    token: EventToken,
    use_subscription: Option<String>,
) -> Option<call::Call> {
    let scope = scope::scope(shared, state, &token.workflow_id)?;
    let settings = &shared.settings;
    let fallback = || {
        let registered = registration.text("AUTH_USER_ID").parse().ok();
        registered.filter(|user| settings.platform.auth_user_fallback && *user > 0)
    };
    let mut properties = values::inputs(
        &registration.properties("PROPERTIES"),
        &activity.inputs,
        &scope,
        settings,
    );
    for id in OWN {
        if properties.get(id).is_some() {
            properties.insert(id, activity.own(id, registration, &settings.language));
        }
    }
    Some(call::Call {
        client_id: activity.client_id.clone(),
        code: activity.code.clone(),
        document_id: scope.instance.document_id.clone(),
        document_type: scope.instance.document_type.clone(),
        properties,
        use_subscription,
        timeout_seconds: activity.timeout,
        owner: activity.run_as.or_else(fallback),
        token,
    })
}

/// Returns why the handler is not called, if the portal is set not to call it.
fn withheld(shared: &Shared, state: &State, call: &call::Call) -> Option<&'static str> {
    let settings = &shared.settings;
    let application = state.installations.get(&call.client_id);
    let is_finished = application.is_some_and(|application| application.finished);
    if !settings.calls_before_install_finish && !is_finished {
        return Some("the installation of its application has not ended");
    }
    let is_dismissed = call
        .owner
        .is_some_and(|user| state.users.is_dismissed(user));
    let is_refused = settings.dismissed_owner == DismissedOwner::NoCall && is_dismissed;
    is_refused.then_some("the owner of its tokens was dismissed")
}

/// Returns what follows the call of the handler: the step waits, or is closed immediately.
pub(crate) fn after_call(shared: &Shared, state: &mut State, id: &str, name: &str) -> Flow {
    let Some(instance) = state.workflows.get_mut(id) else {
        return Flow::Waits;
    };
    let Some(run) = instance.runs.get(name) else {
        return Flow::Waits;
    };
    if !run.waits {
        lifecycle::close(shared, state, id, Ending::NotWaiting);
        return Flow::Next;
    }
    let pause = (run.timeout > 0).then(|| shared.settings.wake_up_after(run.timeout));
    instance.status = run.status.clone().unwrap_or_default();
    wait::wait(shared, state, id, name, Awaited::Reply, pause)
}

/// Returns why a step of an application cannot be executed, if it cannot.
fn step_fault(state: &State, client_id: &str) -> Option<&'static str> {
    match state.installations.get(client_id) {
        Some(application) if application.installed => application
            .payment_expired
            .then_some("Rest application status error: payment required"),
        _ => Some("Rest application not found."),
    }
}
