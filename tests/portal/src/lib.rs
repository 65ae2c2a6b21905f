//! A Bitrix24 portal on loopback, for tests of business-process robots.
//!
//! It installs an application, accepts its registrations, runs its robots, waits for their replies
//! and records everything. Its checks, their order, texts and encodings are the platform's.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use bizproc_portal::Portal;
//! use serde_json::json;
//!
//! # async fn example() -> Result<(), bizproc_portal::Error> {
//! let portal = Portal::start().await?;
//! let app = portal.install("http://127.0.0.1:9000/bizproc/event").await?;
//! // The application registers "md5" with `app.access_token()`, then:
//! let workflow = portal.run("md5", json!({"inputString": "text"})).await?;
//! let done = workflow.wait_finished(Duration::from_secs(5)).await?;
//! println!("{:?}", done.return_values);
//! # Ok(())
//! # }
//! ```
//!
//! | To | use |
//! |---|---|
//! | choose version, language, zones, date format | [`Portal::builder`] |
//! | install, update, uninstall an application | [`Portal::install`], [`Install`], [`Installation`] |
//! | open the page of an application | [`Install::with_page`], [`Installation::open`] |
//! | see whether it was notified | [`Installation::last_notification`] |
//! | see what is registered | [`Portal::robots`], [`Portal::activities`] |
//! | run a robot | [`Portal::run`], [`Run`], [`Workflow`], [`Outcome`] |
//! | run steps in order, with branches, loops, tasks | [`Portal::template`], [`Template`], [`Step`], [`Portal::start_workflow`] |
//! | add records to a portal, and read them later | [`Portal::create_document`], [`Portal::document`], [`Document`] |
//! | add files to it, and read those of a task | [`Portal::create_file`], [`Portal::create_drive_file`], [`Portal::file`] |
//! | reply to a closed step of a running workflow | [`Run::keep_running`], [`Workflow::wait_closed`], [`Workflow::end`] |
//! | make an event happen | [`Portal::fire`], [`Fire`] |
//! | delay, lose, double and retry calls and events | [`Builder::queue`], [`Queue`] |
//! | send a message by an application's sender | [`Portal::send_message`] |
//! | make something go wrong | [`Portal::fault`], [`Fault`] |
//! | see everything that was sent | [`Portal::history`], [`Event`] |
//! | look at a workflow that a person started | [`Portal::workflow`] |
//! | encode and decode as PHP does | [`php`] |
//!
//! # The page
//!
//! [`Portal::url`], opened in a browser on the same machine, shows the portal as a person sees it:
//! the settings form of every robot, a live timeline of every workflow with its messages byte for
//! byte, the faults, and the parts of a registration that the platform accepts but breaks later.
//! `GET /-/state` returns all of it as JSON. The page drives the portal through the routes below; a
//! test or a script may do the same, with a JSON object or a form. They respond to loopback names
//! and to the portal's own pages only.
//!
//! | `POST` | does | parameters |
//! |---|---|---|
//! | `/-/install` | installs an application | `url` |
//! | `/-/update`, `/-/uninstall` | updates, uninstalls it | `client_id` if there are several, `clean` |
//! | `/-/run` | runs a robot or activity, returns `workflow_id` | `code`, `inputs`, `client_id`, `document` as `{id, type, fields}`, `run_as`, `wait`, `timeout` in seconds |
//! | `/-/kill`, `/-/resend` | ends a workflow, sends its call again | `workflow_id` |
//! | `/-/advance` | moves the clock, or moves it past a deadline | `seconds` or `workflow_id` |
//! | `/-/fault`, `/-/clear-faults` | switches a fault on, all off | `fault` as [`Fault`] reads it, `method`, `times` |
//! | `/-/wipe` | wipes registrations | `client_id`, all without it |
//! | `/-/tokens` | issues new tokens of a user | `client_id`, `user_id` |

mod engine;
mod face;
mod methods;
mod model;
mod rules;
mod wire;

pub use face::builder::Builder;
pub use face::fire::Fire;
pub use face::install::Install;
pub use face::installation::Installation;
pub use face::portal::Portal;
pub use face::run::Run;
pub use face::start_workflow::StartWorkflow;
pub use face::workflow::Workflow;
pub use model::application::{ApplicationStatus, Opened};
pub use model::block::Block;
pub use model::document::Document;
pub use model::faults::Fault;
pub use model::files::StoredFile;
pub use model::history::{Body, Delivery, Ending, Event, HttpResponse, Outgoing, Record};
pub use model::registry::Definition;
pub use model::workflow::condition::Condition;
pub use model::workflow::outcome::Outcome;
pub use model::workflow::rest_activity::RestActivity;
pub use model::workflow::step::Step;
pub use model::workflow::task::Task;
pub use model::workflow::task_kind::TaskKind;
pub use model::workflow::template::Template;
pub use rules::error::Error;
pub use rules::php;
pub use rules::registration::kind::Kind;
pub use rules::settings::{
    AddRace, BaseTypes, BatchRefusal, CallDispatch, CallTokens, Culture, DismissedOwner, Edition,
    EventSend, InstallEvent, PlacementDuplicate, Platform, Queue, RatePlan, StatusProfile,
    TimeStart, UpdateEvent,
};

/// The README's program, so that it stays true.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
