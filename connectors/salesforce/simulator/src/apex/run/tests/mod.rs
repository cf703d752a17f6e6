mod operators;
mod records;
mod support;
