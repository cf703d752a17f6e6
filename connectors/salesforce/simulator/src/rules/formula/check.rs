//! Names and types of a formula, checked before it is ever worked out.

use super::FormulaError;
use super::datum::{Datum, Kind, number_of};
use super::function::{self, Function};
use super::numbers;
use super::path::{Named, Path, resolve};
use super::texts;
use super::tree::{Expr, Native, Node};
use crate::org::{Metadata, ObjectType};

type Checked = (Expr, Kind);

/// Checks a formula about records of an object.
pub(super) fn check(node: &Node, metadata: &Metadata, object: &ObjectType) -> Result<Checked, FormulaError> {
    Checker { metadata, object }.value(node)
}

struct Checker<'a> {
    metadata: &'a Metadata,
    object: &'a ObjectType,
}

pub(super) fn wrong_type(what: &str, wanted: &[Kind], got: Kind) -> FormulaError {
    let names: Vec<&str> = wanted.iter().filter(|kind| **kind != got).map(|kind| kind.name()).collect();
    FormulaError(format!(
        "Incorrect parameter type for {what}. Expected {}, received {}",
        names.join(", "),
        got.name()
    ))
}

fn wrong_number(name: &str, wanted: usize, got: usize) -> FormulaError {
    FormulaError(format!(
        "Incorrect number of parameters for function '{name}()'. Expected {wanted}, received {got}"
    ))
}

fn operator(sign: &str) -> String {
    format!("operator '{sign}'")
}

