//! The robot of the platform's course and method pages: what they register, receive and reply is
//! what the derive and the runtime register, read and send.
//!
//! `golden/seeds/` holds the samples: the parameters of `bizproc.activity.add`, the input of 2015
//! and a full call of today as PHP encodes them, and the request of `bizproc.event.send`.

use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use bizproc_portal::{Event, Portal};
use bizproc_runtime::call::Envelope;
use bizproc_runtime::definition::Registration;
use bizproc_runtime::form::{Form, Limits};
use bizproc_runtime::property::{Culture, InputProperties};
use bizproc_runtime::rest::{Client, EventToken};
use bizproc_runtime::{Call, Replied, Result, ReturnValues, Robot};
use serde_json::{Map, Value, json};

use crate::fixture::TestApp;

/// MD5 generator
///
/// Activity returns MD5 hash of input parameter
#[derive(Robot)]
#[robot(
    code = "md5",
    kind = activity,
    auth_user_id = 1,
    name(ru = "MD5 генератор"),
    description(ru = "Действие возвращает MD5 хеш от входящего параметра"),
    returns = Md5Hash
)]
struct Md5 {
    /// Input string
    ///
    /// Input string for hashing
    #[property(
        id = "inputString",
        name(ru = "Входящая строка"),
        description(ru = "Введите строку, которую вы хотите хешировать"),
        default = "{=Document:NAME}"
    )]
    input: String,
}

#[derive(ReturnValues)]
struct Md5Hash {
    /// MD5
    #[property(id = "outputString", name(ru = "MD5"))]
    hash: String,
}

fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("golden/seeds")
        .join(name);
    std::fs::read_to_string(path).unwrap().trim_end().to_owned()
}

fn example_json(name: &str) -> Value {
    serde_json::from_str(&example(name)).unwrap()
}

/// Folds keys as the portal does: upper case, but not the ids of properties.
fn fold(value: &Value) -> Value {
    fold_below(value, false)
}

fn fold_below(value: &Value, ids: bool) -> Value {
    let Value::Object(map) = value else {
        return value.clone();
    };
    let fold = |(key, value): (&String, &Value)| {
        let upper = key.to_uppercase();
        let below = matches!(
            upper.as_str(),
            "PROPERTIES" | "RETURN_PROPERTIES" | "OPTIONS"
        );
        (
            if ids { key.clone() } else { upper },
            fold_below(value, below),
        )
    };
    map.iter().map(fold).collect::<Map<_, _>>().into()
}

#[test]
fn the_registration_is_the_one_of_the_course() {
    let example = fold(&example_json("activity-add.json"));
    let mut payload =
        Md5::DEFINITION.add_params(&Registration::new("http://sigurd.office.bitrix.ru"));
    let handler = payload
        .insert("HANDLER".into(), example["HANDLER"].clone())
        .unwrap();
    assert_eq!(handler, "http://sigurd.office.bitrix.ru/robot");
    let placement = payload.shift_remove("USE_PLACEMENT").unwrap();
    assert_eq!(
        placement, "N",
        "sent explicitly, where the example leaves it out"
    );
    assert_eq!(Value::Object(payload), example);
    assert_eq!(Md5::DEFINITION.method("add"), "bizproc.activity.add");
}

#[test]
fn the_input_of_2015_is_read() {
    let body = example("call-2015.form");
    let form = Form::decode(body.as_bytes(), &Limits::default());
    let envelope = Envelope::from_form(&form).unwrap();
    assert_eq!(
        (envelope.code.as_str(), envelope.expects_reply),
        ("md5", true)
    );
    assert_eq!(envelope.workflow_id, "55c1dc1c3f0d75.78875596");
    assert!(envelope.document.is_none() && envelope.auth.application_token.is_none());
    let culture = Culture::default();
    let md5 = Md5::from_properties(&InputProperties::new(&form, &culture)).unwrap();
    assert_eq!(md5.input, "Тестовый текст: Тест событий для поста в ЖЛ");
}

#[test]
fn a_full_call_is_read() {
    let body = example("call.form");
    let form = Form::decode(body.as_bytes(), &Limits::default());
    let envelope = Envelope::from_form(&form).unwrap();
    let document = envelope.document.as_ref().unwrap();
    assert_eq!(document.id.number(), Some(21020));
    assert_eq!(document.document_type.as_ref().unwrap()[2], "iblock_72");
    let queued_at = UNIX_EPOCH + Duration::from_secs(1_657_198_736);
    assert_eq!(envelope.queued_at, Some(queued_at));
    assert_eq!(
        envelope.deadline(),
        Some(queued_at + Duration::from_mins(10))
    );
    assert_eq!(envelope.auth.user_id, Some(4));
    assert_eq!(
        envelope.auth.client_endpoint.as_deref(),
        Some("https://portal.example/rest/")
    );
    let culture = Culture::default();
    let md5 = Md5::from_properties(&InputProperties::new(&form, &culture)).unwrap();
    assert_eq!(md5.input, "text");
}

/// The curl of the method's page: the same keys, in any case, with the same values.
#[tokio::test]
async fn the_reply_has_the_parameters_of_the_method_page() {
    let example = example_json("event-send.json");
    let portal = Portal::start().await.unwrap();
    let client = Client::new(&portal.endpoint(), example["auth"].as_str().unwrap()).unwrap();
    let token = EventToken::new(example["event_token"].as_str().unwrap());
    let hash = example["return_values"]["outputString"]
        .as_str()
        .unwrap()
        .to_owned();
    let values = Md5Hash { hash }.to_values(&Culture::default());
    let refused = client.event_send(&token, &values, None).await.unwrap_err();
    assert!(
        refused.has_code("invalid_token"),
        "the token is the page's, not this portal's: {refused}"
    );

    let app = TestApp::start_on(portal, "md5", |app| app.robot(reply_with_hash)).await;
    app.run("md5", json!({"inputString": "x"})).await;
    let replies = app
        .portal
        .history()
        .into_iter()
        .filter_map(|record| match record.event {
            Event::Replied {
                body,
                workflow_id: Some(_),
                ..
            } => Some(body.text()),
            _ => None,
        });
    let reply = serde_json::from_str::<Value>(&replies.last().unwrap()).unwrap();
    let keys = |value: &Value| {
        let keys = value
            .as_object()
            .unwrap()
            .keys()
            .map(|key| key.to_uppercase());
        keys.collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(keys(&reply), keys(&example));
    assert_eq!(reply["RETURN_VALUES"], example["return_values"]);
}

async fn reply_with_hash(call: Call<Md5>) -> Result<Replied> {
    let hash = "846c55d14f552180874a628d2615e285".to_owned();
    call.reply(Md5Hash { hash }).await
}
