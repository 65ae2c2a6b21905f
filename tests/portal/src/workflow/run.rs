use std::{pin::Pin, sync::Arc, time::Duration};

use jiff::SignedDuration;

use super::{Workflow, call, call::Step, engine, instance::Instance};
use crate::{
    Document, Error, Kind, Portal,
    history::{Ending, Event},
    php::{Array, Value},
    random,
    registration::Registration,
    state::{Shared, State},
    token::EventToken,
    values,
};

/// The longest time-out a step can have: five years, in seconds.
const LONGEST_TIMEOUT: i64 = 157_680_000;

/// A run that is being set up; `.await` starts it.
///
/// ```no_run
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use bizproc_portal::{Document, Portal};
/// use serde_json::json;
///
/// let portal = Portal::start().await?;
/// let workflow = portal
///     .run("md5", json!({"inputString": "{=Document:TITLE}"}))
///     .document(Document::deal(42))
///     .run_as(4)
///     .await?;
/// # Ok::<(), bizproc_portal::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
#[must_use = "a run starts when it is awaited"]
pub struct Run {
    portal: Portal,
    code: String,
    inputs: serde_json::Value,
    document: Document,
    owner: Option<u64>,
    wait: bool,
    timeout: i64,
    goes_on: bool,
    client_id: Option<String>,
}

impl Run {
    pub(crate) fn new(portal: Portal, code: &str, inputs: serde_json::Value) -> Self {
        Self {
            portal,
            code: code.to_owned(),
            inputs,
            document: Document::default(),
            owner: None,
            wait: true,
            timeout: 0,
            goes_on: false,
            client_id: None,
        }
    }

    /// The document; [`Document::deal`] 17 unless said otherwise.
    pub fn document(mut self, document: Document) -> Self {
        self.document = document;
        self
    }

    /// The application whose robot it is, where several have registered the code; the first of them by default.
    pub fn of(mut self, client_id: &str) -> Self {
        self.client_id = Some(client_id.to_owned());
        self
    }

    /// The step's *Run as*: whose tokens the handler gets, instead of those of `AUTH_USER_ID`.
    pub fn run_as(mut self, user_id: u64) -> Self {
        self.owner = Some(user_id);
        self
    }

    /// The author's choice for an activity whose `USE_SUBSCRIPTION` is empty; on by default.
    pub fn wait_for_response(mut self, wait: bool) -> Self {
        self.wait = wait;
        self
    }

