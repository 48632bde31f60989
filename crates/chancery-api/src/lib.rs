//! HTTP: routes, wire types and wire errors of the five services, IAM and objects.
#![forbid(unsafe_code)]
