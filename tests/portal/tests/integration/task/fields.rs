use std::time::Duration;

use bizproc_portal::{
    Culture, Document, Portal, RestActivity, Step, StoredFile, Task, Template, Workflow,
};
use serde_json::{Value, json};

use crate::fixture::{Response, Setup, assert_refused, http_client};

const COMPLETE: &str = "bizproc.task.complete";

/// Base64 of `hello`.
const HELLO: &str = "aGVsbG8=";

async fn start(setup: &Setup, task: Task, then: Vec<Step>) -> Workflow {
    let template = Template::new("Request").step(task).steps(then);
    setup.start_workflow(template, Document::deal(5)).await
}

fn ask(fields: Vec<(&str, Value)>) -> Task {
    let task = Task::request_information("Fill", [1]).named("Boss");
    fields
        .into_iter()
        .fold(task, |task, (id, field)| task.field(id, field))
}

/// The `Default`s of the fields of the newest task, in order.
async fn defaults(setup: &Setup) -> Vec<Value> {
    let all = json!({"SELECT": ["PARAMETERS"]});
    let (_, response) = setup.call("bizproc.task.list", all).await;
    response["result"][0]["PARAMETERS"]["Fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| field["Default"].clone())
        .collect()
}

async fn complete(setup: &Setup, id: u64, fields: Value) -> Response {
    let params = json!({"TASK_ID": id, "STATUS": 3, "FIELDS": fields});
    setup.call(COMPLETE, params).await
}

async fn completed(setup: &Setup, id: u64, fields: Value) {
    let params = json!({"TASK_ID": id, "STATUS": 3, "FIELDS": fields});
    setup.ok(COMPLETE, params).await;
}

/// Follows a link; the status, the content type and the content.
async fn follow(link: &Value) -> (u16, Option<String>, Vec<u8>) {
    let client = http_client();
    let response = client.get(link.as_str().unwrap()).send().await.unwrap();
    let content_type = response
        .headers()
        .get("content-type")
        .map(|value| value.to_str().unwrap().to_owned());
    let status = response.status().as_u16();
    (
        status,
        content_type,
        response.bytes().await.unwrap().to_vec(),
    )
}

fn of_kind(kind: &str, default: &str) -> Value {
    json!({"NAME": "n", "TYPE": kind, "DEFAULT": default})
}

#[tokio::test]
async fn dates_are_shown_in_atom_format() {
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
        let setup = Setup::with(builder).await;
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
        let fields = ids
            .iter()
            .zip(&rows)
            .map(|(id, (kind, default, _))| (id.as_str(), of_kind(kind, default)))
            .collect();
        start(&setup, ask(fields), Vec::new()).await;
        let expected = rows.iter().map(|(.., expected)| json!(expected));
        assert_eq!(defaults(&setup).await, expected.collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn lists_and_expressions_are_evaluated() {
    let setup = Setup::start().await;
    let title = json!({"NAME": "About {=Document:TITLE}", "TYPE": "string", "DEFAULT": "{=Document:TITLE}"});
    let days = json!({"NAME": "Days", "TYPE": "date", "MULTIPLE": "Y", "DEFAULT": ["31.12.2025", "", "01.01.2026"]});
    let task = ask(vec![("title", title), ("days", days)]);
    start(&setup, task, Vec::new()).await;
    let days = json!(["2025-12-31T00:00:00+03:00", "", "2026-01-01T00:00:00+03:00"]);
    assert_eq!(defaults(&setup).await, [json!("Deal #5"), days]);
}

#[tokio::test]
async fn files_are_shown_as_links() {
    let setup = Setup::start().await;
    let portal = &setup.portal;
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
        // Neither of these is the id of a file of the portal.
        ("gone", file(json!(999))),
        ("drive", file(json!(on_drive))),
        ("none", file(json!(""))),
    ]);
    start(&setup, task, Vec::new()).await;
    let shown = defaults(&setup).await;
    assert_eq!(shown[0], shown[1]);
    assert_eq!(shown[2][0], shown[0]);
    assert_eq!(shown[3..], [Value::Null, Value::Null, json!("")]);
    let link = shown[0].as_str().unwrap();
    assert!(link.starts_with(&format!("{}/upload/", portal.url())));
    assert!(link.ends_with("/Vertrag%201%2F2.html"), "{link}");
    // An HTML file is not served as a page.
    let kind = Some("application/octet-stream".to_owned());
    assert_eq!(follow(&shown[0]).await, (200, kind, b"<b>".to_vec()));
    assert_eq!(follow(&shown[2][1]).await.2, b"two");
    let wrong = json!(format!("{}/upload/bizproc/abc/abcdef/a.txt", portal.url()));
    assert_eq!(follow(&wrong).await.0, 404);
}

#[tokio::test]
async fn dates_are_entered_in_iso_format() {
    // The user's clock is an hour ahead of the server's, which is three hours ahead of Greenwich.
    let setup = Setup::with(Portal::builder().user_offset(3600)).await;
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
        let workflow = start(&setup, ask(vec![("when", field)]), log).await;
        completed(&setup, id, json!({"WHEN": sent})).await;
        let outputs = workflow.outputs("Boss").unwrap();
        assert_eq!(outputs["when"], json!(stored), "{sent}");
        assert_eq!(workflow.log(), [shown], "{sent}");
    }
}