    /// The time-out of an activity that waits, in whole seconds: a part of one counts as one.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        let begun = u64::from(timeout.subsec_nanos() > 0);
        self.timeout = i64::try_from(timeout.as_secs().saturating_add(begun))
            .unwrap_or(i64::MAX)
            .min(LONGEST_TIMEOUT);
        self
    }

    /// The time-out as the author types it: a number and `s`, `m`, `h` or `d`; any other unit is seconds.
    pub fn timeout_as_typed(mut self, value: &str, unit: &str) -> Self {
        let factor = match unit {
            "m" => 60,
            "h" => 60 * 60,
            "d" => 24 * 60 * 60,
            _ => 1,
        };
        let seconds = Value::from(value).to_int().saturating_mul(factor);
        self.timeout = seconds.clamp(0, LONGEST_TIMEOUT);
        self
    }

    /// Keeps the workflow alive when its step has closed, as if more steps came behind it.
    ///
    /// Until [`Workflow::end`] or [`Workflow::kill`] a late reply then meets a step that does not wait, which older
    /// platforms answer otherwise than a workflow that is gone. A reply during [`Fault::NextStepFails`] ends it too.
    ///
    /// [`Fault::NextStepFails`]: crate::Fault::NextStepFails
    pub fn goes_on(mut self) -> Self {
        self.goes_on = true;
        self
    }

    pub(crate) fn start(self) -> Result<Workflow, Error> {
        let shared = self.portal.shared();
        let state = &mut *shared.lock();
        let stored = stored(&self.inputs)?;
        let of = self.client_id.as_deref();
        let Some(registration) = state.registry.by_code(&self.code, of).cloned() else {
            return self.without_registration(state);
        };
        let use_subscription = self.subscription(&registration);
        // Only the exact letter waits.
        let waits = use_subscription.as_deref() == Some("Y");
        if self.timeout > 0 && !(waits && registration.kind == Kind::Activity) {
            return Err(Error::NoTimeout { code: self.code });
        }
        let step = Step {
            token: EventToken {
                workflow_id: random::workflow_id(shared.now()),
                activity_name: random::activity_name(),
                event_id: random::alphanumeric(32),
            },
            client_id: registration.client_id.clone(),
            code: registration.code.clone(),
            properties: values::inputs(
                &registration.properties("PROPERTIES"),
                &stored,
                &self.document,
                &shared.settings,
            ),
            document: self.document,
            use_subscription,
            timeout_seconds: self.timeout,
            owner: self.owner.or_else(|| {
                registration
                    .text("AUTH_USER_ID")
                    .parse()
                    .ok()
                    .filter(|user| *user > 0)
            }),
        };
        let id = step.token.workflow_id.clone();
        let return_properties = registration.properties("RETURN_PROPERTIES");
        let instance = Instance {
            event_id: step.token.event_id.clone(),
            outputs: values::defaults(&return_properties),
            return_properties,
            goes_on: self.goes_on,
            ..Instance::default()
        };
        state.workflows.insert(id.clone(), instance);
        execute(shared, state, &registration, &step, waits);
        Ok(Workflow::new(self.portal.clone(), id))
    }

    /// Faults a step that an author placed while its code was registered; an unknown code nobody can have placed.
    fn without_registration(&self, state: &mut State) -> Result<Workflow, Error> {
        if !state.registry.has_known(&self.code) {
            return Err(state.not_registered(&self.code));
        }
        let shared = self.portal.shared();
        let id = random::workflow_id(shared.now());
        state.workflows.insert(id.clone(), Instance::default());
        shared.record(
            state,
            Event::Started {
                workflow_id: id.clone(),
                code: self.code.clone(),
            },
        );
        let reason = "Application activity is not installed.".to_owned();
        engine::end(shared, state, &id, Ending::Failed(reason));
        Ok(Workflow::new(self.portal.clone(), id))
    }

    /// The waiting mode in force: a robot's is what was registered, an activity's author may choose if that is empty.
    fn subscription(&self, registration: &Registration) -> Option<String> {
        let registered = registration.text("USE_SUBSCRIPTION");
        match (registered.as_str(), registration.kind) {
            ("", Kind::Robot) => None,
            ("", Kind::Activity) => Some(if self.wait { "Y" } else { "N" }.to_owned()),
            _ => Some(registered),
        }
    }
}

impl IntoFuture for Run {
    type Output = Result<Workflow, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.start() })
    }
}

/// What the step has stored; PHP writes an empty object as an empty list.
fn stored(inputs: &serde_json::Value) -> Result<Array, Error> {
    match (inputs, Value::from(inputs.clone())) {
        (serde_json::Value::Array(list), _) if !list.is_empty() => {
            Err(Error::Inputs(inputs.clone()))
        }
        (_, Value::Array(stored)) => Ok(stored),
        (_, Value::Null) => Ok(Array::new()),
        _ => Err(Error::Inputs(inputs.clone())),
    }
}

fn execute(
    shared: &Arc<Shared>,
    state: &mut State,
    registration: &Registration,
    step: &Step,
    waits: bool,
) {
    let id = &step.token.workflow_id;
    let deadline = (step.timeout_seconds > 0)
        .then(|| {
            shared
                .now()
                .checked_add(SignedDuration::from_secs(step.timeout_seconds))
                .ok()
        })
        .flatten();
    shared.record(
        state,
        Event::Started {
            workflow_id: id.clone(),
            code: step.code.clone(),
        },
    );
    call::send(shared, state, step, &registration.text("HANDLER"));
    if !waits {
        engine::close(shared, state, id, Ending::NotWaiting);
    } else if let Some(deadline) = deadline {
        if let Some(instance) = state.workflows.get_mut(id) {
            instance.deadline = Some(deadline);
        }
        shared.spawn(engine::time_out(Arc::clone(shared), id.clone(), deadline));
    }
}