impl Checker<'_> {
    /// Any expression whose value can be used as it is: no picklist.
    fn value(&self, node: &Node) -> Result<Checked, FormulaError> {
        let checked = stacker::maybe_grow(64 << 10, 1 << 20, || self.any(node))?;
        let word = match checked.1 {
            Kind::Picklist => ("picklist", "Picklist"),
            Kind::MultiPicklist => ("multi-select picklist", "Multi-select picklist"),
            _ => return Ok(checked),
        };
        Err(FormulaError(format!(
            "Field {} is a {} field. {} fields are only supported in certain functions.",
            named(node),
            word.0,
            word.1
        )))
    }

    /// Any expression, picklists among them.
    fn any(&self, node: &Node) -> Result<Checked, FormulaError> {
        Ok(match node {
            Node::Number(text) => {
                let number = number_of(text).ok_or_else(|| FormulaError("Syntax error".to_owned()))?;
                (Expr::Constant(Datum::Number(number)), Kind::Number)
            }
            Node::Text(text) => (Expr::Constant(Datum::Text(text.clone())), Kind::Text),
            Node::Boolean(flag) => (Expr::Constant(Datum::Boolean(*flag)), Kind::Boolean),
            Node::Null => (Expr::Constant(Datum::Null), Kind::Null),
            Node::Name(name) => match resolve(name, self.metadata, self.object)? {
                Named::Field(path, kind) => (Expr::Field(path), kind),
                Named::Permission(name) => (Expr::Permission(name), Kind::Boolean),
            },
            Node::Unary("!", inner) => {
                (call(texts::not, vec![self.boolean("function 'NOT()'", inner)?]), Kind::Boolean)
            }
            Node::Unary(sign, inner) => {
                let (inner, kind) = self.value(inner)?;
                if !matches!(kind, Kind::Number | Kind::Null) {
                    return Err(wrong_type(&operator(sign), &[Kind::Number], kind));
                }
                if *sign == "-" { (call(numbers::negate, vec![inner]), kind) } else { (inner, kind) }
            }
            Node::Binary(sign, sides) => self.binary(sign, &sides[0], &sides[1])?,
            Node::Call(name, arguments) => self.function(&name.to_ascii_uppercase(), arguments)?,
        })
    }

    fn binary(&self, sign: &'static str, left: &Node, right: &Node) -> Result<Checked, FormulaError> {
        let what = operator(sign);
        match sign {
            "&&" => {
                let parts = vec![self.boolean(&what, left)?, self.boolean(&what, right)?];
                return Ok((Expr::All(parts), Kind::Boolean));
            }
            "||" => {
                let parts = vec![self.boolean(&what, left)?, self.boolean(&what, right)?];
                return Ok((Expr::Any(parts), Kind::Boolean));
            }
            _ => {}
        }
        let (left, a) = self.value(left)?;
        let (right, b) = self.value(right)?;
        let (native, kind): (Native, Kind) = match sign {
            "=" | "<>" => {
                if a != b && a != Kind::Null && b != Kind::Null {
                    return Err(wrong_type(&what, &[a], b));
                }
                (if sign == "=" { texts::equal } else { texts::unequal }, Kind::Boolean)
            }
            "<" | ">" | "<=" | ">=" => {
                if a == Kind::Boolean || b == Kind::Boolean {
                    let wanted = [Kind::Number, Kind::Date, Kind::DateTime, Kind::Text];
                    return Err(wrong_type(&what, &wanted, Kind::Boolean));
                }
                if a != b && a != Kind::Null && b != Kind::Null {
                    return Err(wrong_type(&what, &[a], b));
                }
                let native: Native = match sign {
                    "<" => texts::less,
                    ">" => texts::greater,
                    "<=" => texts::at_most,
                    _ => texts::at_least,
                };
                (native, Kind::Boolean)
            }
            "&" => {
                for kind in [a, b] {
                    if !matches!(kind, Kind::Text | Kind::Null) {
                        return Err(wrong_type(&what, &[Kind::Text], kind));
                    }
                }
                (texts::join, Kind::Text)
            }
            "+" | "-" => {
                let native: Native = if sign == "+" { numbers::add } else { numbers::subtract };
                match sum(sign, a, b)? {
                    Kind::Text => (texts::join, Kind::Text),
                    kind => (native, kind),
                }
            }
            _ => {
                for kind in [a, b] {
                    if !matches!(kind, Kind::Number | Kind::Null) {
                        return Err(wrong_type(&what, &[Kind::Number], kind));
                    }
                }
                let native: Native = match sign {
                    "*" => numbers::multiply,
                    "/" => numbers::divide,
                    _ => numbers::power,
                };
                (native, Kind::Number)
            }
        };
        Ok((call(native, vec![left, right]), kind))
    }

    fn boolean(&self, what: &str, node: &Node) -> Result<Expr, FormulaError> {
        match self.value(node)? {
            (expression, Kind::Boolean | Kind::Null) => Ok(expression),
            (_, kind) => Err(wrong_type(what, &[Kind::Boolean], kind)),
        }
    }

    /// A field of the record itself, for functions about its change.
    fn own_field(&self, name: &str, arguments: &[Node]) -> Result<(Path, Kind), FormulaError> {
        let [argument] = arguments else { return Err(wrong_number(name, 1, arguments.len())) };
        let Node::Name(field) = argument else {
            return Err(FormulaError(format!(
                "Incorrect parameter for function '{name}()'. Expected Field field reference."
            )));
        };
        match resolve(field, self.metadata, self.object)? {
            Named::Field(path, kind) if path.is_own() => Ok((path, kind)),
            _ => Err(FormulaError(format!("The {name} function cannot reference the {field} field."))),
        }
    }

    fn function(&self, name: &str, arguments: &[Node]) -> Result<Checked, FormulaError> {
        let what = format!("function '{name}()'");
        let count = |wanted: usize| {
            if arguments.len() == wanted { Ok(()) } else { Err(wrong_number(name, wanted, arguments.len())) }
        };
        let booleans = || arguments.iter().map(|one| self.boolean(&what, one)).collect::<Result<Vec<_>, _>>();
        Ok(match (name, arguments) {
            ("AND" | "OR", []) => return Err(wrong_number(name, 2, 0)),
            ("AND", _) => (Expr::All(booleans()?), Kind::Boolean),
            ("OR", _) => (Expr::Any(booleans()?), Kind::Boolean),
            ("NOT", [inner]) => (call(texts::not, vec![self.boolean(&what, inner)?]), Kind::Boolean),
            ("IF", [test, then, otherwise]) => {
                let test = self.boolean(&what, test)?;
                let (then, a) = self.value(then)?;
                let (otherwise, b) = self.value(otherwise)?;
                let kind = common(&what, a, b)?;
                (Expr::If(Box::new([test, then, otherwise])), kind)
            }
            ("CASE", [subject, rest @ ..]) if rest.len() >= 3 && rest.len() % 2 == 1 => {
                self.case(&what, subject, rest)?
            }
            ("CASE", _) => return Err(wrong_number(name, (arguments.len() / 2 * 2).max(4), arguments.len())),
            ("ISNEW", []) => (Expr::New, Kind::Boolean),
            ("ISCHANGED", _) => (Expr::Changed(self.own_field(name, arguments)?.0), Kind::Boolean),
            ("PRIORVALUE", _) => {
                let (path, kind) = self.own_field(name, arguments)?;
                (Expr::Prior(path), kind)
            }
            ("ISPICKVAL", [field, text]) => {
                self.picklist(&what, Kind::Picklist, field, text, texts::equal)?
            }
            ("INCLUDES", [field, text]) => {
                self.picklist(&what, Kind::MultiPicklist, field, text, texts::includes)?
            }
            ("TEXT", [value]) => {
                let (expression, kind) = self.any(value)?;
                if matches!(kind, Kind::Boolean | Kind::Text | Kind::MultiPicklist) {
                    let wanted = [Kind::Number, Kind::Date, Kind::DateTime, Kind::Picklist];
                    return Err(wrong_type(&what, &wanted, kind));
                }
                (call(texts::text, vec![expression]), Kind::Text)
            }
            ("ISBLANK" | "ISNULL", [value]) => {
                let (expression, kind) = match self.any(value)? {
                    multi @ (_, Kind::MultiPicklist) => multi,
                    _ => self.value(value)?,
                };
                // A text is never null, a checkbox neither.
                let native: Native =
                    if name == "ISBLANK" || kind != Kind::Text { texts::is_blank } else { texts::never };
                (call(native, vec![expression]), Kind::Boolean)
            }
            ("BLANKVALUE" | "NULLVALUE", [value, substitute]) => {
                let (value, a) = self.value(value)?;
                let (substitute, b) = self.value(substitute)?;
                let kind = common(&what, a, b)?;
                let native: Native =
                    if name == "BLANKVALUE" || kind != Kind::Text { texts::or_else } else { texts::first };
                (call(native, vec![value, substitute]), kind)
            }
            ("NOT" | "ISBLANK" | "ISNULL" | "TEXT", _) => return Err(wrong_number(name, 1, arguments.len())),
            ("ISNEW", _) => return Err(wrong_number(name, 0, arguments.len())),
            ("IF", _) => return Err(wrong_number(name, 3, arguments.len())),
            ("ISPICKVAL" | "INCLUDES" | "BLANKVALUE" | "NULLVALUE", _) => {
                return Err(wrong_number(name, 2, arguments.len()));
            }
            _ => {
                let found = function::named(name)?;
                count(arguments.len().clamp(found.least, found.most))?;
                self.table(&what, found, arguments)?
            }
        })
    }

    fn table(&self, what: &str, function: &Function, arguments: &[Node]) -> Result<Checked, FormulaError> {
        let mut checked = Vec::with_capacity(arguments.len());
        let mut result = function.result;
        for (at, argument) in arguments.iter().enumerate() {
            let wanted = function.wants(at);
            let (expression, kind) = self.value(argument)?;
            if kind != Kind::Null && !wanted.contains(&kind) {
                return Err(wrong_type(what, wanted, kind));
            }
            if at == 0 && function.keeps && kind != Kind::Null {
                result = kind;
            }
            checked.push(expression);
        }
        let native = function.run;
        Ok((call(native, checked), result))
    }

    fn case(&self, what: &str, subject: &Node, rest: &[Node]) -> Result<Checked, FormulaError> {
        let (subject, mut kind) = self.any(subject)?;
        if matches!(kind, Kind::Boolean | Kind::MultiPicklist) {
            let wanted = [Kind::Number, Kind::Text, Kind::Date, Kind::DateTime, Kind::Picklist];
            return Err(wrong_type(what, &wanted, kind));
        }
        if kind == Kind::Picklist {
            kind = Kind::Text;
        }
        let mut pairs = Vec::with_capacity(rest.len() / 2);
        let mut result = Kind::Null;
        for pair in rest.chunks_exact(2) {
            let [value, then] = pair else { continue };
            let (value, a) = self.value(value)?;
            common(what, kind, a)?;
            let (then, b) = self.value(then)?;
            result = common(what, result, b)?;
            pairs.push((value, then));
        }
        let otherwise =
            rest.last().map_or(Ok((Expr::Constant(Datum::Null), Kind::Null)), |last| self.value(last))?;
        result = common(what, result, otherwise.1)?;
        Ok((Expr::Case(Box::new(subject), pairs, Box::new(otherwise.0)), result))
    }

    fn picklist(
        &self,
        what: &str,
        wanted: Kind,
        field: &Node,
        text: &Node,
        native: Native,
    ) -> Result<Checked, FormulaError> {
        let (field, kind) = self.any(field)?;
        if kind != wanted {
            return Err(wrong_type(what, &[wanted], kind));
        }
        let Node::Text(text) = text else {
            let (_, kind) = self.value(text)?;
            return Err(FormulaError(format!(
                "Incorrect parameter type for {what}. Expected Text Literal, received {}",
                kind.name()
            )));
        };
        let text = Expr::Constant(Datum::Text(text.clone()));
        Ok((call(native, vec![field, text]), Kind::Boolean))
    }
}

