mod bin;
mod bulk;
mod queries;
mod rows;
mod support;
mod tries;
mod turns;
