//! Values as text.

use std::fmt::Write;
use std::rc::Rc;

use bigdecimal::BigDecimal;
use bigdecimal::num_bigint::Sign;
use chrono::{DateTime, Timelike};

use super::{Thrown, invoke, type_name};
use crate::apex::types::Type;
use crate::apex::value::{Instance, Value};
use crate::transaction::Transaction;

/// Bytes of text that a value is printed to before the rest is left out.
const TEXT_MAX: usize = 6_000_000;

/// What `String.valueOf(value)` answers.
pub fn to_text(tx: &mut Transaction, value: &Value) -> Result<Rc<str>, Thrown> {
    if let Value::String(text) = value {
        return Ok(text.clone());
    }
    if let Value::Date(day) = value {
        return Ok(Rc::from(day.format("%Y-%m-%d").to_string()));
    }
    joined(tx, value)
}

/// What a value adds to a string by `+`, and how `System.debug` prints it: days carry their midnight, times are in GMT.
pub fn joined(tx: &mut Transaction, value: &Value) -> Result<Rc<str>, Thrown> {
    if let Value::String(text) = value {
        return Ok(text.clone());
    }
    let mut printer = Printer { text: String::new(), above: Vec::new() };
    printer.print(tx, value)?;
    Ok(Rc::from(printer.text))
}

struct Printer {
    text: String,
    /// Containers that are being printed: one within itself is not printed again.
    above: Vec<*const ()>,
}

impl Printer {
    fn print(&mut self, tx: &mut Transaction, value: &Value) -> Result<(), Thrown> {
        super::nested(tx, |tx| stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.print_here(tx, value)))
    }

    fn print_here(&mut self, tx: &mut Transaction, value: &Value) -> Result<(), Thrown> {
        super::step(tx)?;
        if self.text.len() > TEXT_MAX {
            let message = format!("Apex heap size too large: {}", self.text.len());
            return Err(super::fatal(tx, "System.LimitException", message));
        }
        match value {
            Value::Null => self.text.push_str("null"),
            Value::Boolean(truth) => self.push(truth),
            Value::Integer(number) => self.push(number),
            Value::Long(number) => self.push(number),
            Value::Double(number) => self.text.push_str(&double(*number)),
            Value::Decimal(number) => self.text.push_str(&decimal(number)),
            Value::String(text) => self.text.push_str(text),
            Value::Id(id) => self.text.push_str(id.as_str()),
            Value::Blob(bytes) => self.push(format_args!("Blob[{}]", bytes.len())),
            Value::Date(day) => self.push(format_args!("{} 00:00:00", day.format("%Y-%m-%d"))),
            Value::Datetime(ms) => self.text.push_str(&datetime(*ms)),
            Value::Time(time) => {
                let ms = time.nanosecond() / 1_000_000 % 1_000;
                self.push(format_args!("{}.{ms:03}Z", time.format("%H:%M:%S")));
            }
            Value::List(list) => {
                let items = list.items.borrow().clone();
                self.within(tx, Rc::as_ptr(list).cast(), |this, tx| this.all(tx, "(", items, ")"))?;
            }
            Value::Set(set) => {
                let items = set.values();
                self.within(tx, Rc::as_ptr(set).cast(), |this, tx| this.all(tx, "{", items, "}"))?;
            }
            Value::Map(map) => {
                let pairs = map.pairs();
                self.within(tx, Rc::as_ptr(map).cast(), |this, tx| {
                    this.text.push('{');
                    for (at, (key, value)) in pairs.iter().enumerate() {
                        this.separate(at);
                        this.print(tx, key)?;
                        this.text.push('=');
                        this.print(tx, value)?;
                    }
                    this.text.push('}');
                    Ok(())
                })?;
            }
            Value::Record(record) => {
                let state = record.state.borrow().clone();
                let name = &record.object.name;
                self.within(tx, Rc::as_ptr(record).cast(), |this, tx| {
                    this.push(format_args!("{name}:{{"));
                    let parts = [&state.fields, &state.parents, &state.children, &state.extra];
                    let fields = parts.into_iter().flatten();
                    for (at, (name, value)) in fields.enumerate() {
                        this.separate(at);
                        this.push(format_args!("{name}="));
                        this.print(tx, value)?;
                    }
                    this.text.push('}');
                    Ok(())
                })?;
            }
            Value::Object(instance) => self.object(tx, value, instance)?,
            Value::Enum(class, index) => {
                self.text.push_str(&super::names::enum_constant(&tx.program, *class, *index))
            }
            Value::PlatformEnum(_, name) => self.text.push_str(name),
            Value::Type(ty) => self.text.push_str(&type_name(&tx.program, ty)),
            Value::RecordType(object) => self.text.push_str(&object.name),
            Value::RecordField(_, field) => self.text.push_str(field),
            Value::Platform(platform) => {
                let values: Vec<_> =
                    platform.state.borrow().values.iter().map(|(k, v)| (*k, v.clone())).collect();
                let name = platform.name;
                self.within(tx, Rc::as_ptr(platform).cast(), |this, tx| {
                    this.push(format_args!("{name}["));
                    for (name, value) in &values {
                        this.push(format_args!("{name}="));
                        this.print(tx, value)?;
                        this.text.push(';');
                    }
                    this.text.push(']');
                    Ok(())
                })?;
            }
        }
        Ok(())
    }

    fn object(&mut self, tx: &mut Transaction, value: &Value, instance: &Rc<Instance>) -> Result<(), Thrown> {
        if let Some(own) = invoke(tx, value, "toString", &[])? {
            match own {
                Value::String(text) => self.text.push_str(&text),
                _ => self.text.push_str("null"),
            }
            return Ok(());
        }
        let name = type_name(&tx.program, &instance.class);
        if instance.exception.is_some() {
            self.push(format_args!("{name}: {}", super::message_of(value)));
            return Ok(());
        }
        let names = match instance.class {
            Type::Class(class) => super::names::field_names(&tx.program, class),
            _ => Vec::new(),
        };
        let values = instance.fields.borrow().clone();
        let mut simple = name.rsplit('.').next().unwrap_or_default().to_owned();
        if instance.is_stub {
            simple.push_str("__sfdc_ApexStub");
        }
        self.within(tx, Rc::as_ptr(instance).cast(), |this, tx| {
            this.push(format_args!("{simple}:["));
            for (at, (name, value)) in names.iter().zip(&values).enumerate() {
                this.separate(at);
                this.push(format_args!("{name}="));
                this.print(tx, value)?;
            }
            this.text.push(']');
            Ok(())
        })
    }

    fn within(
        &mut self,
        tx: &mut Transaction,
        container: *const (),
        print: impl FnOnce(&mut Self, &mut Transaction) -> Result<(), Thrown>,
    ) -> Result<(), Thrown> {
        if self.above.contains(&container) {
            self.text.push_str("(already output)");
            return Ok(());
        }
        self.above.push(container);
        print(self, tx)?;
        self.above.pop();
        Ok(())
    }

    fn all(
        &mut self,
        tx: &mut Transaction,
        open: &str,
        items: Vec<Value>,
        close: &str,
    ) -> Result<(), Thrown> {
        self.text.push_str(open);
        for (at, item) in items.iter().enumerate() {
            self.separate(at);
            self.print(tx, item)?;
        }
        self.text.push_str(close);
        Ok(())
    }

    fn separate(&mut self, at: usize) {
        if at > 0 {
            self.text.push_str(", ");
        }
    }

    fn push(&mut self, text: impl std::fmt::Display) {
        // Writing into a string does not fail.
        let _ = write!(self.text, "{text}");
    }
}

