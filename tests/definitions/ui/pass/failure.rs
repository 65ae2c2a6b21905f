use std::borrow::Cow;

use bizproc_runtime::property::{Culture, FromErrorText};
use bizproc_runtime::{Property, ReturnValues, Robot, Select, Text, UserRef};
use serde_json::{Value, json};

#[derive(Robot)]
#[robot(code = "acme_failure", returns = Output<String>)]
struct Input;

#[derive(ReturnValues)]
struct Output<T> {
    unmarked: u32,
    #[property(failure)]
    string: T,
    #[property(failure, text)]
    lines: String,
    #[property(failure, name = "Error", default = "none")]
    boxed: Box<str>,
    #[property(failure)]
    cow: Cow<'static, str>,
    #[property(failure)]
    #[deprecated]
    text: Option<Text>,
    #[property(failure)]
    remark: Remark,
    #[property(flatten)]
    literals: Literals,
    #[property(flatten)]
    values: Values,
}

#[derive(Property)]
struct Remark(String);

impl FromErrorText for Remark {
    fn from_error_text(text: &str) -> Self {
        Self(format!("({text})"))
    }
}

#[derive(ReturnValues)]
struct Literals {
    #[property(failure = false)]
    flag: bool,
    #[property(failure = -1)]
    whole: Option<i8>,
    #[property(failure = 0)]
    double: f64,
    #[property(failure = "failed")]
    word: String,
    #[property(failure = "Failed")]
    key: Option<Status>,
    #[property(failure = "no", options(yes = "Yes", no = "No"))]
    inline: String,
    #[property(failure = ["Failed", Status::Lost])]
    mixed: Vec<Status>,
    #[property(failure = [1, 2])]
    numbers: Option<Vec<u8>>,
    #[property(failure = "2025-12-31")]
    date: jiff::civil::Date,
    #[property(failure = "user_1")]
    user: UserRef,
    #[property(failure = "")]
    cleared: u32,
    #[property(failure = "0|EUR", type = "UF:money")]
    money: String,
}

#[derive(Clone, Copy, Select)]
enum Status {
    Failed,
    Lost,
}

const NAMELESS: &str = "nameless";
const LEAST: u32 = 7;

fn today() -> jiff::civil::Date {
    jiff::civil::date(2025, 12, 31)
}

#[derive(ReturnValues)]
struct Values {
    #[property(failure = Status::Failed)]
    status: Status,
    #[property(failure = Status::Lost)]
    maybe: Option<Status>,
    #[property(failure = [Status::Failed, Status::Lost])]
    all: Vec<Status>,
    #[property(failure = LEAST + 1)]
    sum: u32,
    #[property(failure = if cfg!(all()) { 1 } else { 2 })]
    branch: u32,
    #[property(failure = NAMELESS)]
    name: Option<String>,
    #[property(failure = today())]
    on: Option<jiff::civil::Date>,
    #[property(failure = None)]
    nothing: Option<u32>,
    #[property(failure = Remark(String::new()))]
    remarks: Remark,
}

macro_rules! outputs {
    ($name:ident $failure:expr, $literal:literal) => {
        #[derive(ReturnValues)]
        struct $name {
            #[property(failure = $failure)]
            status: Status,
            #[property(failure = $literal)]
            number: u32,
            #[property(failure)]
            error: String,
        }
    };
}

outputs!(Made Status::Lost, 3);

fn values<T: ReturnValues>() -> Value {
    Value::Object(T::failure("no paper", &Culture::default()))
}

fn main() {
    assert_eq!(values::<()>(), json!({}));
    assert_eq!(values::<Made>(), json!({"status": "Lost", "number": 3, "error": "no paper"}));
    let literals = json!({
        "flag": "N", "whole": -1, "double": 0.0, "word": "failed", "key": "Failed", "inline": "no",
        "mixed": ["Failed", "Lost"], "numbers": [1, 2], "date": "2025-12-31", "user": "user_1",
        "cleared": "", "money": "0|EUR",
    });
    assert_eq!(values::<Literals>(), literals);
    let computed = json!({
        "status": "Failed", "maybe": "Lost", "all": ["Failed", "Lost"], "sum": 8, "branch": 1,
        "name": "nameless",
        "on": "2025-12-31", "remarks": "",
    });
    assert_eq!(values::<Values>(), computed);
    let all = values::<<Input as Robot>::Returns>();
    let mut expected = json!({
        "string": "no paper", "lines": "no paper", "boxed": "no paper", "cow": "no paper",
        "text": "no paper", "remark": "(no paper)",
    });
    let parts = [literals, computed].map(|part| part.as_object().unwrap().clone());
    expected.as_object_mut().unwrap().extend(parts.into_iter().flatten());
    assert_eq!(all, expected);
}
