//! The program's arguments.

mod choices;
mod queue;

use std::time::Duration;

use bizproc_portal::{
    BatchRefusal, Builder, CallTokens, Culture, DismissedOwner, Edition, Fault, InstallEvent,
    Platform, Portal, RatePlan, StatusProfile, UpdateEvent,
};
use clap::Parser;
use serde_json::Value;

use choices::{
    BATCH_REFUSALS, CALL_TOKENS, CULTURES, DISMISSED_OWNERS, EDITIONS, PLATFORMS, RATE_PLANS,
    STATUS_PROFILES, UPDATE_EVENTS, named,
};
use queue::QueueRules;

/// A Bitrix24 portal on loopback, with a page that shows and drives it.
#[derive(Debug, Parser)]
pub(crate) struct Arguments {
    /// Listen on this port of 127.0.0.1; 0 chooses a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The authorisation server's port; 0 chooses a free one
    #[arg(long, default_value_t = 0)]
    oauth_port: u16,
    /// Write the certificate that clients of the https addresses must trust into this file
    ///
    /// Clients find it by `REQUESTS_CA_BUNDLE` (Python) or `NODE_EXTRA_CA_CERTS` (Node).
    #[arg(long, value_name = "FILE")]
    pub(crate) certificate: Option<std::path::PathBuf>,
    /// Install the application that receives ONAPPINSTALL at this address
    #[arg(long, value_name = "URL")]
    pub(crate) install: Option<String>,
    /// Run the robot or activity with this code as soon as the application has registered it
    #[arg(long, value_name = "CODE", requires = "install")]
    pub(crate) run: Option<String>,
    /// The values that the author typed into its properties: an object from property id to value
    #[arg(long, value_name = "JSON", requires = "run", default_value = "{}", value_parser = json)]
    pub(crate) inputs: Value,
    /// How many seconds to wait for the registration, and then for the end of the run
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) patience: u64,
    /// Switch a fault on, such as `doubled_call`, `hang=5x2`, `error=503,CODE,text`,
    /// `bizproc.robot.add:empty_response`
    #[arg(long = "fault", value_name = "[METHOD:]NAME[=VALUE][xTIMES]", value_parser = fault)]
    pub(crate) faults: Vec<FaultOrder>,
    #[command(flatten)]
    site: Site,
    #[command(flatten)]
    rules: Rules,
    #[command(flatten)]
    queue: QueueRules,
}

/// A fault to switch on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FaultOrder {
    pub(crate) method: Option<String>,
    pub(crate) fault: Fault,
    pub(crate) times: usize,
}

/// The portal's site and plan.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Site and plan")]
struct Site {
    /// The portal's language
    #[arg(long, default_value = "en")]
    language: String,
    /// The platform's version
    #[arg(long, default_value = "26", value_parser = named(&PLATFORMS))]
    platform: Platform,
    /// How the site writes dates
    #[arg(long, default_value = "31.12.2025", value_parser = named(&CULTURES))]
    culture: Culture,
    /// The server's zone in seconds east of Greenwich
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 10800,
        allow_negative_numbers = true
    )]
    server_offset: i32,
    /// How many seconds the users' clocks are ahead of the server's
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 0,
        allow_negative_numbers = true
    )]
    user_offset: i32,
    /// The edition: cloud or self-hosted
    #[arg(long, default_value = "b24", value_parser = named(&EDITIONS))]
    edition: Edition,
    /// What the plan includes; by default workflows and all that offline events can do
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    features: Option<Vec<String>>,
    /// The scopes that applications have
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "crm,bizproc,placement"
    )]
    scope: Vec<String>,
    /// Use https in the addresses that the portal sends
    #[arg(long)]
    https: bool,
}

