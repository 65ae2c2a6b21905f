use std::{pin::Pin, sync::Arc, time::Duration};

use jiff::SignedDuration;

use super::{Outcome, call, call::Step, engine, instance::Instance};
use crate::{
    Document, Error, Kind, Portal,
    history::{Delivery, Ending, Event},
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
        }
    }

    /// The document; [`Document::deal`] 17 unless said otherwise.
    pub fn document(mut self, document: Document) -> Self {
        self.document = document;
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

    /// The time-out of an activity that waits.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = i64::try_from(timeout.as_secs())
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

    fn start(self) -> Result<Workflow, Error> {
        let shared = self.portal.shared();
        let state = &mut *shared.lock();
        let registration = find(state, &self.code)?;
        let stored = match Value::from(self.inputs.clone()) {
            Value::Array(stored) => stored,
            Value::Null => Array::new(),
            _ => return Err(Error::Inputs(self.inputs)),
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
        execute(shared, state, &registration, &step, waits);
        Ok(Workflow {
            portal: self.portal.clone(),
            id,
        })
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

fn find(state: &State, code: &str) -> Result<Registration, Error> {
    state
        .registry
        .iter()
        .find(|row| row.code == code)
        .cloned()
        .ok_or_else(|| state.not_registered(code))
}

fn execute(
    shared: &Arc<Shared>,
    state: &mut State,
    registration: &Registration,
    step: &Step,
    waits: bool,
) {
    let id = &step.token.workflow_id;
    let return_properties = registration.properties("RETURN_PROPERTIES");
    let deadline = (step.timeout_seconds > 0)
        .then(|| {
            shared
                .now()
                .checked_add(SignedDuration::from_secs(step.timeout_seconds))
                .ok()
        })
        .flatten();
    let instance = Instance {
        event_id: step.token.event_id.clone(),
        outputs: values::defaults(&return_properties),
        return_properties,
        log: Vec::new(),
        call: None,
        reply: None,
        ending: None,
    };
    state.workflows.insert(id.clone(), instance);
    shared.record(
        state,
        Event::Started {
            workflow_id: id.clone(),
            code: step.code.clone(),
        },
    );
    call::send(shared, state, step, &registration.text("HANDLER"));
    if !waits {
        engine::finish(shared, state, id, Ending::NotWaiting);
    } else if let Some(deadline) = deadline {
        shared.spawn(engine::time_out(Arc::clone(shared), id.clone(), deadline));
    }
}

/// A workflow that was started.
///
/// ```no_run
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// # use bizproc_portal::Portal;
/// # use serde_json::json;
/// # use std::time::Duration;
/// # let portal = Portal::start().await?;
/// let workflow = portal.run("md5", json!({"inputString": "text"})).await?;
/// let done = workflow.finished(Duration::from_secs(5)).await?;
/// assert_eq!(done.return_values["outputString"], "1cb251ec0d568de6a929b520c4aed8d1");
/// # Ok::<(), bizproc_portal::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct Workflow {
    portal: Portal,
    id: String,
}

impl Workflow {
    /// The workflow's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The lines in its log so far.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        self.read(|instance| Some(instance.log.clone()))
            .unwrap_or_default()
    }

    /// Whether its step still waits for a reply.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.read(|instance| Some(instance.ending.is_none()))
            .unwrap_or_default()
    }

    /// Waits until the handler was called and has answered (or could not be reached).
    ///
    /// # Errors
    ///
    /// [`Error::NotCalled`] if that does not happen in time.
    pub async fn called(&self, within: Duration) -> Result<Delivery, Error> {
        self.wait(within, |instance| instance.call.clone())
            .await
            .ok_or_else(|| Error::NotCalled {
                workflow_id: self.id.clone(),
                waited: within,
            })
    }

    /// Waits until the workflow ends.
    ///
    /// # Errors
    ///
    /// [`Error::StillWaiting`] if it does not end in time.
    pub async fn finished(&self, within: Duration) -> Result<Outcome, Error> {
        self.wait(within, |instance| instance.outcome(&self.id))
            .await
            .ok_or_else(|| Error::StillWaiting {
                workflow_id: self.id.clone(),
                waited: within,
                log: self.log(),
            })
    }

    /// Ends the workflow as an administrator does; the application is not told.
    pub fn kill(&self) {
        let shared = self.portal.shared();
        engine::kill(shared, &mut shared.lock(), &self.id);
    }

    fn read<T>(&self, look: impl Fn(&Instance) -> Option<T>) -> Option<T> {
        self.portal
            .shared()
            .lock()
            .workflows
            .get(&self.id)
            .and_then(look)
    }

    async fn wait<T>(&self, within: Duration, look: impl Fn(&Instance) -> Option<T>) -> Option<T> {
        let mut changes = self.portal.shared().changes();
        let found = async {
            loop {
                if let Some(found) = self.read(&look) {
                    return Some(found);
                }
                changes.changed().await.ok()?;
            }
        };
        tokio::time::timeout(within, found).await.ok().flatten()
    }
}
