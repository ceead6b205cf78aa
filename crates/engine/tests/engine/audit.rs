//! The audit trail: what is in it, and that every change of it is noticed.

mod forgery;
mod others;
mod scene;
mod trail;
