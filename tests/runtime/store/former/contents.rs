//! What the files of a former schema hold: calls in every state, and portals of every kind.

use std::sync::Arc;

use bizproc_runtime::call::Document;
use bizproc_runtime::portal::{Portal, parse_endpoint};
use bizproc_runtime::property::Culture;
use bizproc_runtime::store::{
    CallHead, CallRecord, CallStage, CallState, Completion, SendHistory, StoredReply,
};
use serde_json::json;
use url::form_urlencoded;

use self::Due::{At, Claimed, Now};
use self::State::{Accepted, Completed, Deferred, Delivered, Failed, Replied, Undelivered};
use crate::store::backends::{at, token};

pub(crate) const FIRST: &str = "d41d8cd98f00b204e9800998ecf8427e";
pub(crate) const SECOND: &str = "5d41402abc4b2a76b9719d911017c592";
/// What a database may have to escape.
pub(crate) const THIRD: &str = "third \\0 портал";

const CODE: &str = "acme";
const BODY_2015: &str = include_str!("../../../golden/seeds/call-2015.form");

/// A call of the files: its number and name, its state, whether it has a reply, its deadline and
/// its next attempt in seconds, then how many runs, failed runs, sends and deliveries it has had,
/// and whether a send was ambiguous.
pub(crate) struct Row(
    pub(crate) u64,
    pub(crate) &'static str,
    pub(crate) State,
    pub(crate) Option<u64>,
    pub(crate) Due,
    pub(crate) [u32; 4],
    bool,
);

#[derive(Clone, Copy)]
pub(crate) enum State {
    Accepted,
    Deferred,
    Replied,
    Delivered,
    Completed(Completion),
    /// Without a reply, for this reason.
    Failed(&'static str),
    /// With a reply, for this reason.
    Undelivered(&'static str),
}

#[derive(Clone, Copy)]
pub(crate) enum Due {
    Now,
    At(u64),
    /// A program had claimed it.
    Claimed,
}

/// Until when the claims of the files last.
pub(crate) const LEASE: u64 = 100;

#[rustfmt::skip]
pub(crate) const ROWS: [Row; 29] = [
    Row(1, "redelivery due", Delivered, None, Now, [1, 0, 1, 1], false),
    Row(2, "crashed", Accepted, None, Now, [4, 1, 0, 0], false),
    Row(3, "completed", Completed(Completion::Delivered), None, Now, [1, 0, 0, 0], false),
    Row(4, "presumed delivered", Completed(Completion::PresumedDelivered), None, Now, [1, 0, 0, 0], false),
    Row(5, "workflow gone", Completed(Completion::WorkflowGone), None, Now, [1, 0, 0, 0], false),
    Row(6, "expired", Completed(Completion::Expired), None, Now, [1, 0, 0, 0], false),
    Row(7, "uninstalled", Completed(Completion::Uninstalled), None, Now, [1, 0, 0, 0], false),
    Row(8, "no reply expected", Completed(Completion::NoReplyExpected), None, Now, [1, 0, 0, 0], false),
    Row(9, "dead without a reply", Failed("the program ended 20 times \\ 🦔"), None, Now, [1, 0, 0, 0], false),
    Row(10, "dead with a reply", Undelivered("the portal refused the reply"), None, Now, [1, 0, 1, 0], true),
    Row(11, "retried", Accepted, Some(600), At(50), [2, 2, 0, 0], false),
    Row(12, "deferred", Deferred, Some(900), At(900), [1, 0, 0, 0], false),
    Row(13, "deferred without a deadline", Deferred, None, Now, [1, 0, 0, 0], false),
    Row(14, "retried to send", Replied, None, At(60), [1, 0, 3, 0], true),
    Row(15, "delivered", Delivered, None, At(70), [1, 0, 1, 1], false),
    Row(16, "delivered twice", Delivered, None, At(80), [1, 0, 4, 2], true),
    Row(17, "being sent", Replied, None, Claimed, [1, 0, 0, 0], false),
    Row(18, "running", Accepted, None, Claimed, [1, 0, 0, 0], false),
    Row(19, "running late", Accepted, Some(700), Claimed, [1, 0, 0, 0], false),
    Row(20, "redelivered", Delivered, None, Now, [1, 0, 0, 0], false),
    Row(22, "replied", Replied, None, Now, [0, 0, 0, 0], false),
    Row(23, "replied without a token", Replied, None, Now, [0, 0, 0, 0], false),
    Row(24, "replied as JSON", Replied, None, Now, [0, 0, 0, 0], false),
    Row(25, "replied, no call", Replied, None, Now, [0, 0, 0, 0], false),
    Row(26, "accepted", Accepted, None, Now, [0, 0, 0, 0], false),
    Row(27, "accepted, no reply expected", Accepted, None, Now, [0, 0, 0, 0], false),
    Row(28, "accepted with a deadline", Accepted, Some(800), Now, [0, 0, 0, 0], false),
    Row(29, "accepted as JSON", Accepted, None, Now, [0, 0, 0, 0], false),
    Row(30, "accepted in 2015", Accepted, None, Now, [0, 0, 0, 0], false),
];

impl Row {
    pub(crate) fn stage(&self) -> CallStage {
        self.state().stage()
    }

    fn state(&self) -> CallState {
        let reply = reply(self.1);
        match self.2 {
            Accepted => CallState::Accepted,
            Deferred => CallState::Deferred,
            Replied => CallState::Replied(reply),
            Delivered => CallState::Delivered(reply),
            Completed(completion) => CallState::Completed(completion),
            Failed(reason) => CallState::Dead {
                reason: reason.to_owned(),
                reply: None,
            },
            Undelivered(reason) => CallState::Dead {
                reason: reason.to_owned(),
                reply: Some(reply),
            },
        }
    }

    pub(crate) fn member_id(&self) -> &'static str {
        match self.1 {
            "redelivery due" => SECOND,
            "redelivered" => THIRD,
            _ => FIRST,
        }
    }

    pub(crate) fn code(&self) -> &'static str {
        match self.1 {
            "crashed" => "acme_crash",
            "accepted in 2015" => "md5",
            _ => CODE,
        }
    }