/// How strict the portal is, and where sources disagree.
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is an argument of its own"
)]
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Behaviour")]
struct Rules {
    /// Refuse webhooks over plain http
    #[arg(long)]
    https_required: bool,
    /// The source whose HTTP statuses errors have
    #[arg(long, default_value = "server", value_parser = named(&STATUS_PROFILES))]
    status_profile: StatusProfile,
    /// How a batch refuses commands
    #[arg(long, default_value = "per-command", value_parser = named(&BATCH_REFUSALS))]
    batch_refusal: BatchRefusal,
    /// How many requests are admitted; the edition's limit by default
    #[arg(long, value_parser = named(&RATE_PLANS))]
    rate_plan: Option<RatePlan>,
    /// Seconds that one method may work in ten minutes, 0 for no limit; the edition's limit by
    /// default
    #[arg(long, value_name = "SECONDS")]
    operating_limit: Option<u32>,
    /// Keep registrations when an application is updated
    #[arg(long)]
    keep_registrations: bool,
    /// The event that notifies an application of its update
    #[arg(long, default_value = "onappupdate", value_parser = named(&UPDATE_EVENTS))]
    update_event: UpdateEvent,
    /// When an application receives ONAPPINSTALL: immediately, lost, or this many seconds late
    #[arg(long, value_name = "WHEN", default_value = "immediately", value_parser = install_event)]
    install_event: InstallEvent,
    /// Do not call the robots of an application until its installation has finished
    #[arg(long)]
    no_calls_before_install_finish: bool,
    /// What happens to a call whose token owner was dismissed
    #[arg(long, default_value = "without-tokens", value_parser = named(&DISMISSED_OWNERS))]
    dismissed_owner: DismissedOwner,
    /// The tokens in calls of handlers
    #[arg(long, default_value = "both", value_parser = named(&CALL_TOKENS))]
    call_tokens: CallTokens,
    /// How long a workflow is locked after each of its steps
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    lock_window: u64,
    /// Send a single value as a list of one
    #[arg(long)]
    single_wrapped: bool,
}

impl Arguments {
    /// Returns the builder of the portal that the arguments describe.
    pub(crate) fn builder(&self) -> Builder {
        let site = &self.site;
        let rules = &self.rules;
        let mut builder = Portal::builder();
        if let Some(plan) = rules.rate_plan {
            builder = builder.rate_plan(plan);
        }
        if let Some(seconds) = rules.operating_limit {
            builder = builder.operating_limit((seconds > 0).then_some(seconds));
        }
        if let Some(features) = &site.features {
            builder = builder.features(features.iter().map(String::as_str));
        }
        builder
            .port(self.port)
            .oauth_port(self.oauth_port)
            .language(&site.language)
            .platform(site.platform)
            .culture(site.culture)
            .server_offset(site.server_offset)
            .user_offset(site.user_offset)
            .edition(site.edition)
            .scope(site.scope.iter().map(String::as_str))
            .https(site.https)
            .https_required(rules.https_required)
            .status_profile(rules.status_profile)
            .batch_overflow(rules.batch_refusal)
            .batch_forbidden(rules.batch_refusal)
            .update_wipes_registrations(!rules.keep_registrations)
            .update_event(rules.update_event)
            .install_event(rules.install_event)
            .calls_before_install_finish(!rules.no_calls_before_install_finish)
            .dismissed_owner(rules.dismissed_owner)
            .call_tokens(rules.call_tokens)
            .lock_window(Duration::from_secs(rules.lock_window))
            .single_wrapped(rules.single_wrapped)
            .queue(self.queue.queue())
            .delivery_timeout(self.queue.delivery_timeout)
    }
}

fn install_event(text: &str) -> Result<InstallEvent, String> {
    match text {
        "immediately" => Ok(InstallEvent::Immediately),
        "lost" => Ok(InstallEvent::Lost),
        late => queue::seconds(late).map(InstallEvent::Late),
    }
}

fn json(text: &str) -> serde_json::Result<Value> {
    serde_json::from_str(text)
}

