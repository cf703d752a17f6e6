//! End-to-end tests: the product as a whole, and judges from outside.

mod peers_apex;
mod peers_sf_project;
