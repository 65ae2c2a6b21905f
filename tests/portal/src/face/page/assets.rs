//! The page's own files.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

const CSS: &str = "text/css; charset=utf-8";

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Every file: its name, its type, what is in it.
const ASSETS: [(&str, &str, &str); 5] = [
    (
        "portal.css",
        CSS,
        include_str!("../../../assets/portal.css"),
    ),
    ("live.js", SCRIPT, include_str!("../../../assets/live.js")),
    ("form.js", SCRIPT, include_str!("../../../assets/form.js")),
    (
        "placement.js",
        SCRIPT,
        include_str!("../../../assets/placement.js"),
    ),
    (
        "pickers.js",
        SCRIPT,
        include_str!("../../../assets/pickers.js"),
    ),
];

pub(crate) async fn asset(Path(name): Path<String>) -> Response {
    let found = ASSETS.iter().find(|(known, ..)| *known == name);
    found.map_or_else(
        || StatusCode::NOT_FOUND.into_response(),
        |(_, kind, text)| ([(header::CONTENT_TYPE, *kind)], *text).into_response(),
    )
}
