//! Posting a form to an application, once.

use std::time::Instant;

use reqwest::header;

use crate::model::history::{Delivery, HttpResponse, Outgoing};
use crate::model::shared::Shared;

/// Posts a form. Whatever happens is stored as its outcome, and nothing is retried.
pub(crate) async fn post(shared: &Shared, request: &mut Delivery) {
    let sent = Instant::now();
    request.outcome = match send(shared, request).await {
        Ok(response) => Outgoing::Responded(response),
        Err(error) => Outgoing::Failed(reason(&error)),
    };
    request.took = Some(sent.elapsed());
}

async fn send(shared: &Shared, request: &Delivery) -> Result<HttpResponse, reqwest::Error> {
    let response = shared
        .http
        .post(&request.url)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(request.body.bytes())
        .send()
        .await?;
    let status = response.status().as_u16();
    Ok(HttpResponse {
        status,
        body: response.bytes().await?.into(),
    })
}

/// The error with its causes, which reqwest's own text leaves out.
fn reason(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