#[tokio::test]
async fn a_default_that_is_sent_back_is_the_same_date() {
    let setup = Setup::with(Portal::builder().user_offset(-7200)).await;
    let task = ask(vec![
        ("day", of_kind("date", "31.12.2025 [14400]")),
        ("moment", of_kind("datetime", "31.12.2025 23:20:30 [14400]")),
    ]);
    let log = vec![Step::log("{=Boss:day}, {=Boss:moment}")];
    let workflow = start(&setup, task, log).await;
    let shown = defaults(&setup).await;
    completed(&setup, 1, json!({"day": shown[0], "moment": shown[1]})).await;
    // 19:20:30 in Greenwich, shown in the user's zone an hour ahead of it.
    assert_eq!(workflow.log(), ["31.12.2025, 31.12.2025 20:20:30"]);
}

#[tokio::test]
async fn uploaded_files_reach_a_robot_by_their_ids() {
    let setup = Setup::start().await;
    let enclosure = json!({"enclosure": {"Name": "e", "Type": "file"}});
    setup.robot("r", json!({"PROPERTIES": enclosure})).await;
    let on_drive = setup.portal.create_drive_file("drive.txt", "from Drive");
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
        let workflow = start(&setup, task, vec![call.into()]).await;
        let (_, tasks) = setup.call("bizproc.task.list", json!({})).await;
        let id = tasks["result"][0]["ID"].as_str().unwrap().parse().unwrap();
        completed(&setup, id, json!({"contract": sent})).await;
        let output = workflow.outputs("Boss").unwrap()["contract"].clone();
        let file = setup.portal.file(output.as_u64().unwrap()).unwrap();
        assert_eq!(file.content, content, "{sent}");
        match name {
            Some(name) => assert_eq!(file.name, name),
            None => assert_eq!(file.name.len(), 32, "{}", file.name),
        }
        let call = setup.app.next_request().await;
        let arrived = &call["properties"]["enclosure"];
        assert_eq!(arrived, &json!(output.to_string()));
    }
}

#[tokio::test]
async fn a_multiple_field_accepts_several_files() {
    let setup = Setup::start().await;
    let on_drive = setup.portal.create_drive_file("drive.txt", "from Drive");
    let field = json!({"NAME": "Papers", "TYPE": "file", "MULTIPLE": "Y"});
    let log = vec![Step::log("{=Boss:papers}")];
    let workflow = start(&setup, ask(vec![("papers", field)]), log).await;
    let sent = json!([["a.txt", HELLO], HELLO, "", on_drive]);
    completed(&setup, 1, json!({"papers": sent})).await;
    let output = workflow.outputs("Boss").unwrap()["papers"].clone();
    assert_eq!(output[2], json!(""));
    let contents = [0, 1, 3].map(|place: usize| {
        let id = output[place].as_u64().unwrap();
        setup.portal.file(id).unwrap().content
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
    let setup = Setup::start().await;
    let existing = setup.portal.create_file("a.txt", "a");
    let single = json!({"NAME": "Contract", "TYPE": "file", "REQUIRED": "Y"});
    let several = json!({"NAME": "Papers", "TYPE": "file", "MULTIPLE": "Y"});
    let task = ask(vec![("contract", single), ("papers", several)]);
    let workflow = start(&setup, task, Vec::new()).await;
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
        // The Drive numbers its files separately.
        (json!(existing), "the Drive has no file 1"),
        (json!(-5), "the Drive has no file -5"),
        (
            json!("99999999999999999999"),
            "the Drive has no file 99999999999999999999",
        ),
    ] {
        let refused = complete(&setup, 1, json!({"contract": sent})).await;
        let text = format!("The file of the field 'Contract' cannot be read: {reason}");
        let what = sent.to_string();
        assert_refused(&refused, (400, "ERROR_TASK_EXECUTION", &text), &what);
    }
    let second = json!({"contract": HELLO, "papers": [HELLO, "no base64!"]});
    let refused = complete(&setup, 1, second).await;
    let text = format!("The file of the field 'Papers' cannot be read: {not_base64}");
    assert_refused(
        &refused,
        (400, "ERROR_TASK_EXECUTION", &text),
        "a second one",
    );
    let cleared = complete(&setup, 1, json!({"contract": ""})).await;
    let text = "The field 'Contract' is required.";
    assert_refused(&cleared, (400, "ERROR_TASK_EXECUTION", text), "none");

    // Nothing was stored of all these, and the task is still open.
    assert_eq!(setup.portal.file(existing + 1), None);
    completed(&setup, 1, json!({"contract": ["b.txt", HELLO]})).await;
    workflow.wait_finished(Duration::ZERO).await.unwrap();
    let expected = StoredFile {
        name: "b.txt".to_owned(),
        content: b"hello".to_vec(),
    };
    assert_eq!(setup.portal.file(existing + 1), Some(expected));
}
