//! What a test and a person see of the portal: its handles, its page, its server.

pub(crate) mod builder;
pub(crate) mod control;
pub(crate) mod faults;
pub(crate) mod files;
pub(crate) mod fire;
pub(crate) mod install;
pub(crate) mod installation;
pub(crate) mod page;
pub(crate) mod portal;
pub(crate) mod run;
pub(crate) mod server;
pub(crate) mod site;
pub(crate) mod start_workflow;
pub(crate) mod workflow;
