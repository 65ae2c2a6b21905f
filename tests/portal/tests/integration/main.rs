//! Tests of the emulated portal through its public interface: over HTTP as an application, in Rust as
//! the author of a test, in a browser as a person. The lines below say which file proves what.
//!
//! ```sh
//! cargo test -p bizproc-portal --test integration                    # all
//! cargo test -p bizproc-portal --test integration reply::            # a folder
//! cargo test -p bizproc-portal --test integration reply::dates       # a file
//! cargo test -p bizproc-portal --test integration a_second_reply     # a test
//! ```
//!
//! A new test goes into the file whose line names its subject. It starts a portal with an installed
//! application, acts and compares:
//!
//! ```ignore
//! let setup = Setup::start_with_robot().await;
//! let (workflow, call) = setup.run("r", json!({})).await;
//! setup.ok("bizproc.event.send", json!({"EVENT_TOKEN": call["event_token"]})).await;
//! assert_eq!(workflow.wait_finished(TIMEOUT).await.unwrap().ending, Ending::Replied);
//! ```
//!
//! Tests share a process: they listen on free ports, and change neither its environment nor its
//! folder. `tests/run` installs the browser and the official clients; without them, their tests are
//! skipped with a note, or fail if `CI` is set.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

/// What tests start from: a portal with an application, REST clients, handlers, common assertions.
mod fixture;

/// Robots, activities and message providers, as an application registers them.
mod registration {
    /// `add`: the order of the checks, folded keys, unique codes and placements, sizes.
    mod add;
    /// The values that single parameters accept and refuse.
    mod parameter_checks;
    /// The rules of older platforms.
    mod platform_versions;
    /// `bizproc.provider.*`, the message senders of old applications.
    mod provider;
    /// What is stored unchanged, and what is too long for its column.
    mod stored_fields;
    /// `update`: the order of the checks, and what is stored.
    mod update;
    /// What `update` does with each field.
    mod update_fields;
}

/// What all REST methods have in common.
mod rest {
    /// `batch`: keys, references, halting, refusals.
    mod batch;
    /// Replies, lists and faults inside a batch.
    mod batch_commands;
    /// The errors of any method: their order, statuses and headers.
    mod errors;
    /// Who may call what: applications, administrators, any valid token.
    mod permissions;
    /// The methods of each plan, and the methods that describe the portal.
    mod portal_info;
    /// Addresses, bodies, tokens, scopes, the envelope, arbitrary bytes.
    mod protocol;
    /// The limits of requests per address, and of the operating time of a method.
    mod rate_limits;
    /// Multipart bodies, slashes, origins, several tokens.
    mod request_forms;
    /// Responses that are not plain JSON: XML, invalid UTF-8, links to files.
    mod response_formats;
}

/// The call that the handler of a robot receives.
mod call {
    /// Registered defaults, and the form of its identifiers.
    mod defaults;
    /// Platforms that call the handler inside the step: early replies, and who waits for the response.
    mod in_step_dispatch;
    /// Late calls, calls with invalid tokens, calls with a wrong clock.
    mod late_or_invalid;
    /// The values of its properties, by type.
    mod property_values;
    /// Loss, duplication, delay, throttling and retries between the portal and a handler.
    mod queue;
    /// Its fields and bytes, the owner of its tokens, whether the step waits.
    mod request;
}

/// The reply of a handler to its workflow.
mod reply {
    /// The steps that a reply continues, and what its sender learns of them, by platform.
    mod continuation;
    /// Dates in replies.
    mod dates;
    /// The response to a reply, by platform and by the state of the step.
    mod responses;
    /// `bizproc.event.send` and `bizproc.activity.log`: tokens, values, texts.
    mod send_and_log;
    /// Conversion of returned values by type, odd values and log messages.
    mod values;
}

/// Workflows, their templates and their steps.
mod workflow {
    /// Order, expressions, conditions, loops, pauses, endings.
    mod control_flow;
    /// `bizproc.workflow.start`, `.terminate`, `.kill`, `.instances`.
    mod instance_methods;
    /// What a saved step keeps of its registration, and what later steps read.
    mod stored_steps;
    /// `bizproc.workflow.template.*`.
    mod template_methods;
    /// Whether and how long a step waits, its status, its time-out, its lock.
    mod wait_and_timeout;
}

/// Tasks for users.
mod task {
    /// The values of fields, as they are shown to a user and as he enters them.
    mod fields;
    /// `bizproc.task.*`: completing, listing, delegating.
    mod methods;
    /// How tasks are listed, and when they are deleted.
    mod visibility;
}

/// Records of the CRM.
mod crm {
    /// The events that added, changed and deleted records raise.
    mod record_events;
    /// `crm.item.*` and its older relatives: what a robot reads and changes.
    mod records;
}

/// Events that an application has bound.
mod events {
    /// Binding and unbinding: the order of the checks, the lists.
    mod bind;
    /// What handlers are sent, when, and with whose tokens.
    mod delivery;
    /// Events that wait in a queue until their application fetches them.
    mod offline;
    /// The parameters of the methods for queued events.
    mod offline_parameters;
}

/// An application, from its installation to its removal.
mod application {
    /// Installing, updating, uninstalling; several portals; a whole run.
    mod lifecycle;
    /// Its name, status and payment in the market.
    mod market;
    /// Which notices of updates and uninstallations it gets, and when its rights end.
    mod notifications;
    /// Applications with a page, which finishes their installation.
    mod page;
    /// The settings page of a robot, without a browser.
    mod placement;
}

/// What the emulator offers to the author of a test, beyond a real portal.
mod emulator {
    /// The program: what it prints and what it refuses.
    mod cli;
    /// The portal over HTTP: its state, its actions, whom it refuses.
    mod control_api;
    /// Every fault, as the application sees it.
    mod faults;
    /// What the history records, and when.
    mod history;
    /// `https` with the portal's own certificate authority, and through a tunnel.
    mod https;
    /// The portal's page without a browser: what its forms show, store and refuse.
    mod page_forms;
    /// What is not documented for real portals: each is a setting, tested both ways.
    mod undocumented_behaviour;
}

/// Pages in a real Chromium, one test at a time.
mod browser {
    /// The application that these tests use.
    mod app;
    /// A browser for each test.
    mod driver;
    /// The portal's page, as a person sees it.
    mod portal_page;
    /// A portal with the application and a browser.
    mod scene;
    /// The settings page of a robot, in its frame.
    mod settings_page;
}

/// The authorisation server: codes, refresh tokens, refusals.
mod oauth;

/// Forms, addresses, sizes and truth, as PHP reads and writes them.
mod php;

/// The official clients for Python and JavaScript, unchanged.
mod official_clients;

/// The parsers and `batch` with the bytes that fuzzing has found, and random ones.
mod fuzz;