fn datetime(ms: i64) -> String {
    let at = DateTime::from_timestamp_millis(ms).unwrap_or_default();
    at.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// As Java prints a double: at least one digit behind the point, an exponent from ten million on and below a thousandth.
pub fn double(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Infinity".to_owned() } else { "-Infinity".to_owned() };
    }
    let size = number.abs();
    if size == 0.0 || (1e-3..1e7).contains(&size) {
        return format!("{number:?}");
    }
    let shown = format!("{number:e}");
    let (digits, exponent) = shown.split_once('e').unwrap_or((&shown, "0"));
    if digits.contains('.') { format!("{digits}E{exponent}") } else { format!("{digits}.0E{exponent}") }
}

/// As Java prints a decimal: plain unless its exponent is below -6 or its scale is negative.
pub fn decimal(number: &BigDecimal) -> String {
    let (digits, scale) = number.as_bigint_and_exponent();
    let (sign, digits) = (digits.sign(), digits.magnitude().to_string());
    let minus = if sign == Sign::Minus { "-" } else { "" };
    let adjusted = digits.len() as i64 - 1 - scale;
    if scale == 0 {
        return format!("{minus}{digits}");
    }
    if scale > 0 && adjusted >= -6 {
        let scale = usize::try_from(scale).unwrap_or(0);
        if digits.len() > scale {
            let (whole, fraction) = digits.split_at(digits.len() - scale);
            return format!("{minus}{whole}.{fraction}");
        }
        return format!("{minus}0.{}{digits}", "0".repeat(scale - digits.len()));
    }
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { String::new() } else { format!(".{rest}") };
    let plus = if adjusted >= 0 { "+" } else { "" };
    format!("{minus}{first}{point}E{plus}{adjusted}")
}
