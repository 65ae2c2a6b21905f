use std::time::Duration;

use bizproc_portal::{
    Culture, Document, Portal, RestActivity, Step, StoredFile, Task, Template, Workflow,
};
use serde_json::{Value, json};

use crate::fixture::{Answer, Stage, assert_refused};

const COMPLETE: &str = "bizproc.task.complete";

/// Base64 of `hello`.
const HELLO: &str = "aGVsbG8=";

async fn start(stage: &Stage, task: Task, then: Vec<Step>) -> Workflow {
    let template = Template::new("Request").step(task).steps(then);
    let template = stage.portal.template(template).unwrap();
    let begun = stage.portal.start_workflow(template, Document::deal(5));
    begun.await.unwrap()
}

fn ask(fields: Vec<(&str, Value)>) -> Task {
    let task = Task::request_information("Fill", [1]).named("Boss");
    fields
        .into_iter()
        .fold(task, |task, (id, field)| task.field(id, field))
}

/// The `Default`s of the fields of the task that was given last, in order.
async fn defaults(stage: &Stage) -> Vec<Value> {
    let all = json!({"SELECT": ["PARAMETERS"]});
    let (_, answer) = stage.client.call("bizproc.task.list", all).await;
    let fields = answer["result"][0]["PARAMETERS"]["Fields"].as_array();
    let fields = fields.unwrap().iter();
    fields.map(|field| field["Default"].clone()).collect()
}

async fn complete(stage: &Stage, id: u64, fields: Value) -> Answer {
    let params = json!({"TASK_ID": id, "STATUS": 3, "FIELDS": fields});
    stage.client.call(COMPLETE, params).await
}

async fn completed(stage: &Stage, id: u64, fields: Value) {
    let params = json!({"TASK_ID": id, "STATUS": 3, "FIELDS": fields});
    stage.client.ok(COMPLETE, params).await;
}

/// What a link leads to, with its content type.
async fn followed(link: &Value) -> (u16, Option<String>, Vec<u8>) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.get(link.as_str().unwrap()).send().await.unwrap();
    let kind = answer.headers().get("content-type");
    let kind = kind.map(|kind| kind.to_str().unwrap().to_owned());
    let status = answer.status().as_u16();
    (status, kind, answer.bytes().await.unwrap().to_vec())
}

fn of_kind(kind: &str, default: &str) -> Value {
    json!({"NAME": "n", "TYPE": kind, "DEFAULT": default})
}

