mod bodies;
mod classes;
mod operators;
mod records;
mod support;
