//! `/chancery/v1/…`: what no documented call gives.

mod accounts;
mod certificates;
mod instances;
