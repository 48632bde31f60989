//! Markdown as HTML, as GitHub shows it: the same anchors, the same tables. HTML in it is text.

use std::collections::HashMap;

use pulldown_cmark::{
    CodeBlockKind, CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd, html,
};

use crate::html::escaped;

/// A document that was rendered.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// The text of its first heading.
    pub(super) title: String,
    /// Anchor and text of the headings of the second level.
    pub(super) parts: Vec<(String, String)>,
    pub(super) html: String,
}

/// Renders the document at a path of the repository. `url_of` says where another file of it is served;
/// a link to one that is not is left out, and its text stays.
pub(super) fn render(
    path: &str,
    markdown: &str,
    url_of: &dyn Fn(&str) -> Option<String>,
) -> Document {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let read: Vec<Event<'_>> = Parser::new_ext(markdown, options).collect();
    let mut document = Document::default();
    let mut anchors = Anchors::default();
    let mut written = Vec::with_capacity(read.len());
    // Of each link or picture that is open, whether it is one in the page too.
    let mut kept = Vec::new();
    for (at, event) in read.iter().enumerate() {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                let text = text_of_heading(&read[at..]);
                let id = anchors.next(&text);
                written.push(Event::Start(Tag::Heading {
                    level: *level,
                    id: Some(id.clone().into()),
                    classes: Vec::new(),
                    attrs: Vec::new(),
                }));
                if document.title.is_empty() {
                    document.title = text;
                } else if *level == HeadingLevel::H2 {
                    document.parts.push((id, text));
                }
            }
            Event::Start(Tag::Link {
                link_type,
                dest_url,
                title,
                id,
            }) => {
                let url = match link_type {
                    LinkType::Email => Some(dest_url.to_string()),
                    _ => link(folder, dest_url, url_of),
                };
                kept.push(url.is_some());
                written.extend(url.map(|url| {
                    Event::Start(Tag::Link {
                        link_type: *link_type,
                        dest_url: url.into(),
                        title: title.clone(),
                        id: id.clone(),
                    })
                }));
            }
            Event::Start(Tag::Image {
                link_type,
                dest_url,
                title,
                id,
            }) => {
                let url = resolved(folder, dest_url).and_then(|path| url_of(&path));
                kept.push(url.is_some());
                written.extend(url.map(|url| {
                    Event::Start(Tag::Image {
                        link_type: *link_type,
                        dest_url: url.into(),
                        title: title.clone(),
                        id: id.clone(),
                    })
                }));
            }
            Event::End(TagEnd::Link | TagEnd::Image) => {
                if kept.pop() == Some(true) {
                    written.push(event.clone());
                }
            }
            // What is wider than the screen is moved by itself, also with the keyboard.
            Event::Start(Tag::Table(_)) => {
                let opened =
                    "<div class=\"wide\" role=\"group\" aria-label=\"Table\" tabindex=\"0\">";
                written.push(Event::Html(opened.into()));
                written.push(event.clone());
            }
            Event::End(TagEnd::Table) => {
                written.push(event.clone());
                written.push(Event::Html("</div>\n".into()));
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                written.push(Event::Html(opened_code(kind).into()));
            }
            Event::End(TagEnd::CodeBlock) => written.push(Event::Html("</code></pre>\n".into())),
            Event::Start(Tag::HtmlBlock) => written.push(Event::Start(Tag::Paragraph)),
            Event::End(TagEnd::HtmlBlock) => written.push(Event::End(TagEnd::Paragraph)),
            Event::Html(text) | Event::InlineHtml(text) => written.push(Event::Text(text.clone())),
            event => written.push(event.clone()),
        }
    }
    html::push_html(&mut document.html, written.into_iter());
    document
}

/// Where a path in a folder leads, from the root of the repository; none where that is no path or
/// leads out of it.
pub(super) fn resolved(folder: &str, path: &str) -> Option<String> {
    if path.is_empty() || path.starts_with('/') || path.contains([':', '\\']) {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The target of a link in the page: within it, on the web, or another file that is served.
fn link(folder: &str, target: &str, url_of: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let on_the_web = ["https://", "http://"].into_iter().any(|scheme| {
        let start = target.get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    if on_the_web || target.starts_with('#') {
        return Some(target.to_owned());
    }
    let (path, anchor) = match target.split_once('#') {
        Some((path, anchor)) => (path, format!("#{anchor}")),
        None => (target, String::new()),
    };
    let url = url_of(&resolved(folder, path)?)?;
    Some(url + &anchor)
}

fn opened_code(kind: &CodeBlockKind<'_>) -> String {
    let language = match kind {
        CodeBlockKind::Fenced(info) => info.split([' ', ',']).next().unwrap_or_default(),
        CodeBlockKind::Indented => "",
    };
    match language {
        "" => "<pre tabindex=\"0\"><code>".to_owned(),
        language => {
            let language = escaped(language);
            format!("<pre tabindex=\"0\"><code class=\"language-{language}\">")
        }
    }
}

/// The text of the heading that the events begin with.
fn text_of_heading(events: &[Event<'_>]) -> String {
    let inside = events
        .iter()
        .take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_))));
    let texts = inside.filter_map(|event| match event {
        Event::Text(text) | Event::Code(text) | Event::InlineHtml(text) => Some(text.clone()),
        Event::SoftBreak | Event::HardBreak => Some(CowStr::Borrowed(" ")),
        _ => None,
    });
    texts.collect::<Vec<_>>().concat()
}

/// The anchors of a document's headings, as GitHub makes them: small letters, digits, `-` and `_` stay, a
/// space becomes `-`, the rest goes; what is there already gets a number.
#[derive(Default)]
struct Anchors {
    used: HashMap<String, usize>,
}

impl Anchors {
    fn next(&mut self, text: &str) -> String {
        let kept = text.trim().chars().flat_map(char::to_lowercase);
        let kept = kept.filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ' '));
        let anchor: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let mut unused = anchor.clone();
        while self.used.contains_key(&unused) {
            let count = self.used.entry(anchor.clone()).or_default();
            *count += 1;
            unused = format!("{anchor}-{count}");
        }
        self.used.insert(unused.clone(), 0);
        unused
    }
}