fn call(native: Native, arguments: Vec<Expr>) -> Expr {
    Expr::Call(native, arguments)
}

/// The kind that both have.
fn common(what: &str, a: Kind, b: Kind) -> Result<Kind, FormulaError> {
    match (a, b) {
        (Kind::Null, kind) | (kind, Kind::Null) => Ok(kind),
        (a, b) if a == b => Ok(a),
        (a, b) => Err(wrong_type(what, &[a], b)),
    }
}

/// What a sum or difference is.
fn sum(sign: &str, a: Kind, b: Kind) -> Result<Kind, FormulaError> {
    let plus = sign == "+";
    Ok(match (a, b) {
        (Kind::Null, kind) | (kind, Kind::Null) => kind,
        (Kind::Number, Kind::Number) => Kind::Number,
        (Kind::Date | Kind::DateTime, Kind::Number) => a,
        (Kind::Number, Kind::Date | Kind::DateTime) if plus => b,
        (Kind::Date, Kind::Date) | (Kind::DateTime, Kind::DateTime) if !plus => Kind::Number,
        (Kind::Text, Kind::Text) if plus => Kind::Text,
        (Kind::Text, other) if plus => return Err(wrong_type(&operator(sign), &[Kind::Text], other)),
        (Kind::Number | Kind::Date | Kind::DateTime, wrong) | (wrong, _) => {
            let wanted = [Kind::Number, Kind::Date, Kind::DateTime];
            return Err(wrong_type(&operator(sign), &wanted, wrong));
        }
    })
}

/// The field that an expression is about.
fn named(node: &Node) -> &str {
    match node {
        Node::Name(name) => name,
        Node::Call(_, arguments) => arguments.first().map_or("", named),
        _ => "",
    }
}
