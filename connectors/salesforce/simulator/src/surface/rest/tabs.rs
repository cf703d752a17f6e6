//! What the user interface needs to begin with: tabs and their colours.

use serde_json::{Value, json};

use super::Call;
use crate::org::ObjectType;
use crate::surface::{Answer, Site};

/// Colours of the themes, as every tab has them here.
const COLORS: [(&str, &str); 2] = [("theme3", "236FBD"), ("theme4", "5867E8")];

fn colors() -> Value {
    COLORS
        .iter()
        .map(|(theme, color)| json!({"color": color, "context": "primary", "theme": theme}))
        .collect()
}

fn icons(base: &str, object: &ObjectType) -> Value {
    let name = if object.is_custom() { "custom/custom1" } else { "standard/record" };
    let sized = |size: u32| json!({"contentType": "image/png", "height": size, "theme": "theme4", "url": format!("{base}/img/icon/t4v35/{name}_{size}.png"), "width": size});
    json!([sized(60), sized(120)])
}

/// `GET …/tabs`.
pub(super) fn list(site: &Site, call: &Call) -> Answer {
    let metadata = site.org.metadata();
    let base = site.base_url(&call.headers);
    let seen = metadata.objects().filter(|object| object.layoutable && call.rights.object(object).read);
    let tab = |object: &std::sync::Arc<ObjectType>| {
        let name = &object.name;
        let page =
            object.key_prefix.as_ref().map_or_else(|| base.clone(), |prefix| format!("{base}/{prefix}/o"));
        json!({
            "colors": colors(),
            "custom": object.is_custom(),
            "iconUrl": format!("{base}/img/icon/custom51_100/record32.png"),
            "icons": icons(&base, object),
            "label": object.label_plural,
            "miniIconUrl": format!("{base}/img/icon/custom51_100/record16.png"),
            "name": if object.is_custom() { name.clone() } else { format!("standard-{name}") },
            "sobjectName": name,
            "timeZone": null,
            "url": page,
        })
    };
    Answer::ok(seen.map(tab).collect())
}

/// `GET …/theme`.
pub(super) fn theme(site: &Site, call: &Call) -> Answer {
    let metadata = site.org.metadata();
    let base = site.base_url(&call.headers);
    let seen = metadata.objects().filter(|object| object.layoutable && call.rights.object(object).read);
    let item = |object: &std::sync::Arc<ObjectType>| json!({"colors": colors(), "icons": icons(&base, object), "name": object.name});
    Answer::ok(json!({"themeItems": seen.map(item).collect::<Value>()}))
}
