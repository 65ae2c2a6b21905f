//! `batch`: many commands in one request.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value as Json;

use crate::model::caller::Caller;
use crate::model::faults::Fault;
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::rules::fold::fold_top;
use crate::rules::php;
use crate::rules::php::{Array, Key, Value};
use crate::rules::rest_error::RestError;
use crate::rules::settings::{BatchRefusal, Settings};
use crate::wire::rest::auth::PARAMETERS;
use crate::wire::rest::call::{Call, is_no_link};
use crate::wire::rest::call_record::CallRecord;
use crate::wire::rest::envelope::Success;
use crate::wire::rest::method::{Execute, Method, Needs, Run, Table, Wire};
use crate::wire::rest::request::take_paging;
use crate::wire::rest::{call_record, envelope, reference};

/// The method itself, which a batch cannot contain.
pub(crate) const NAME: &str = "batch";

pub(crate) const METHODS: &[Method] = &[Method {
    name: NAME,
    scope: None,
    needs: Needs::Nothing,
    run: Run::Batch,
}];

const MAX_COMMANDS: usize = 50;

const FORBIDDEN: [&str; 3] = [NAME, "download", "upload"];

/// The sets of results, with the keys of the commands.
#[derive(Debug, Default)]
struct Results {
    result: Array,
    error: Array,
    total: Array,
    next: Array,
    time: Array,
}

impl Results {
    /// The set that a reference names.
    fn set(&self, word: &str) -> Option<&Array> {
        match word {
            "result" => Some(&self.result),
            "error" => Some(&self.error),
            "total" => Some(&self.total),
            "next" => Some(&self.next),
            "time" => Some(&self.time),
            _ => None,
        }
    }

    fn take(&mut self, key: &Key, success: Success, time: Value) {
        self.result.insert(key.clone(), success.result);
        if let Some(page) = success.page {
            self.total.insert(key.clone(), page.total);
            if let Some(next) = page.next {
                self.next.insert(key.clone(), next);
            }
        }
        self.time.insert(key.clone(), time);
    }

    fn refuse(&mut self, key: &Key, error: &RestError) {
        self.error
            .insert(key.clone(), Value::from(envelope::failure(error)));
    }

    fn into_value(self) -> Value {
        let sets = [
            ("result", self.result),
            ("result_error", self.error),
            ("result_total", self.total),
            ("result_next", self.next),
            ("result_time", self.time),
        ];
        Value::Array(
            sets.into_iter()
                .map(|(name, set)| (name, Value::Array(set)))
                .collect(),
        )
    }
}

/// Executes the commands one after the other. A failed command has an error of its own, and the
/// batch succeeds.
pub(crate) async fn execute(
    shared: &Shared,
    table: Table,
    caller: &Caller,
    wire: Wire<'_>,
    params: Array,
) -> Result<Success, RestError> {
    let limit = shared.settings.operating_limit();
    is_no_link(&params)?;
    let began = shared.now();
    // The time it works is counted for the methods in it.
    shared.lock().load.admit(limit, caller, NAME, began)?;
    let params = fold_top(params);
    let halts = params.get("HALT").is_some_and(Value::is_truthy);
    let commands = commands_of(&params);
    refuse_whole(&commands, &shared.settings)?;
    let batch = Batch {
        shared,
        table,
        caller,
        wire,
    };
    let mut results = Results::default();
    for (index, (key, command)) in commands.iter().enumerate() {
        let result = match command.as_text() {
            _ if index >= MAX_COMMANDS => Err(too_long()),
            Some(command) => batch.one(command, &results).await,
            None => continue,
        };
        match result {
            Ok((success, time)) => results.take(key, success, time.into()),
            Err(error) => {
                results.refuse(key, &error);
                if halts {
                    break;
                }
            }
        }
    }
    let operating = shared.lock().load.operating(caller, NAME, shared.now());
    Ok(Success {
        operating,
        ..results.into_value().into()
    })
}

/// A text is not a list of commands, even if it spells one in JSON.
fn commands_of(params: &Array) -> Array {
    let commands = params.get("CMD").and_then(Value::as_array);
    commands.cloned().unwrap_or_default()
}

/// The names of the methods that a batch with these parameters calls, as they are written.
pub(crate) fn names(params: &Array) -> Vec<String> {
    let commands = commands_of(&fold_top(params.clone()));
    let texts = commands.values().filter_map(Value::as_text);
    texts
        .map(|command| php::path_and_query(command).0.to_owned())
        .collect()
}

