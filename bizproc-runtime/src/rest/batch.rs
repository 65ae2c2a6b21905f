//! `batch`: many calls in one request.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::client::{Client, check_method, map_of};
use super::form_params::{encode, unsupported};
use super::response::{Response, Timing, number, refusal};
use crate::error::{Error, ErrorKind, Result};

/// What a portal does not execute inside a batch.
const NOT_INSIDE: [&str; 3] = ["batch", "download", "upload"];

/// Up to fifty calls that go to the portal in one request, where they are executed one after the
/// other. One that fails does not stop the others.
///
/// A portal counts a batch as one request. Its commands travel as forms: every number and flag
/// arrives as a text (`true` as `1`, `false` as `0`), and some values do not arrive at all or as
/// something else. [`Batch::add`] refuses those, [`Batch::supports`] finds them beforehand.
///
/// ```no_run
/// use bizproc_runtime::rest::{Batch, Client};
/// use serde_json::json;
///
/// # async fn run(client: Client) -> bizproc_runtime::Result<()> {
/// let mut batch = Batch::new();
/// for id in [7, 8] {
///     batch.add("crm.deal.get", json!({"id": id}))?;
/// }
/// for response in client.batch(&batch).await?.results {
///     match response {
///         Ok(deal) => println!("{}", deal.result),
///         Err(error) => println!("{error}"),
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Batch {
    commands: Vec<Command>,
}

#[derive(Clone)]
struct Command {
    method: String,
    query: String,
}

/// A portal's response to a [`Batch`].
#[derive(Debug)]
#[non_exhaustive]
pub struct BatchResponse {
    /// The response to each command, in the order they were added.
    pub results: Vec<Result<Response<Value>>>,
    /// The cost of the whole batch.
    pub time: Timing,
}

impl Batch {
    /// The most commands that portals execute in one batch.
    pub const MAX_COMMANDS: usize = 50;

    /// A batch without commands.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a call; `params` must serialise as a map.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`], and nothing is added: the batch has [`Batch::MAX_COMMANDS`] already,
    /// the portal does not execute this method in a batch, or the parameters would not
    /// [arrive](Batch::supports) as they are.
    ///
    /// ```
    /// use bizproc_runtime::rest::Batch;
    /// use serde_json::json;
    ///
    /// let mut batch = Batch::new();
    /// batch.add("crm.deal.get", json!({"id": 7}))?;
    /// let error = batch.add("crm.deal.update", json!({"id": 7, "fields": {"TITLE": null}}));
    /// assert!(error.unwrap_err().to_string().contains("`fields[TITLE]` is null"));
    /// assert_eq!(batch.len(), 1);
    /// # Ok::<(), bizproc_runtime::Error>(())
    /// ```
    pub fn add(&mut self, method: &str, params: impl Serialize) -> Result<()> {
        let command = self
            .command(method, params)
            .map_err(|error| error.context(format_args!("`{method}`")))?;
        self.commands.push(command);
        Ok(())
    }

    fn command(&self, method: &str, params: impl Serialize) -> Result<Command> {
        let refused = |message: String| Error::new(ErrorKind::Configuration, message);
        check_method(method)?;
        if NOT_INSIDE
            .iter()
            .any(|name| method.eq_ignore_ascii_case(name))
        {
            let message = "portals do not execute this method in a batch; call it by itself";
            return Err(refused(message.to_owned()));
        }
        if self.is_full() {
            let most = Self::MAX_COMMANDS;
            return Err(refused(format!(
                "the batch has {most} commands, and portals accept no more; begin another one"
            )));
        }
        let parameters = map_of(params)?;
        if let Some(fault) = unsupported(&parameters) {
            return Err(refused(format!(
                "a batch cannot carry the parameters: {fault}; call the method by itself"
            )));
        }
        Ok(Command {
            method: method.to_owned(),
            query: encode(&parameters),
        })
    }

    /// Whether parameters mean in a batch what they mean in a call of their own.
    ///
    /// These do not:
    ///
    /// - `null`, `[]` and `{}` vanish, while in a call of its own they clear what was there;
    /// - a text with `$result`, `$error`, `$total`, `$next` or `$time` in it, in any letter case,
    ///   refers to the answers of the commands before it;
    /// - a name with brackets, white space or control characters, an empty one, or on the first
    ///   level one with a dot becomes another name;
    /// - what is beyond 1,000 values or 64 levels is lost.
    ///
    /// ```
    /// use bizproc_runtime::rest::Batch;
    /// use serde_json::json;
    ///
    /// assert!(Batch::supports(&json!({"RETURN_VALUES": {"sum": 12.5, "cost": "$5"}})));
    /// assert!(!Batch::supports(&json!({"RETURN_VALUES": {"sum": null}})));
    /// assert!(!Batch::supports(&json!({"RETURN_VALUES": {"text": "the $RESULTS"}})));
    /// ```
    #[must_use]
    pub fn supports(params: &Value) -> bool {
        params
            .as_object()
            .is_some_and(|params| unsupported(params).is_none())
    }

    /// How many commands there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.commands.len()
    }

    /// Whether there are no commands.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }

    /// Whether no command can be added any more.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.commands.len() >= Self::MAX_COMMANDS
    }
}

/// The methods only: parameters hold tokens, and what people typed.
impl fmt::Debug for Batch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let methods = self.commands.iter().map(|command| &command.method);
        formatter.debug_list().entries(methods).finish()
    }
}

