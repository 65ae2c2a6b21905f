use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;

use serde_json::Map;

use crate::call::{Call, CallContext, Replied};
use crate::definition::Definition;
use crate::error::{BoxError, Error};
use crate::form::Form;
use crate::property::{Culture, InputProperties, Value};
use crate::robot::{ReturnValues, Robot};

/// The code of a robot: an `async fn` from [`Call<R>`](Call) to `Result<Replied, E>`, where `E` is
/// [`Error`] or any error that can be boxed.
///
/// ```
/// use bizproc_runtime::{App, Call, Replied, Robot};
///
/// /// Ping
/// #[derive(Robot)]
/// #[robot(code = "acme_ping")]
/// struct Ping;
///
/// async fn ping(call: Call<Ping>) -> Result<Replied, Box<dyn std::error::Error + Send + Sync>> {
///     let host = std::env::var("PING_HOST")?;
///     Ok(call.reply(()).log(format!("pinged {host}")).await?)
/// }
///
/// let app = App::new("https://app.example").robot(ping);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the code of the robot",
    label = "expected an `async fn(Call<{R}>) -> Result<Replied, E>`",
    note = "the function takes `Call<...>` of a struct with `#[derive(Robot)]`, and must return the \
            `Replied` that awaiting `call.reply(...)` gives",
    note = "its error must be `bizproc_runtime::Error` or convert into \
            `Box<dyn std::error::Error + Send + Sync>`; its future must be `Send`"
)]
pub trait Handler<R: Robot>: Send + Sync + 'static {
    /// Runs the code.
    fn run(&self, call: Call<R>) -> impl Future<Output = Result<Replied, BoxError>> + Send;
}

impl<R, F, Fut, E> Handler<R> for F
where
    R: Robot,
    F: Fn(Call<R>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Replied, E>> + Send,
    E: Into<BoxError>,
{
    fn run(&self, call: Call<R>) -> impl Future<Output = Result<Replied, BoxError>> + Send {
        let running = self(call);
        async move { running.await.map_err(Into::into) }
    }
}

/// A robot and its code, whatever its type: what the worker runs.
pub(crate) struct AnyRobot {
    pub(crate) definition: Definition,
    prepare: Prepare,
    failure: fn(&str, &Culture) -> Map<String, Value>,
}

type Running = Pin<Box<dyn Future<Output = Result<Replied, BoxError>> + Send>>;
type Prepare = Box<dyn Fn(&Form<'_>, CallContext) -> Result<Running, Error> + Send + Sync>;

impl AnyRobot {
    pub(crate) fn new<R, H>(handler: H) -> Self
    where
        R: Robot + Send + 'static,
        R::Returns: Send,
        H: Handler<R>,
    {
        let handler = Arc::new(handler);
        let prepare = move |form: &Form<'_>, context: CallContext| {
            let input = R::from_properties(&InputProperties::new(form, &context.portal.culture))?;
            let call = Call { input, context };
            let handler = Arc::clone(&handler);
            Ok(Box::pin(async move { handler.run(call).await }) as Running)
        };
        Self {
            definition: R::DEFINITION,
            prepare: Box::new(prepare),
            failure: R::Returns::failure,
        }
    }

    /// Reads the properties; the returned future runs the robot's code.
    pub(super) fn prepare(&self, form: &Form<'_>, context: CallContext) -> Result<Running, Error> {
        (self.prepare)(form, context)
    }

    /// The return values of a run that failed with this text. They come from code of the robot's
    /// author; if that panics, the workflow continues without them.
    pub(super) fn failure(&self, text: &str, culture: &Culture) -> Map<String, Value> {
        let values = AssertUnwindSafe(|| (self.failure)(text, culture));
        catch_unwind(values).unwrap_or_else(|_| {
            tracing::error!(
                "a failure value of the robot panicked; the outputs keep their defaults"
            );
            Map::new()
        })
    }
}
