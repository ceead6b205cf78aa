//! The audit trail: what is in it, and that nobody alters it unnoticed.

mod forgery;
mod others;
mod scene;
mod trail;