#[tokio::test]
async fn dates_go_out_as_atom() {
    let culture = [
        (Culture::DayMonthYear, "31.12.2025", "31.12.2025 22:20:30"),
        (
            Culture::MonthDayYear,
            "12/31/2025",
            "12/31/2025 10:20:30 pm",
        ),
    ];
    for (culture, day, moment) in culture {
        // The user's clock is an hour ahead of the server's, which is three hours ahead of Greenwich.
        let builder = Portal::builder().culture(culture).user_offset(3600);
        let stage = Stage::with(builder).await;
        let midnight = "2025-12-31T00:00:00+03:00";
        let rows = [
            ("date", day.to_owned(), midnight),
            ("Date", format!("{day} [14400]"), midnight),
            ("date", "2025-12-31".to_owned(), midnight),
            ("date", "2025-12-30T23:00:00Z".to_owned(), midnight),
            ("date", "soon".to_owned(), "soon"),
            ("date", String::new(), ""),
            ("datetime", moment.to_owned(), "2025-12-31T21:20:30+03:00"),
            (
                "datetime",
                format!("{moment} [7200]"),
                "2025-12-31T23:20:30+03:00",
            ),
            (
                "datetime",
                "2025-12-31T22:20:30+05:00".to_owned(),
                "2025-12-31T20:20:30+03:00",
            ),
            (
                "datetime",
                "1767165630".to_owned(),
                "2025-12-31T10:20:30+03:00",
            ),
            ("datetime", "soon".to_owned(), "soon"),
            // Only dates are converted.
            ("string", day.to_owned(), day),
        ];
        let ids: Vec<String> = (0..rows.len()).map(|number| format!("f{number}")).collect();
        let fields = ids.iter().zip(&rows);
        let fields = fields.map(|(id, (kind, default, _))| (id.as_str(), of_kind(kind, default)));
        start(&stage, ask(fields.collect()), Vec::new()).await;
        let expected = rows.iter().map(|(.., expected)| json!(expected));
        assert_eq!(defaults(&stage).await, expected.collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn lists_go_out_one_by_one_and_expressions_evaluated() {
    let stage = Stage::start().await;
    let title = json!({"NAME": "About {=Document:TITLE}", "TYPE": "string", "DEFAULT": "{=Document:TITLE}"});
    let days = json!({"NAME": "Days", "TYPE": "date", "MULTIPLE": "Y", "DEFAULT": ["31.12.2025", "", "01.01.2026"]});
    let task = ask(vec![("title", title), ("days", days)]);
    start(&stage, task, Vec::new()).await;
    let days = json!(["2025-12-31T00:00:00+03:00", "", "2026-01-01T00:00:00+03:00"]);
    assert_eq!(defaults(&stage).await, [json!("Deal #5"), days]);
}

#[tokio::test]
async fn files_go_out_as_links() {
    let stage = Stage::start().await;
    let portal = &stage.portal;
    let [one, two] = [("Vertrag 1/2.html", "<b>"), ("..", "two")]
        .map(|(name, content)| portal.create_file(name, content));
    let on_drive = portal.create_drive_file("d", "drive");
    let file = |default: Value| json!({"NAME": "n", "TYPE": "file", "DEFAULT": default});
    let task = ask(vec![
        ("one", file(json!(one))),
        ("text", file(json!(one.to_string()))),
        (
            "list",
            json!({"NAME": "n", "TYPE": "file", "MULTIPLE": "Y", "DEFAULT": [one, two]}),
        ),
        // Neither is the id of a file here.
        ("gone", file(json!(999))),
        ("drive", file(json!(on_drive))),
        ("none", file(json!(""))),
    ]);
    start(&stage, task, Vec::new()).await;
    let shown = defaults(&stage).await;
    assert_eq!(shown[0], shown[1]);
    assert_eq!(shown[2][0], shown[0]);
    assert_eq!(shown[3..], [Value::Null, Value::Null, json!("")]);
    let link = shown[0].as_str().unwrap();
    assert!(link.starts_with(&format!("{}/upload/", portal.url())));
    assert!(link.ends_with("/Vertrag%201%2F2.html"), "{link}");
    // A page is not shown as one.
    let kind = Some("application/octet-stream".to_owned());
    assert_eq!(followed(&shown[0]).await, (200, kind, b"<b>".to_vec()));
    assert_eq!(followed(&shown[2][1]).await.2, b"two");
    let wrong = json!(format!("{}/upload/bizproc/abc/abcdef/a.txt", portal.url()));
    assert_eq!(followed(&wrong).await.0, 404);
}

#[tokio::test]
async fn dates_come_in_as_iso() {
    // The user's clock is an hour ahead of the server's, which is three hours ahead of Greenwich.
    let stage = Stage::with(Portal::builder().user_offset(3600)).await;
    let rows = [
        (
            "datetime",
            "2025-12-31T10:20:30+03:00",
            "2025-12-31T10:20:30+03:00",
            "31.12.2025 11:20:30",
        ),
        (
            "datetime",
            "2025-12-31T07:20:30Z",
            "2025-12-31T10:20:30+03:00",
            "31.12.2025 11:20:30",
        ),
        // Without a zone it is the user's time.
        (
            "datetime",
            "31.12.2025 11:20:30",
            "2025-12-31T10:20:30+03:00",
            "31.12.2025 11:20:30",
        ),
        ("datetime", "soon", "soon", "soon"),
        ("date", "2025-12-31", "2025-12-31", "31.12.2025"),
        (
            "date",
            "2025-12-31T00:00:00+03:00",
            "2025-12-31",
            "31.12.2025",
        ),
        ("date", "2025-12-30T22:00:00Z", "2025-12-31", "31.12.2025"),
        ("date", "31.12.2025", "2025-12-31", "31.12.2025"),
        ("string", "2025-12-31", "2025-12-31", "2025-12-31"),
    ];
    for ((kind, sent, stored, shown), id) in rows.into_iter().zip(1..) {
        let field = json!({"NAME": "n", "TYPE": kind});
        let log = vec![Step::log("{=Boss:when}")];
        let workflow = start(&stage, ask(vec![("when", field)]), log).await;
        completed(&stage, id, json!({"WHEN": sent})).await;
        let outputs = workflow.outputs("Boss").unwrap();
        assert_eq!(outputs["when"], json!(stored), "{sent}");
        assert_eq!(workflow.log(), [shown], "{sent}");
    }
}

#[tokio::test]
async fn a_default_that_is_sent_back_is_the_same_date() {
    let stage = Stage::with(Portal::builder().user_offset(-7200)).await;
    let (day, moment) = ("31.12.2025 [14400]", "31.12.2025 23:20:30 [14400]");
    let task = ask(vec![
        ("day", of_kind("date", day)),
        ("moment", of_kind("datetime", moment)),
    ]);
    let log = vec![Step::log("{=Boss:day}, {=Boss:moment}")];
    let workflow = start(&stage, task, log).await;
    let shown = defaults(&stage).await;
    completed(&stage, 1, json!({"day": shown[0], "moment": shown[1]})).await;
    // 19:20:30 in Greenwich, in the user's zone, an hour ahead of it.
    assert_eq!(workflow.log(), ["31.12.2025, 31.12.2025 20:20:30"]);
}

#[tokio::test]
async fn files_come_in_and_reach_a_robot_by_their_ids() {
    let stage = Stage::start().await;
    let enclosure = json!({"enclosure": {"Name": "e", "Type": "file"}});
    stage.robot("r", json!({"PROPERTIES": enclosure})).await;
    let on_drive = stage.portal.create_drive_file("drive.txt", "from Drive");
    let hello = b"hello".as_slice();
    let drive = b"from Drive".as_slice();
    for (sent, name, content) in [
        (json!(HELLO), None, hello),
        (json!("aGVs\r\nbG8"), None, hello),
        (json!(["a.txt", HELLO]), Some("a.txt"), hello),
        // Digits with a name are base64, without one they are an id.
        (
            json!(["digits", "12345678"]),
            Some("digits"),
            &[0xd7, 0x6d, 0xf8, 0xe7, 0xae, 0xfc],
        ),
        (json!(["", HELLO]), None, hello),
        (json!(on_drive), Some("drive.txt"), drive),
        (json!(on_drive.to_string()), Some("drive.txt"), drive),
    ] {
        let field = json!({"NAME": "Contract", "TYPE": "file", "REQUIRED": "Y"});
        let call = RestActivity::new("r", json!({"enclosure": "{=Boss:contract}"}));
        let task = ask(vec![("contract", field)]);
        let workflow = start(&stage, task, vec![call.into()]).await;
        let (_, tasks) = stage.client.call("bizproc.task.list", json!({})).await;
        let id = tasks["result"][0]["ID"].as_str().unwrap().parse().unwrap();
        completed(&stage, id, json!({"contract": sent})).await;
        let output = workflow.outputs("Boss").unwrap()["contract"].clone();
        let file = stage.portal.file(output.as_u64().unwrap()).unwrap();
        assert_eq!(file.content, content, "{sent}");
        match name {
            Some(name) => assert_eq!(file.name, name),
            None => assert_eq!(file.name.len(), 32, "{}", file.name),
        }
        let (_, call) = stage.app.request().await;
        let arrived = &call["properties"]["enclosure"];
        assert_eq!(arrived, &json!(output.to_string()));
    }
}

#[tokio::test]
async fn a_list_takes_several_files() {
    let stage = Stage::start().await;
    let on_drive = stage.portal.create_drive_file("drive.txt", "from Drive");
    let field = json!({"NAME": "Papers", "TYPE": "file", "MULTIPLE": "Y"});
    let log = vec![Step::log("{=Boss:papers}")];
    let workflow = start(&stage, ask(vec![("papers", field)]), log).await;
    let sent = json!([["a.txt", HELLO], HELLO, "", on_drive]);
    completed(&stage, 1, json!({"papers": sent})).await;
    let output = workflow.outputs("Boss").unwrap()["papers"].clone();
    assert_eq!(output[2], json!(""));
    let contents = [0, 1, 3].map(|place: usize| {
        let id = output[place].as_u64().unwrap();
        stage.portal.file(id).unwrap().content
    });
    assert_eq!(contents, [&b"hello"[..], b"hello", b"from Drive"]);
    let ids = [0, 1, 3].map(|place: usize| output[place].to_string());
    assert_eq!(
        workflow.log(),
        [format!("{}, {}, , {}", ids[0], ids[1], ids[2])]
    );
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_the_tasks_error() {
    let stage = Stage::start().await;
    let kept = stage.portal.create_file("a.txt", "a");
    let single = json!({"NAME": "Contract", "TYPE": "file", "REQUIRED": "Y"});
    let several = json!({"NAME": "Papers", "TYPE": "file", "MULTIPLE": "Y"});
    let task = ask(vec![("contract", single), ("papers", several)]);
    let workflow = start(&stage, task, Vec::new()).await;
    let not_base64 = "its content is not base64";
    let no_pair = "a list is its name and its content";
    for (sent, reason) in [
        (json!("no base64!"), not_base64),
        (json!("data:text/plain;base64,aGVsbG8="), not_base64),
        (json!(["a.txt", "no base64!"]), not_base64),
        (json!(["a.txt"]), no_pair),
        (json!(["a.txt", HELLO, HELLO]), no_pair),
        (json!(["a.txt", 5]), no_pair),
        (json!([["a.txt", HELLO]]), no_pair),
        (json!({"name": "a.txt", "content": HELLO}), no_pair),
        (json!(["a.txt", ""]), "it is empty"),
        (json!("  "), "it is empty"),
        (json!(true), "it is neither text nor a list"),
        (json!(1.5), "it is neither text nor a list"),
        // The Drive counts its files by itself.
        (json!(kept), "the Drive has no file 1"),
        (json!(-5), "the Drive has no file -5"),
        (
            json!("99999999999999999999"),
            "the Drive has no file 99999999999999999999",
        ),
    ] {
        let refused = complete(&stage, 1, json!({"contract": sent})).await;
        let text = format!("The file of the field 'Contract' cannot be read: {reason}");
        let what = sent.to_string();
        assert_refused(&refused, 400, "ERROR_TASK_EXECUTION", &text, &what);
    }
    let second = json!({"contract": HELLO, "papers": [HELLO, "no base64!"]});
    let refused = complete(&stage, 1, second).await;
    let text = format!("The file of the field 'Papers' cannot be read: {not_base64}");
    assert_refused(&refused, 400, "ERROR_TASK_EXECUTION", &text, "a second one");
    let cleared = complete(&stage, 1, json!({"contract": ""})).await;
    let text = "The field 'Contract' is required.";
    assert_refused(&cleared, 400, "ERROR_TASK_EXECUTION", text, "none");

    // Of all these nothing was kept, and the task is still there.
    assert_eq!(stage.portal.file(kept + 1), None);
    completed(&stage, 1, json!({"contract": ["b.txt", HELLO]})).await;
    workflow.wait_finished(Duration::ZERO).await.unwrap();
    let expected = StoredFile {
        name: "b.txt".to_owned(),
        content: b"hello".to_vec(),
    };
    assert_eq!(stage.portal.file(kept + 1), Some(expected));
}