    pub(crate) fn history(&self) -> SendHistory {
        let [_, _, attempts, delivered] = self.5;
        let mut history = SendHistory::default();
        history.attempts = attempts;
        history.first_attempt_at = (attempts > 0).then(|| at(3));
        history.ambiguous = self.6;
        history.delivered = delivered;
        history
    }

    /// What the row says of the record; a store of one program has released the claims.
    pub(crate) fn check(&self, record: &CallRecord, are_released: bool) {
        let [runs, _, sends, _] = self.5;
        let due = match self.4 {
            Now => None,
            Claimed if are_released => None,
            Claimed => Some(LEASE),
            At(due) => Some(due),
        };
        assert_eq!(record.number, self.0, "{}", self.1);
        assert_eq!(record.event_token, token(self.1));
        assert_eq!(
            (&*record.member_id, &*record.code),
            (self.member_id(), self.code()),
            "{}",
            self.1
        );
        assert_eq!(record.state, self.state(), "{}", self.1);
        assert_eq!(record.accepted_at, at(1), "{}", self.1);
        assert_eq!(record.deadline, self.3.map(at), "{}", self.1);
        assert_eq!(record.next_attempt_at, due.map(at), "{}", self.1);
        assert_eq!((record.runs, record.sends), (runs, sends), "{}", self.1);
    }

    /// The head that the body says, as far as it is a call of today.
    pub(crate) fn head(&self) -> CallHead {
        let name = self.1;
        let mut head = CallHead::new(
            token(name),
            self.member_id().to_owned(),
            self.code().to_owned(),
        );
        head.called_at = at(0);
        head.deadline = self.3.map(at);
        head.expects_reply = !name.ends_with("no reply expected");
        match name {
            "replied, no call" => return head,
            "accepted in 2015" => {
                head.workflow_id = String::from("55c1dc1c3f0d75.78875596");
                head.access_token = Some("2irn0939uscuk7xxacc8tgn7vyjs4xn3".into());
                return head;
            }
            _ => head.workflow_id = format!("workflow of {name}"),
        }
        let triple = |parts: [&str; 3]| parts.map(str::to_owned);
        let (id, document_type) = if name.ends_with("as JSON") {
            (triple(["lists", "BizprocDocument", "21020"]), None)
        } else {
            let document_type = triple(["crm", "CCrmDocumentDeal", "DEAL"]);
            (
                triple(["crm", "CCrmDocumentDeal", "DEAL_42"]),
                Some(document_type),
            )
        };
        let has_document = name != "replied without a token";
        head.document = has_document.then(|| Document {
            id: id.into(),
            document_type,
        });
        let newer = if name == "redelivered" { "newer " } else { "" };
        let token = format!("{newer}access of {name}");
        head.access_token = (name != "replied without a token").then(|| token.into());
        head
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        body(
            self.1,
            self.member_id(),
            self.code(),
            self.3.unwrap_or_default(),
        )
    }
}

