//! `DISTANCE` between a place in a row and a place in the query.

use serde_json::{Number, Value};

use crate::org::ObjectType;
use crate::tables::{Row, View};

/// Mean radius of the Earth.
const KILOMETRES: f64 = 6_371.009;
const MILES: f64 = 3_958.761;

/// A place in degrees, and the unit in which distances to it are counted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Point {
    pub latitude: f64,
    pub longitude: f64,
    pub miles: bool,
}

impl Point {
    /// How far away the place in a column of a row is; null where one of its coordinates is missing.
    pub(super) fn from(self, view: &View<'_>, object: &ObjectType, row: &Row, column: &str) -> Value {
        let compound = row.value(view, column);
        let coordinate = |word: &str| {
            if let Some(inside) = compound.get(word.to_ascii_lowercase()) {
                return inside.as_f64();
            }
            // `Site__c` is kept in `Site__Latitude__s`, `BillingAddress` in `BillingLatitude`.
            let name = match (column.strip_suffix("__c"), column.strip_suffix("Address")) {
                (Some(stem), _) => format!("{stem}__{word}__s"),
                (None, Some(stem)) => format!("{stem}{word}"),
                (None, None) => return None,
            };
            row.value(view, &object.field(&name)?.name).as_f64()
        };
        let found = coordinate("Latitude").zip(coordinate("Longitude"));
        let distance = found.map(|(latitude, longitude)| self.to(latitude, longitude));
        distance.and_then(Number::from_f64).map_or(Value::Null, Value::Number)
    }

    /// Along a great circle.
    fn to(self, latitude: f64, longitude: f64) -> f64 {
        let (a, b) = (self.latitude.to_radians(), latitude.to_radians());
        let turn = (longitude - self.longitude).to_radians();
        let chord = ((b - a) / 2.0).sin().powi(2) + a.cos() * b.cos() * (turn / 2.0).sin().powi(2);
        let radius = if self.miles { MILES } else { KILOMETRES };
        2.0 * radius * chord.sqrt().min(1.0).asin()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_map() {
        let paris = Point { latitude: 48.8566, longitude: 2.3522, miles: false };
        assert!((paris.to(51.5074, -0.1278) - 343.5).abs() < 1.0);
        assert!((Point { miles: true, ..paris }.to(51.5074, -0.1278) - 213.5).abs() < 1.0);
        assert!(paris.to(48.8566, 2.3522).abs() < 1e-9);
        assert!(
            (Point { latitude: 0.0, longitude: 179.0, miles: false }.to(0.0, -179.0) - 222.4).abs() < 1.0
        );
    }
}
