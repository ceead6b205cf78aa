//! The audit trail: what is in it, and that nobody alters it unnoticed.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "audit/scene.rs"]
mod scene;

#[path = "audit/forgery.rs"]
mod forgery;

#[path = "audit/others.rs"]
mod others;

#[path = "audit/trail.rs"]
mod trail;
