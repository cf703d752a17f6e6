//! As much HTML as it takes to read a page and to fill in a form.

/// A form of a page.
#[derive(Debug, Default)]
pub struct Form {
    /// Where it is sent.
    pub action: String,
    /// Its hidden fields.
    pub hidden: Vec<(String, String)>,
    /// Names and values of its buttons.
    pub buttons: Vec<(String, String)>,
}

/// The first form of a page.
pub fn form(page: &str) -> Option<Form> {
    let start = page.find("<form")?;
    let end = page[start..].find("</form>").map_or(page.len(), |at| start + at);
    let mut form = Form::default();
    for tag in page[start..end].split('<').skip(1) {
        let Some(tag) = tag.split('>').next() else { continue };
        let field = || Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default()));
        if tag.starts_with("form") {
            form.action = attribute(tag, "action").unwrap_or_default();
        } else if tag.starts_with("input") && attribute(tag, "type").as_deref() == Some("hidden") {
            form.hidden.extend(field());
        } else if tag.starts_with("button") {
            form.buttons.extend(field());
        }
    }
    Some(form)
}

/// What a page says, a line per block.
pub fn text(page: &str) -> Vec<String> {
    let body = page.split_once("<body").map_or(page, |(_, body)| body);
    let body = body.split_once('>').map_or(body, |(_, body)| body);
    let mut lines = vec![String::new()];
    for (at, piece) in body.split('<').enumerate() {
        let (tag, words) = if at == 0 { ("", piece) } else { piece.split_once('>').unwrap_or((piece, "")) };
        let name =
            tag.trim_start_matches('/').split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or("");
        let inline = matches!(name, "" | "a" | "b" | "strong" | "em" | "i" | "code" | "span");
        // A term and what it says belong on one line.
        let term = tag == "/dt" || tag == "/th";
        if term {
            lines.last_mut().unwrap_or(&mut String::new()).push_str(": ");
        } else if !inline && !matches!(name, "dd" | "td") {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(&unescape(words));
        }
    }
    let lines = lines.iter().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect()
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    tag[start..].split('"').next().map(unescape)
}

fn unescape(text: &str) -> String {
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&apos;", "'"),
        ("&#x2f;", "/"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}
