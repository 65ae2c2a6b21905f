//! Calls by stage, robot and portal, in the order they came.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State as Shares};
use axum::http::StatusCode;
use axum::response::Response;
use url::form_urlencoded;

use super::Page;
use super::frame::{Frame, failed, html};
use super::overview::robots;
use super::text::{Row, query, rows};
use crate::error::Result;
use crate::store::{CallFilter, CallStage};

/// How many calls a page has.
const ON_A_PAGE: usize = 50;

#[derive(Debug, Template)]
#[template(path = "operator/list.html")]
struct List {
    frame: Frame,
    wanted: Wanted,
    calls: Vec<Row>,
    /// The query of the page after this one.
    next: Option<String>,
    /// The query of the first page, when this is not it.
    first: Option<String>,
    stages: [&'static str; 6],
    robots: Vec<&'static str>,
}

/// What the query asks for; an empty text is everything.
#[derive(Debug, Default)]
struct Wanted {
    stage: String,
    robot: String,
    portal: String,
    after: Option<u64>,
}

impl Wanted {
    fn of(query: &str) -> Self {
        let mut wanted = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.trim().to_owned();
            match name.as_ref() {
                "stage" => wanted.stage = value,
                "robot" => wanted.robot = value,
                "portal" => wanted.portal = value,
                "after" => wanted.after = value.parse().ok(),
                _ => {}
            }
        }
        // What is no stage is none, so that the form shows what the list does.
        if wanted.stage().is_none() {
            wanted.stage = String::new();
        }
        wanted
    }

    fn stage(&self) -> Option<CallStage> {
        let mut stages = CallStage::ALL.into_iter();
        stages.find(|stage| stage.name() == self.stage)
    }

    fn filter(&self) -> CallFilter {
        let set = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        CallFilter {
            stage: self.stage(),
            code: set(&self.robot),
            member_id: set(&self.portal),
            after: self.after,
            // One more than is shown tells whether there is another page.
            limit: Some(ON_A_PAGE + 1),
        }
    }

    fn query(&self, after: &str) -> String {
        query(&[
            ("stage", &self.stage),
            ("robot", &self.robot),
            ("portal", &self.portal),
            ("after", after),
        ])
    }
}

pub(super) async fn show(Shares(page): Shares<Arc<Page>>, RawQuery(query): RawQuery) -> Response {
    let wanted = Wanted::of(&query.unwrap_or_default());
    match list(&page, wanted).await {
        Ok(list) => html(StatusCode::OK, &list),
        Err(error) => failed(&page, &error),
    }
}

async fn list(page: &Page, wanted: Wanted) -> Result<List> {
    let mut records = page.shared().store.calls(&wanted.filter()).await?;
    let has_more = records.len() > ON_A_PAGE;
    records.truncate(ON_A_PAGE);
    let last = records.last().map(|record| record.number.to_string());
    Ok(List {
        frame: Frame::new(page, "List of calls"),
        next: last.filter(|_| has_more).map(|after| wanted.query(&after)),
        first: wanted.after.map(|_| wanted.query("")),
        wanted,
        calls: rows(page, records).await?,
        stages: CallStage::ALL.map(CallStage::name),
        robots: robots(page),
    })
}
