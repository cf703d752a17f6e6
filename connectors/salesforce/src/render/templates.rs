//! The app's templates. Their values are API names and constants of ours, never text from outside.

use minijinja::{Environment, UndefinedBehavior, Value};

/// The templates, read once.
#[derive(Debug)]
pub(super) struct Templates(Environment<'static>);

impl Templates {
    pub(super) fn new(files: impl Iterator<Item = (&'static str, &'static str)>) -> Result<Self, String> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        for (name, text) in files {
            environment.add_template(name, text).map_err(|error| format!("{name}: {error}"))?;
        }
        Ok(Templates(environment))
    }

    /// Fills a template; a hole without a value is an error.
    pub(super) fn fill(&self, name: &str, values: Value) -> Result<String, String> {
        let template = self.0.get_template(name).map_err(|error| error.to_string())?;
        let text = template.render(values).map_err(|error| format!("{name}: {error}"))?;
        Ok(text + "\n")
    }
}
