//! Every property type on the emulated portal, there and back.

use bizproc_portal::{Document, Ending};
use bizproc_runtime::{Call, FileRef, Replied, Result, ReturnValues, Robot, Select, Text, UserRef};
use jiff::civil::{Date, DateTime};
use serde_json::json;

use crate::fixture::{TestApp, finish};

#[derive(Debug, Clone, PartialEq, Select)]
#[select(rename_all = "lowercase")]
enum Format {
    Pdf,
    Docx,
}

/// Every type
#[derive(Debug, Clone, PartialEq, Robot)]
#[robot(code = "acme_types", returns = Types)]
struct Types_ {
    string: String,
    text: Text,
    bool: bool,
    int: i64,
    double: f64,
    date: Date,
    datetime: DateTime,
    user: UserRef,
    file: FileRef,
    select: Format,
    list: Vec<String>,
    users: Vec<UserRef>,
    nothing: Option<i64>,
    no_list: Vec<i64>,
    #[property(type = "UF:money")]
    money: String,
}

#[derive(ReturnValues)]
#[return_values(rename_all = "UPPERCASE")]
struct Types {
    #[property(id = "out_string")]
    string: String,
    #[property(id = "out_text")]
    text: Text,
    #[property(id = "out_bool")]
    bool: bool,
    #[property(id = "out_int")]
    int: i64,
    #[property(id = "out_double")]
    double: f64,
    #[property(id = "out_date")]
    date: Date,
    #[property(id = "out_datetime")]
    datetime: DateTime,
    #[property(id = "out_user")]
    user: UserRef,
    #[property(id = "out_file")]
    file: FileRef,
    #[property(id = "out_select")]
    select: Format,
    #[property(id = "out_list")]
    list: Vec<String>,
    #[property(id = "out_users")]
    users: Vec<UserRef>,
    #[property(id = "out_nothing", default = 5)]
    nothing: Option<i64>,
}

async fn types(call: Call<Types_>) -> Result<Replied> {
    let input = call.input.clone();
    let expected = Types_ {
        string: "строка & [x]".into(),
        text: "two\nlines".into(),
        bool: false,
        int: -7,
        double: 1500.5,
        date: jiff::civil::date(2025, 12, 31),
        datetime: jiff::civil::datetime(2025, 12, 31, 10, 20, 30, 0),
        user: UserRef::User(7),
        file: FileRef(12),
        select: Format::Docx,
        list: vec!["a".into(), "0".into()],
        users: vec![UserRef::User(1), UserRef::Group("group_d5".into())],
        nothing: None,
        no_list: Vec::new(),
        money: "10|RUB".into(),
    };
    assert_eq!(input, expected);
    assert_eq!(call.document().unwrap().id.number(), Some(777));
    assert!(call.expects_reply() && call.deadline().is_none() && call.time_left().is_none());
    call.log("half way").await?;
    let Types_ {
        string,
        text,
        bool,
        int,
        double,
        date,
        datetime,
        ..
    } = input.clone();
    let Types_ {
        user,
        file,
        select,
        list,
        users,
        ..
    } = input;
    let values = Types {
        string,
        text,
        bool,
        int,
        double,
        date,
        datetime,
        user,
        file,
        select,
        list,
        users,
        nothing: None,
    };
    call.reply(values).log("done").await
}

#[tokio::test]
async fn every_type_goes_there_and_back() {
    let app = TestApp::start("acme_types", |app| app.robot(types).max_attempts(1)).await;
    let inputs = json!({
        "string": "строка & [x]", "text": "two\nlines", "bool": "N", "int": "-7",
        "double": "1 500,50", "date": "31.12.2025", "datetime": "31.12.2025 10:20:30",
        "user": "user_7", "file": "12", "select": "docx", "list": ["a", "", "0"],
        "users": ["user_1", "group_d5"], "nothing": "", "money": "{=Document:PRICE}",
    });
    let document = Document::deal(777).field("PRICE", "10|RUB");
    let run = app.portal.run("acme_types", inputs).document(document);
    let outcome = finish(&run.await.unwrap()).await;
    assert_eq!(outcome.ending, Ending::Replied);
    assert_eq!(outcome.log, ["half way", "done"]);
    let values = json!({
        "out_string": "строка & [x]", "out_text": "two\nlines", "out_bool": "N", "out_int": -7,
        "out_double": 1500.5, "out_user": "user_7", "out_file": 12, "out_select": "docx",
        "out_list": ["a", "0"], "out_users": ["user_1", "group_d5"], "out_nothing": "5",
    });
    for (id, value) in values.as_object().unwrap() {
        assert_eq!(outcome.return_values[id], *value, "{id}");
    }
    let text = |id: &str| outcome.return_values[id].as_str().unwrap().to_owned();
    assert!(
        text("out_date").starts_with("2025-12-31"),
        "{}",
        text("out_date")
    );
    assert!(
        text("out_datetime").starts_with("2025-12-31T10:20:30"),
        "{}",
        text("out_datetime")
    );
}
