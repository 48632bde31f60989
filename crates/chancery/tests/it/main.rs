//! The server as a process: what an operator starts, stops and starts again.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod authorities;
mod away;
mod certificates;
mod commands;
mod copies;
mod demo;
mod documents;
mod examples;
mod instances;
mod login;
mod output;
mod pfx;
mod revocation;
mod serve;
mod starts;
mod stops;
mod storage;
mod store;
mod support;
mod tags;
mod tasks;
mod trust;
mod upgrades;
mod written;