fn form(pairs: &[(&str, &str)]) -> Vec<u8> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs);
    form.finish().into_bytes()
}

/// A body as portals send it, unless the name says otherwise.
fn body(name: &str, member_id: &str, code: &str, timeout: u64) -> Vec<u8> {
    let event_token = token(name);
    let token = event_token.as_str();
    let workflow = format!("workflow of {name}");
    let access = format!("access of {name}");
    let application = format!("application of {member_id}");
    let expects_reply = if name.ends_with("no reply expected") {
        "N"
    } else {
        "Y"
    };
    match name {
        "accepted in 2015" => BODY_2015.trim_end().as_bytes().to_vec(),
        "replied, no call" => vec![0xff, 0x00, b'=', b'&', 0xfe],
        "replied without a token" => form(&[
            ("workflow_id", &workflow),
            ("code", code),
            ("event_token", token),
            ("properties[inputString]", "x"),
            ("use_subscription", "Y"),
            ("timeout_duration", "0"),
            ("ts", "1800000000"),
            ("auth[member_id]", member_id),
            ("auth[application_token]", &application),
        ]),
        _ if name.ends_with("as JSON") => {
            let body = json!({
                "workflow_id": workflow,
                "code": code,
                "document_id": ["lists", "BizprocDocument", "21020"],
                "event_token": token,
                "properties": {"inputString": "text", "tags": ["a", "b"]},
                "use_subscription": "Y",
                "timeout_duration": 0,
                "ts": 1_800_000_000,
                "auth": {
                    "access_token": access,
                    "member_id": member_id,
                    "application_token": application,
                },
            });
            serde_json::to_vec(&body).unwrap()
        }
        _ => form(&[
            ("workflow_id", &workflow),
            ("code", code),
            ("document_id[0]", "crm"),
            ("document_id[1]", "CCrmDocumentDeal"),
            ("document_id[2]", "DEAL_42"),
            ("document_type[0]", "crm"),
            ("document_type[1]", "CCrmDocumentDeal"),
            ("document_type[2]", "DEAL"),
            ("event_token", token),
            ("properties[inputString]", &format!("Text of {name}, Текст")),
            ("properties[tags][0]", "a"),
            ("properties[tags][1]", "b"),
            ("use_subscription", expects_reply),
            ("timeout_duration", &timeout.to_string()),
            ("ts", "1800000000"),
            ("auth[access_token]", &access),
            ("auth[refresh_token]", &format!("refresh of {name}")),
            ("auth[expires]", "1800003600"),
            ("auth[expires_in]", "3600"),
            ("auth[scope]", "crm,bizproc"),
            ("auth[domain]", "portal.example"),
            ("auth[server_endpoint]", "https://oauth.bitrix.info/rest/"),
            ("auth[client_endpoint]", "https://portal.example/rest/"),
            ("auth[status]", "L"),
            ("auth[member_id]", member_id),
            ("auth[user_id]", "4"),
            ("auth[application_token]", &application),
        ]),
    }
}

pub(crate) fn reply(name: &str) -> StoredReply {
    let mut reply = StoredReply::default();
    let values = &mut reply.return_values;
    values.insert(
        "outputString".to_owned(),
        format!("Reply of {name}, Ответ").into(),
    );
    values.insert("numbers".to_owned(), json!([1, 2.5, null]));
    if name != "replied without a token" {
        reply.log_message = Some(format!("log of {name}"));
    }
    reply
}

pub(crate) fn portals() -> [Arc<Portal>; 3] {
    let new = |member_id: &str, host: &str| {
        let client_endpoint = parse_endpoint(&format!("https://{host}/rest/")).unwrap();
        let server_endpoint = parse_endpoint("https://oauth.bitrix.info/rest/").unwrap();
        let mut portal = Portal::new(member_id, "local.acme", client_endpoint, server_endpoint);
        portal.access_token = format!("access of {member_id}").into();
        portal
    };
    let mut first = new(FIRST, "portal.example");
    first.application_token = format!("application of {FIRST}").into();
    first.refresh_token = Some(format!("refresh of {FIRST}").into());
    first.user_id = Some(7);
    first.culture = Culture::default()
        .with_date_format("MM/DD/YYYY")
        .with_time_zone(jiff::tz::TimeZone::get("Europe/Kaliningrad").unwrap());
    let mut second = new(SECOND, "second.example:8443");
    second.application_token = format!("application of {SECOND}").into();
    let mut third = new(THIRD, "third.example");
    third.refresh_token = Some(format!("refresh of {THIRD}").into());
    [first, second, third].map(Arc::new)
}
