mod batch;
mod client;
