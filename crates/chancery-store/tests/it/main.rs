//! One suite for both engines. SQLite always runs; PostgreSQL runs when its server is installed
//! (Debian package `postgresql`), and has to be when `CI=true`.
#![allow(clippy::unwrap_used)]

mod accounts;
mod agencies;
mod audit;
mod authorities;
mod away;
mod bed;
mod certificates;
mod copies;
mod enterprise_projects;
mod iam;
mod lists;
mod orders;
mod revocation;
mod rows;
mod schema;
mod services;
mod tags;
mod transactions;
mod two_nodes;
mod words;
