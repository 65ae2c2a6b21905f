//! `batch`: many commands in one request.

use std::time::Duration;

use super::{
    Call, Context, Method, Note, RestError, RestResult, Success, envelope, note, reference,
};
use crate::{
    faults::Fault,
    php::{self, Array, Key, Value},
    registration::fold::fold_top,
    rest,
    settings::{BatchRefusal, Settings},
};

/// The method itself, which a batch cannot contain.
pub(crate) const NAME: &str = "batch";

pub(super) const METHODS: &[Method] = &[Method::common(NAME, execute)];

const MAX_COMMANDS: usize = 50;
const FORBIDDEN: [&str; 3] = [NAME, "download", "upload"];

/// The sets of answers, each keyed as the commands are.
#[derive(Debug, Default)]
struct Answers {
    result: Array,
    error: Array,
    total: Array,
    next: Array,
    time: Array,
}

impl Answers {
    fn by_word(&self) -> Array {
        reference::answers([
            ("result", &self.result),
            ("error", &self.error),
            ("total", &self.total),
            ("next", &self.next),
            ("time", &self.time),
        ])
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

/// Executes the commands one after the other; what goes wrong with one is its own error, and the whole is a success.
fn execute(context: &mut Context<'_>, params: Array) -> RestResult {
    let params = fold_top(params);
    let halts = params.get("HALT").is_some_and(Value::is_truthy);
    let commands = commands(&params);
    refuse_whole(&commands, &context.shared.settings)?;
    let mut answers = Answers::default();
    for (index, (key, command)) in commands.iter().enumerate() {
        let Some(command) = command.as_text().filter(|_| index < MAX_COMMANDS) else {
            if index >= MAX_COMMANDS {
                answers.refuse(key, &too_long());
                if halts {
                    break;
                }
            }
            continue;
        };
        let start = context.shared.now();
        match one(context, command, &answers) {
            Ok(success) => {
                let finish = context.shared.now();
                let time = envelope::time(start, finish, &success, &context.shared.settings);
                answers.take(key, success, time.into());
            }
            Err(error) => {
                answers.refuse(key, &error);
                if halts {
                    break;
                }
            }
        }
    }
    Ok(answers.into_value())
}

/// A text is no list of commands, also if it spells one in JSON.
fn commands(params: &Array) -> Array {
    let commands = params.get("CMD").and_then(Value::as_array);
    commands.cloned().unwrap_or_default()
}

/// The names of the methods that a batch with these parameters calls, as they are written.
pub(crate) fn names(params: &Array) -> Vec<String> {
    let commands = commands(&fold_top(params.clone()));
    let texts = commands.values().filter_map(Value::as_text);
    texts
        .map(|command| php::path_and_query(command).0.to_owned())
        .collect()
}

fn one(context: &mut Context<'_>, command: &str, answers: &Answers) -> Result<Success, RestError> {
    let (shared, caller, wire) = (context.shared, context.caller, context.wire);
    let (name, query) = php::path_and_query(command);
    // Compared as it is written: `Batch` is a method that does not exist here.
    if FORBIDDEN.contains(&name) {
        return Err(not_allowed());
    }
    let method = rest::find(&shared.settings, name)
        .filter(|method| method.name != NAME)
        .ok_or_else(RestError::method_not_found)?;
    let Value::Array(params) = php::parse_str(query.as_bytes()) else {
        return Err(RestError::internal());
    };
    let mut params = reference::resolve(&params, &answers.by_word());
    caller.may_call(method, shared).map_err(|error| RestError {
        description: String::new(),
        ..error
    })?;
    let start = rest::take_paging(&mut params);
    for name in rest::auth::PARAMETERS {
        params.remove(name);
    }
    let note = Note::new(shared, method.name, &params, command.to_owned().into());
    let result = disturbed(context, method, params, start);
    let answer = wire.is_answered.then(|| note::part(&result));
    note.record(shared, context.state, answer);
    result
}

/// Executes a command, unless a fault that is switched on for its method says otherwise.
fn disturbed(
    context: &mut Context<'_>,
    method: &'static Method,
    params: Array,
    start: i64,
) -> Result<Success, RestError> {
    let fault = context.state.faults.take_inside(method.name, true);
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
        method,
        params,
        start,
        wire: context.wire,
        slowness,
    };
    call.execute(context.shared, context.state, context.caller)
}

/// What a portal of the documentation refuses as a whole.
fn refuse_whole(commands: &Array, settings: &Settings) -> Result<(), RestError> {
    let is_whole = |refusal| refusal == BatchRefusal::WholeCall;
    if is_whole(settings.batch_overflow) && commands.len() > MAX_COMMANDS {
        return Err(too_long());
    }
    let names = commands.values().filter_map(Value::as_text);
    let mut names = names.map(|command| php::path_and_query(command).0);
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
