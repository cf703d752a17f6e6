//! `String.format`: the placeholders of Java's message formats.

/// Fills `{0}`, `{1}`, … in; two quotes are one, what stands between single quotes is kept as it is. Placeholders
/// without an argument stay. Fails with the word between braces that is no number.
pub(super) fn fill(template: &str, arguments: &[impl AsRef<str>]) -> Result<String, String> {
    let mut made = String::with_capacity(template.len());
    let mut rest = template.chars().peekable();
    let mut quoted = false;
    while let Some(char) = rest.next() {
        match char {
            '\'' if rest.peek() == Some(&'\'') => {
                rest.next();
                made.push('\'');
            }
            '\'' => quoted = !quoted,
            '{' if !quoted => {
                let mut name = String::new();
                let mut closed = false;
                for char in rest.by_ref() {
                    if char == '}' {
                        closed = true;
                        break;
                    }
                    name.push(char);
                }
                if !closed {
                    return Err("Unmatched braces in the pattern.".to_owned());
                }
                // A format behind a comma is not heeded.
                let number = name.split(',').next().unwrap_or_default().trim();
                match number.parse::<usize>().ok() {
                    Some(at) => match arguments.get(at) {
                        Some(argument) => made.push_str(argument.as_ref()),
                        None => {
                            made.push('{');
                            made.push_str(&name);
                            made.push('}');
                        }
                    },
                    None => return Err(format!("can't parse argument number: {number}")),
                }
            }
            char => made.push(char),
        }
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn placeholders_are_filled_in() {
        let cases = [
            ("{0} and {1}", "a and b"),
            ("{1}{1} {2}", "bb {2}"),
            ("it''s {0}", "it's a"),
            ("'{0}' is {0}", "{0} is a"),
            ("lone ' quote {0}", "lone  quote {0}"),
            ("{0, number}", "a"),
        ];
        for (template, expected) in cases {
            assert_eq!(fill(template, &["a", "b"]).as_deref(), Ok(expected), "{template}");
        }
        assert_eq!(fill("{x}", &["a"]).unwrap_err(), "can't parse argument number: x");
        assert!(fill("{0", &["a"]).is_err());
    }
}
