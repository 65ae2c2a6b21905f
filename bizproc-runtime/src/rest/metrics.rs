//! Measures the requests to portals. Without the feature `metrics` nothing is measured.

use crate::error::Result;

/// The metrics: name, unit, meaning. A name that ends in `_total` is a counter, the other a
/// histogram.
#[cfg(all(feature = "metrics", feature = "server"))]
pub(crate) const METRICS: [(&str, metrics::Unit, &str); 2] = [
    (
        REQUESTS,
        metrics::Unit::Count,
        "Requests to portals, by method and outcome",
    ),
    (
        REQUEST_SECONDS,
        metrics::Unit::Seconds,
        "Duration of a request to a portal, by method",
    ),
];

#[cfg(feature = "metrics")]
const REQUESTS: &str = "bizproc_requests_total";
#[cfg(feature = "metrics")]
const REQUEST_SECONDS: &str = "bizproc_request_seconds";

/// Awaits a request and measures it. The method is a label: the methods in a program's code are a
/// bounded set.
#[cfg(feature = "metrics")]
pub(super) async fn request<T>(
    method: &str,
    request: impl Future<Output = Result<T>>,
) -> Result<T> {
    use crate::error::ErrorKind;
    let began = std::time::Instant::now();
    let result = request.await;
    let outcome = match result.as_ref().map_err(crate::error::Error::kind) {
        Ok(_) => "ok",
        Err(ErrorKind::Rejected) => "rejected",
        Err(ErrorKind::Connect) => "unreachable",
        Err(ErrorKind::NoResponse) => "no_response",
        Err(ErrorKind::InvalidResponse) => "invalid_response",
        Err(_) => "invalid_request",
    };
    let label = method.to_ascii_lowercase();
    metrics::histogram!(REQUEST_SECONDS, "method" => label.clone()).record(began.elapsed());
    metrics::counter!(REQUESTS, "method" => label, "outcome" => outcome).increment(1);
    result
}

#[cfg(not(feature = "metrics"))]
pub(super) async fn request<T>(
    _method: &str,
    request: impl Future<Output = Result<T>>,
) -> Result<T> {
    request.await
}
