mod cost;
mod failures;
mod replies;
mod runs;
mod store_outage;