/// What a command calls.
struct Command {
    method: &'static Method,
    run: Execute,
    params: Array,
    /// Where a list is to begin.
    start: i64,
}

/// What every command of a batch has in common.
#[derive(Clone, Copy)]
struct Batch<'a> {
    shared: &'a Shared,
    table: Table,
    caller: &'a Caller,
    wire: Wire<'a>,
}

impl Batch<'_> {
    async fn one(self, command: &str, results: &Results) -> Result<(Success, Json), RestError> {
        let shared = self.shared;
        let start = shared.now();
        let called = self.read(command, results)?;
        let body = command.to_owned().into();
        let record = CallRecord::new(shared, called.method.name, &called.params, body);
        let response = |result: &_| {
            self.wire
                .is_response_whole
                .then(|| call_record::part(result))
        };
        // Nothing may come between a command and its record in the history, unless it waits for its
        // workflow.
        let waits_for = {
            let state = &mut *shared.lock();
            let result = self.disturbed(state, called);
            match result {
                Ok(success) if success.in_step.is_some() => success,
                result => {
                    record.record(shared, state, response(&result));
                    return Ok(self.timed(start, result?));
                }
            }
        };
        let result = waits_for.after_dispatch(shared).await;
        record.record(shared, &mut shared.lock(), response(&result));
        Ok(self.timed(start, result?))
    }

    /// A success, and the time it took.
    fn timed(self, start: Timestamp, success: Success) -> (Success, Json) {
        let settings = &self.shared.settings;
        let time = envelope::time(start, self.shared.now(), &success, settings);
        (success, time)
    }

    /// Reads a command: the method, if it may be called, and its parameters.
    fn read(self, command: &str, results: &Results) -> Result<Command, RestError> {
        let (name, query) = php::path_and_query(command);
        // Compared as it is written: `Batch` is a method that does not exist here.
        if FORBIDDEN.contains(&name) {
            return Err(not_allowed());
        }
        let Value::Array(params) = php::parse_str(query.as_bytes()) else {
            return Err(RestError::internal());
        };
        let method = self
            .table
            .find(&self.shared.settings, name)
            .filter(|method| method.is_meant_by(&params))
            .ok_or_else(RestError::method_not_found)?;
        let Run::Alone(run) = method.run else {
            return Err(RestError::method_not_found());
        };
        let mut params = reference::resolve(&params, &|word| results.set(word));
        let may_call = self.caller.may_call(method, self.shared);
        may_call.map_err(|error| RestError {
            description: String::new(),
            ..error
        })?;
        for name in PARAMETERS {
            params.remove(name);
        }
        Ok(Command {
            method,
            run,
            start: take_paging(&mut params),
            params,
        })
    }

    /// Executes a command, unless a fault that is switched on for its method says otherwise.
    fn disturbed(self, state: &mut State, called: Command) -> Result<Success, RestError> {
        let fault = state.faults.take_inside(called.method.name, true);
        if let Some(Fault::Error {
            status,
            code,
            description,
        }) = fault
        {
            return Err(RestError::new(status, &code, description));
        }
        let slowness = match fault {
            Some(Fault::Slow(slowness)) => slowness,
            _ => Duration::ZERO,
        };
        let call = Call {
            table: self.table,
            method: called.method,
            start: called.start,
            params: called.params,
            wire: self.wire,
            slowness,
        };
        call.execute(called.run, self.shared, state, self.caller)
    }
}

/// Refuses the whole batch where the documentation says so.
fn refuse_whole(commands: &Array, settings: &Settings) -> Result<(), RestError> {
    let is_whole = |refusal| refusal == BatchRefusal::WholeCall;
    if is_whole(settings.batch_overflow) && commands.len() > MAX_COMMANDS {
        return Err(too_long());
    }
    let mut names = commands
        .values()
        .filter_map(Value::as_text)
        .map(|command| php::path_and_query(command).0);
    if is_whole(settings.batch_forbidden) && names.any(|name| FORBIDDEN.contains(&name)) {
        return Err(not_allowed());
    }
    Ok(())
}

fn too_long() -> RestError {
    RestError::new(
        400,
        "ERROR_BATCH_LENGTH_EXCEEDED",
        "Max batch length exceeded",
    )
}

fn not_allowed() -> RestError {
    RestError::new(
        405,
        "ERROR_BATCH_METHOD_NOT_ALLOWED",
        "Method is not allowed for batch usage",
    )
}
