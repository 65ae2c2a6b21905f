//! The actions behind `POST /-/…`.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::engine::grants::TOKEN_LIFE;
use crate::engine::handler_auth::Tokens;
use crate::engine::workflow::resend;
use crate::face::control::input::Input;
use crate::face::control::refusal::Refusal;
use crate::face::control::state;
use crate::face::control::step_run::StepRun;
use crate::face::installation::Installation;
use crate::face::site::Site;
use crate::model::faults::Fault;
use crate::model::shared::Shared;
use crate::model::users::ADMINISTRATOR;

type Acted = Result<Json, Refusal>;

/// Performs the action that the last part of the path names.
pub(crate) async fn act(site: &Site, action: &str, input: &Input) -> Acted {
    match action {
        "install" => install(site, input).await,
        "update" => {
            installation(site, input)?.update().await?;
            Ok(json!(true))
        }
        "uninstall" => {
            let clean = input.is_on("clean");
            installation(site, input)?.uninstall(clean).await?;
            Ok(json!(true))
        }
        "install-finish" => {
            installation(site, input)?.install_finished().await?;
            Ok(json!(true))
        }
        "run" => run(site, input),
        "kill" => {
            let id = known_workflow(&site.shared, input)?;
            let portal = site.portal()?;
            portal
                .workflow(&id)
                .into_iter()
                .for_each(|workflow| workflow.kill());
            Ok(json!(true))
        }
        "resend" => {
            let id = known_workflow(&site.shared, input)?;
            resend::resend(&site.shared, &mut site.shared.lock(), &id)
                .then(|| json!(true))
                .ok_or_else(|| Refusal::bad("the handler of this workflow was never called"))
        }
        "advance" => advance(&site.shared, input),
        "fault" => fault(site, input),
        "clear-faults" => {
            site.shared.lock().faults.clear();
            site.shared.wake();
            Ok(json!(true))
        }
        "wipe" => wipe(site, input),
        "tokens" => tokens(&site.shared, input),
        _ => Err(Refusal::not_found(format!("there is no action {action:?}"))),
    }
}

async fn install(site: &Site, input: &Input) -> Acted {
    let portal = site.portal()?;
    let app = portal.install(&input.needed("url")?).await?;
    Ok(json!({
        "client_id": app.client_id(),
        "access_token": app.access_token(),
        "refresh_token": app.refresh_token(),
        "application_token": app.application_token(),
        "member_id": app.member_id(),
        "last_notification": app.last_notification().outcome.to_string(),
    }))
}

fn installation(site: &Site, input: &Input) -> Result<Installation, Refusal> {
    let client_id = known_application(&site.shared, input)?;
    let portal = site.portal()?;
    Ok(Installation::new(portal, client_id))
}

/// Returns the named application, or the only one.
fn known_application(shared: &Shared, input: &Input) -> Result<String, Refusal> {
    let state = shared.lock();
    let mut known = state.installations.keys();
    match input.text("client_id") {
        Some(id) if state.installations.contains_key(&id) => Ok(id),
        Some(id) => Err(Refusal::not_found(format!(
            "there is no application {id:?}"
        ))),
        None => match (known.next(), known.next()) {
            (Some(only), None) => Ok(only.clone()),
            _ => Err(Refusal::bad("`client_id` is missing")),
        },
    }
}

fn known_workflow(shared: &Shared, input: &Input) -> Result<String, Refusal> {
    let id = input.needed("workflow_id")?;
    let is_known = shared.lock().workflows.contains_key(&id);
    is_known
        .then_some(id)
        .ok_or_else(|| Refusal::not_found("there is no such workflow"))
}

fn run(site: &Site, input: &Input) -> Acted {
    let workflow_id = StepRun::read(input)?.start(site)?;
    Ok(json!({ "workflow_id": workflow_id }))
}

/// Moves the clock by a number of seconds, or past the deadline of a workflow that waits.
fn advance(shared: &Shared, input: &Input) -> Acted {
    let by = if let Some(seconds) = input.number::<f64>("seconds")? {
        Duration::try_from_secs_f64(seconds)
            .map_err(|_| Refusal::bad("the clock can only be moved forward"))?
    } else {
        let id = known_workflow(shared, input)?;
        let waiting = state::waiting(shared, &shared.lock(), &id);
        let left = waiting.and_then(|waiting| waiting.left);
        left.ok_or_else(|| Refusal::bad("the workflow waits for no deadline"))?
    };
    shared.advance(by);
    Ok(json!(shared.iso(shared.now())))
}

/// Switches a fault on. `fault` is a name, a text such as `hang=5`, or a fault as serde writes it;
/// a `value` may be given separately.
fn fault(site: &Site, input: &Input) -> Acted {
    let given = input
        .value("fault")
        .ok_or_else(|| Refusal::bad("`fault` is missing"))?;
    let fault: Fault = match (given.as_text(), input.text("value")) {
        (Some(name), Some(value)) => format!("{name}={value}").parse()?,
        (Some(text), None) => text.parse()?,
        (None, _) => serde_json::from_value(given.to_json())
            .map_err(|error| Refusal::bad(format!("`fault` is invalid: {error}")))?,
    };
    let times = input.number("times")?.unwrap_or(1);
    let portal = site.portal()?;
    match input.text("method") {
        Some(method) => portal.fault_in(&method, fault, times)?,
        None => portal.fault(fault, times),
    }
    Ok(json!(true))
}

/// Wipes the registrations of one application, or of all, and returns how many there were.
fn wipe(site: &Site, input: &Input) -> Acted {
    let portal = site.portal()?;
    let registered = || site.shared.lock().registry.iter().count();
    let before = registered();
    let known: Vec<String> = match input.text("client_id") {
        Some(_) => vec![known_application(&site.shared, input)?],
        None => site.shared.lock().installations.keys().cloned().collect(),
    };
    for client_id in known {
        Installation::new(portal.clone(), client_id).wipe_registrations();
    }
    Ok(json!(before.saturating_sub(registered())))
}

/// Issues new tokens of a user for an application, as a frame gets them.
fn tokens(shared: &Shared, input: &Input) -> Acted {
    let client_id = known_application(shared, input)?;
    let user = input.number("user_id")?.unwrap_or(ADMINISTRATOR);
    let tokens = Tokens::issue(shared, &mut shared.lock(), &client_id, user);
    Ok(json!({
        "AUTH_ID": tokens.access_token,
        "REFRESH_ID": tokens.refresh_token,
        "AUTH_EXPIRES": TOKEN_LIFE,
    }))
}
