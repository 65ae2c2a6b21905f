//! Calls by stage, robot and portal, in the order they came.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State as Extract};
use axum::http::StatusCode;
use axum::response::Response;
use url::form_urlencoded;

use super::frame::{Frame, failed, html};
use super::page::Page;
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
    /// The query of the next page.
    next: Option<String>,
    /// The query of the first page, unless this is the first page.
    first: Option<String>,
    stages: [&'static str; 6],
    robots: Vec<&'static str>,
}

/// The filter of the query; an empty text matches everything.
#[derive(Debug, Default)]
struct Wanted {
    stage: String,
    robot: String,
    portal: String,
    after: Option<u64>,
}

impl Wanted {
    fn from_query(query: &str) -> Self {
        let mut wanted = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let text = value.trim().to_owned();
            match name.as_ref() {
                "stage" => wanted.stage = text,
                "robot" => wanted.robot = text,
                "portal" => wanted.portal = text,
                "after" => wanted.after = text.parse().ok(),
                _ => {}
            }
        }
        // An unknown stage counts as none, so that the form shows what the list does.
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
            // One more than is shown: then there is another page.
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

pub(super) async fn show(Extract(page): Extract<Arc<Page>>, RawQuery(query): RawQuery) -> Response {
    let wanted = Wanted::from_query(&query.unwrap_or_default());
    match list(&page, wanted).await {
        Ok(list) => html(StatusCode::OK, &list),
        Err(error) => failed(&page, &error),
    }
}

async fn list(page: &Page, wanted: Wanted) -> Result<List> {
    let mut records = page.store().calls(&wanted.filter()).await?;
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
        robots: page.robots().codes(),
    })
}