fn fault(text: &str) -> Result<FaultOrder, bizproc_portal::Error> {
    // A value may contain a colon or an x: the method stands before any `=`, the number at the very
    // end.
    let name_end = text.find('=').unwrap_or(text.len());
    let (method, rest) = match text.find(':').filter(|at| *at < name_end) {
        Some(at) => {
            let (method, rest) = text.split_at(at);
            (Some(method.to_owned()), rest.trim_start_matches(':'))
        }
        None => (None, text),
    };
    let counted = rest
        .rsplit_once('x')
        .and_then(|(fault, times)| Some((fault, times.parse().ok()?)));
    let (fault, times) = counted.unwrap_or((rest, 1));
    Ok(FaultOrder {
        method,
        fault: fault.parse()?,
        times,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bizproc_portal::{DismissedOwner, Fault, InstallEvent, Portal, Queue};
    use clap::Parser;

    use super::{Arguments, FaultOrder, fault};

    fn builder(arguments: &[&str]) -> String {
        let program = ["bizproc-portal"].iter().chain(arguments);
        format!(
            "{:?}",
            Arguments::try_parse_from(program).unwrap().builder()
        )
    }

    #[test]
    fn without_arguments_the_portal_is_the_builders() {
        assert_eq!(builder(&[]), format!("{:?}", Portal::builder()));
    }

    #[test]
    fn the_plan_the_queue_and_the_patience_are_set() {
        let expected = Portal::builder()
            .features(["crm_automation_lead", "bizproc"])
            .queue(Queue {
                loss: 0.25,
                duplication: 1.0,
                delay: Duration::from_millis(1500),
                throttle_after: Some(Duration::from_secs(5)),
                retries: true,
            })
            .delivery_timeout(Duration::from_millis(500));
        let arguments = [
            "--features",
            "crm_automation_lead,bizproc",
            "--queue-loss",
            "0.25",
            "--queue-duplication",
            "1",
            "--queue-delay",
            "1.5",
            "--queue-throttle-after",
            "5",
            "--queue-retries",
            "--delivery-timeout",
            "0.5",
        ];
        assert_eq!(builder(&arguments), format!("{expected:?}"));
        for wrong in [
            ["--queue-loss", "1.5"],
            ["--queue-duplication", "NaN"],
            ["--queue-delay", "-1"],
            ["--delivery-timeout", "inf"],
        ] {
            let program = ["bizproc-portal"].iter().chain(&wrong);
            assert!(Arguments::try_parse_from(program).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn undocumented_behaviour_is_set() {
        let expected = Portal::builder()
            .install_event(InstallEvent::Late(Duration::from_mins(10)))
            .calls_before_install_finish(false)
            .dismissed_owner(DismissedOwner::NoCall);
        let arguments = [
            "--install-event",
            "600",
            "--no-calls-before-install-finish",
            "--dismissed-owner",
            "no-call",
        ];
        assert_eq!(builder(&arguments), format!("{expected:?}"));
        let lost = Portal::builder().install_event(InstallEvent::Lost);
        assert_eq!(builder(&["--install-event", "lost"]), format!("{lost:?}"));
        for wrong in ["never", "-1", ""] {
            let arguments = ["bizproc-portal", "--install-event", wrong];
            assert!(Arguments::try_parse_from(arguments).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_fault_is_a_name_a_value_and_a_number() {
        let order = |method: Option<&str>, fault, times| FaultOrder {
            method: method.map(str::to_owned),
            fault,
            times,
        };
        for (text, expected) in [
            ("lost_call", order(None, Fault::LostCall, 1)),
            ("lost_callx3", order(None, Fault::LostCall, 3)),
            (
                "hang=5x2",
                order(None, Fault::Hang(Duration::from_secs(5)), 2),
            ),
            (
                "bizproc.robot.add:empty_response",
                order(Some("bizproc.robot.add"), Fault::EmptyResponse, 1),
            ),
            (
                "next_step_fails=why: 5x",
                order(None, Fault::NextStepFails("why: 5x".to_owned()), 1),
            ),
            (
                "error=503,QUERY_LIMIT_EXCEEDED,Too many",
                order(
                    None,
                    Fault::error(503, "QUERY_LIMIT_EXCEEDED", "Too many"),
                    1,
                ),
            ),
        ] {
            assert_eq!(fault(text).unwrap(), expected, "{text}");
        }
        assert!(fault("hang").is_err());
        assert!(fault("x3").is_err());
    }
}
