//! Tests of the portal through its public interface: over HTTP as an application, and in Rust as a test's author.
//!
//! The list below says which file proves what. One test, one file, one folder:
//!
//! ```sh
//! cargo test -p bizproc-portal --test integration -- a_second_reply_has_no_effect
//! cargo test -p bizproc-portal --test integration -- reply::dates
//! cargo test -p bizproc-portal --test integration -- reply::
//! ```
//!
//! A new test goes into the file whose line names its subject. It starts a portal with an installed
//! application (`Stage::start`), acts, and compares; `fixture` has the rest. A new file needs a
//! `mod` line here.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says why it was skipped"
)]

/// What tests start from: a portal with an application, a REST client, handlers, common assertions.
mod fixture;

/// Robots and message providers as an application registers them.
mod registration {
    /// Registration: the order of the checks, and what is stored.
    mod add;
    /// The checks of single parameters, over HTTP.
    mod parameter_checks;
    /// Registration on platforms of other versions.
    mod platform_versions;
    /// `bizproc.provider.*`, the message senders of old applications.
    mod provider;
    /// What is stored as it came, and what does not fit.
    mod stored_fields;
    /// Updates: the order of the checks, and what is stored.
    mod update;
    /// What `bizproc.robot.update` does with each field.
    mod update_fields;
}

/// What every REST method has in common.
mod rest {
    /// `batch`: keys, references, halting, what it refuses.
    mod batch;
    /// What commands of a batch do: replies, lists, faults.
    mod batch_commands;
    /// The errors of any method, their order and their statuses; what a plan has; the methods about the portal itself.
    mod errors;
    /// Who may call what: applications, administrators, anyone with a good token.
    mod permissions;
    /// What a plan has, and what the portal tells about itself.
    mod portal_info;
    /// The REST core: addresses, bodies, tokens, the envelope, hostile bytes.
    mod protocol;
    /// How much the portal takes: requests from one address, seconds of work of one method.
    mod rate_limits;
    /// The forms a request may have: bodies, addresses, tokens, pages of other hosts.
    mod request_forms;
    /// Answers that are not plain JSON: XML, what has no encoding, links to files.
    mod response_formats;
}

/// The call that a robot's handler receives.
mod call {
    /// What a call carries that nobody has typed: defaults, identifiers, the form's own header.
    mod defaults;
    /// Platforms that call handlers inside of the step: who comes too early, and who waits for what.
    mod in_step_dispatch;
    /// Calls that come late, with tokens that are worth nothing, with a clock that is off.
    mod late_or_invalid;
    /// What the values of properties are when they arrive.
    mod property_values;
    /// The queue between the portal and its applications.
    mod queue;
    /// The call to the handler: its fields, its bytes, its tokens, whether it waits.
    mod request;
}

/// The reply of a handler to its workflow.
mod reply {
    /// What a reply sets going behind its step, and what its sender is told of it, by platform.
    mod continuation;
    /// Dates in replies.
    mod dates;
    /// What a reply and a log line are told, by platform and by what became of their step.
    mod responses;
    /// Replies and log lines: their tokens, values and texts.
    mod send_and_log;
    /// What becomes of the values of a reply, type by type, and of its log line.
    mod values;
}

/// Workflows, their templates and their steps.
mod workflow {
    /// Workflows of templates: their steps, expressions, branches and loops.
    mod control_flow;
    /// `bizproc.workflow.start`, `.terminate`, `.kill`, `.instances`.
    mod instance_methods;
    /// What a step has stored, what its registration says, and what later steps read.
    mod stored_steps;
    /// `bizproc.workflow.template.*`.
    mod template_methods;
    /// Whether a step waits, how long, and what its workflow says of itself meanwhile.
    mod wait_and_timeout;
}

/// Tasks for users.
mod task {
    /// The values of a task's fields: on their way to a user, and on their way back.
    mod fields;
    /// Tasks of users: `bizproc.task.*`.
    mod methods;
    /// What a portal shows of tasks, and how long it keeps them.
    mod visibility;
}

/// Records of the CRM.
mod crm {
    /// What handlers hear of records that a call adds, changes or deletes.
    mod record_events;
    /// Records: what a robot sees of its document by REST, and what it changes.
    mod records;
}

/// Events of the portal, bound by an application.
mod events {
    /// Binding handlers to events: the checks, the lists, unbinding.
    mod bind;
    /// What bound handlers are sent, and when.
    mod delivery;
    /// Events that wait until their application asks for them.
    mod offline;
    /// The parameters of the methods for events that wait: filters, orders, pages, refusals.
    mod offline_parameters;
}

/// An application from its installation to its removal.
mod application {
    /// Installing, updating, uninstalling; portals beside each other; a whole run.
    mod lifecycle;
    /// What the market says of an application: its names, its kind, whether it is paid for.
    mod market;
    /// Which events of its own life an application hears, and when its rights end.
    mod notifications;
    /// Applications with a page: what is posted to it, and what waits until its installation has ended.
    mod page;
    /// The settings page of an application, without a browser: when it is opened, and with what.
    mod placement;
}

/// What the emulator offers to the author of a test, and no real portal has.
mod emulator {
    /// The program: what it prints of a run, and what it refuses.
    mod cli;
    /// The portal over HTTP: its state, what drives it, and whom it answers.
    mod control_api;
    /// Every fault, as the application sees it.
    mod faults;
    /// What the history holds, and when.
    mod history;
    /// The same portal by https, with its own certificate authority, and through a tunnel.
    mod https;
    /// The page without a browser: what its forms show, store and refuse.
    mod page_forms;
    /// What nobody has established of real portals: each is a setting, and this is either side of it.
    mod undocumented_behaviour;
}

/// Pages in a real Chromium.
mod browser {
    /// An application with a robot of every property type, and one with a settings page of its own.
    mod app;
    /// A browser of its own for each test, one at a time.
    mod driver;
    /// The page, as a person sees it in a browser.
    mod portal_page;
    /// What the tests of the page begin with.
    mod scene;
    /// The settings page of an application, in its frame in a browser.
    mod settings_page;
}

/// The authorisation server: codes, refresh tokens, refusals.
mod oauth;

/// The rules of PHP, against what PHP itself gives.
mod php;

/// The official clients, unchanged: their scripts are in `clients/`, `tests/run` installs what they need.
mod official_clients;

/// Any bytes into the parsers.
mod fuzz;
