use crate::error::Error;
use crate::rest::Time;
use std::sync::Arc;
#[derive(Debug, Default)]
pub(super) struct Pace;
impl Pace {
    pub(super) async fn turn(&self, _method: &str) {}
    pub(super) fn learned(&self, _method: &str, _time: &Time) {}
    pub(super) fn refused(&self, _method: &str, _error: &Error) {}
}
#[derive(Debug, Default)]
pub(super) struct Paces;
impl Paces {
    pub(super) fn of(&self, _m: &str) -> Arc<Pace> {
        Arc::default()
    }
}