impl Client {
    /// Calls every method of a batch in one request. A batch without commands sends nothing.
    ///
    /// # Errors
    ///
    /// As [`Client::call`], when the request as a whole failed. What the portal said to a command
    /// is its own error in [`BatchResponse::results`]: [`ErrorKind::Rejected`] with its code, or
    /// [`ErrorKind::InvalidResponse`] when the portal said nothing to it.
    pub async fn batch(&self, batch: &Batch) -> Result<BatchResponse> {
        if batch.is_empty() {
            return Ok(BatchResponse {
                results: Vec::new(),
                time: Timing::default(),
            });
        }
        let commands: Vec<_> = batch
            .commands
            .iter()
            .map(|Command { method, query }| format!("{method}?{query}"))
            .collect();
        let params = json!({"halt": 0, "cmd": commands});
        let Response {
            result: mut sets,
            time,
            ..
        } = self.call_full::<Sets>("batch", params).await?;
        let response_to = |(index, command): (usize, &Command)| {
            let response = sets.take(index);
            response.map_err(|error| error.context(format_args!("`{}` in a batch", command.method)))
        };
        Ok(BatchResponse {
            results: batch.commands.iter().enumerate().map(response_to).collect(),
            time,
        })
    }
}

/// What a batch answers: five sets, keyed as the commands are.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Sets {
    result: Value,
    result_error: Value,
    result_next: Value,
    result_total: Value,
    result_time: Value,
}

impl Sets {
    /// The response to one command. A batch as a whole succeeds, whatever its commands do: its
    /// status says nothing of them.
    fn take(&mut self, index: usize) -> Result<Response<Value>> {
        const STATUS: u16 = 200;
        let no_response =
            |message| Error::new(ErrorKind::InvalidResponse, message).with_status(STATUS);
        if let Some(error) = take(&mut self.result_error, index).filter(|error| !error.is_null()) {
            let refused = error.as_object().and_then(|error| refusal(error, STATUS));
            return Err(refused.unwrap_or_else(|| no_response("the portal's error has no code")));
        }
        let result = take(&mut self.result, index)
            .ok_or_else(|| no_response("the portal answered with neither a result nor an error"))?;
        let number = |set| take(set, index).as_ref().and_then(number);
        let time = take(&mut self.result_time, index);
        Ok(Response {
            result,
            next: number(&mut self.result_next),
            total: number(&mut self.result_total),
            time: time
                .and_then(|time| Timing::deserialize(time).ok())
                .unwrap_or_default(),
        })
    }
}

/// PHP writes a set as a list when its keys are 0, 1, 2 and so on without a gap, else as a map.
fn take(set: &mut Value, index: usize) -> Option<Value> {
    let found = match set {
        Value::Array(items) => items.get_mut(index),
        Value::Object(items) => items.get_mut(index.to_string().as_str()),
        _ => None,
    };
    found.map(Value::take)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(sets: Value) -> Sets {
        Sets::deserialize(sets).unwrap()
    }

    #[test]
    fn answers_are_found_in_lists_and_maps() {
        let time = json!({"operating": 1.5, "operating_reset_at": 1_738_149_352});
        let refused = json!({"error": "ACCESS_DENIED", "error_description": "Access denied!"});
        for mut sets in [
            sets(json!({
                "result": [null, ["x"]], "result_error": {"2": refused},
                "result_total": {"1": "73"}, "result_next": {"1": 50}, "result_time": [[], time],
            })),
            sets(json!({
                "result": {"0": null, "1": ["x"]}, "result_error": {"2": refused},
                "result_total": [null, 73], "result_next": [0, 50], "result_time": {"1": time},
            })),
        ] {
            assert_eq!(sets.take(0).unwrap().result, Value::Null);
            let page = sets.take(1).unwrap();
            assert_eq!(page.result, json!(["x"]));
            assert_eq!((page.total, page.next), (Some(73), Some(50)));
            assert_eq!(page.time.operating, Some(1.5));
            let error = sets.take(2).unwrap_err();
            assert_eq!(
                (error.kind(), error.code()),
                (ErrorKind::Rejected, Some("ACCESS_DENIED"))
            );
        }
    }

    #[test]
    fn a_command_without_an_answer_is_an_error() {
        for wrong in [
            json!({"result": [], "result_error": []}),
            json!({}),
            json!({"result": "text", "result_error": null}),
            json!({"result": {"0": true}, "result_error": {"0": "text"}}),
            json!({"result": {"0": true}, "result_error": {"0": {"reason": 1}}}),
        ] {
            let error = sets(wrong.clone()).take(0).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{wrong}");
        }
        let fine = json!({"result": [true], "result_error": [null]});
        assert!(sets(fine).take(0).is_ok());
    }

    #[test]
    fn a_batch_has_at_most_fifty_commands_that_portals_execute() {
        let mut batch = Batch::new();
        for method in [
            "batch", "Batch", "download", "upload", "a b", "", "x?y=1", "../x",
        ] {
            let error = batch.add(method, json!({})).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{method}");
        }
        assert!(batch.add("app.info", json!([1])).is_err());
        assert!(batch.is_empty());
        for _ in 0..Batch::MAX_COMMANDS {
            batch.add("app.info", json!({})).unwrap();
        }
        let error = batch.add("app.info", json!({})).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("`app.info`: the batch has 50"),
            "{error}"
        );
        assert_eq!(batch.len(), 50);
    }

    #[test]
    fn debug_shows_no_parameters() {
        let mut batch = Batch::new();
        batch.add("app.info", json!({"token": "secret"})).unwrap();
        assert_eq!(format!("{batch:?}"), r#"["app.info"]"#);
    }
}
