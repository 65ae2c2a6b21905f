//! The runtime beside the emulated portal, and its parts by themselves. One program: a new test is a
//! function in one of these modules.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

// An application and a portal that know each other, robots, a store that fails, captured logs.
mod fixture;

// From the call to the reply: runs, failures, replies, a store that fails on the way.
mod call;
// The decoder of forms: its properties, and PHP as its judge.
mod form;
// What clients send, and how the server and the process deal with it.
mod http;
// Installing, registering, several portals.
mod install;
// Logs, metrics and the operator's page.
mod observe;
// Property types: on the portal, and in every shape.
mod property;
// What the platform's pages show and what published applications register.
mod real_world;
// The REST client and its batches.
mod rest;
// What every store promises.
mod store;
