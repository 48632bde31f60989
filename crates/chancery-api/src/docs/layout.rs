//! The page around a document: where one is, what else there is, what comes next.

use std::fmt::Write as _;

use super::contents::{Entry, Section};
use super::markdown::Document;
use crate::html::escaped;

/// The frame of all pages.
pub(super) struct Layout<'a> {
    sections: &'a [Section],
    url_of: &'a dyn Fn(&str) -> Option<String>,
}

impl<'a> Layout<'a> {
    pub(super) fn new(sections: &'a [Section], url_of: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { sections, url_of }
    }

    /// All documents, in the order in which one reads them.
    pub(super) fn entries(&self) -> impl Iterator<Item = &'a Entry> {
        self.sections.iter().flat_map(|section| &section.entries)
    }

    /// The page of the document at a place among all.
    pub(super) fn page(&self, index: usize, document: &Document) -> String {
        let mut main = format!("<article>\n{}</article>\n", document.html);
        let beside = [
            ("prev", "Previous", index.checked_sub(1)),
            ("next", "Next", index.checked_add(1)),
        ];
        main.push_str("<nav class=\"beside\" aria-label=\"Previous and next\">");
        for (relation, says, index) in beside {
            let entry = index.and_then(|index| self.entries().nth(index));
            if let Some(entry) = entry {
                let _ = write!(
                    main,
                    "<a rel=\"{relation}\" href=\"{}\"><span>{says}</span> {}</a>",
                    self.url(entry),
                    escaped(&entry.title)
                );
            }
        }
        main.push_str("</nav>\n");
        let title = match document.title.as_str() {
            "chancery" => "chancery".to_owned(),
            title => format!("{} – chancery", escaped(title)),
        };
        self.framed(&title, &main, Some((index, document)))
    }

    /// The page for a path that leads nowhere.
    pub(super) fn lost(&self) -> String {
        let main = "<article>\n<h1>There is no such page</h1>\n<p>The documents begin at \
             <a href=\"/docs\">/docs</a>; all of them are listed under \
             <a href=\"#page.contents\">Contents</a>. The calls are at \
             <a href=\"/openapi.html\">/openapi.html</a>.</p>\n</article>\n";
        self.framed("No such page – chancery", main, None)
    }

    /// The anchors of the frame have a dot, which no heading's has.
    fn framed(&self, title: &str, main: &str, current: Option<(usize, &Document)>) -> String {
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n<link rel=\"stylesheet\" href=\"/docs/style.css\">\n</head>\n\
             <body>\n<a class=\"skip\" href=\"#page.main\">Skip to the text</a>\n\
             <header><a class=\"name\" href=\"/docs\">chancery</a>\
             <a class=\"to-contents\" href=\"#page.contents\">Contents</a>\
             <a href=\"/openapi.html\">All calls</a></header>\n\
             <main id=\"page.main\" tabindex=\"-1\">\n{main}</main>\n{}</body>\n</html>\n",
            self.contents(current)
        )
    }

    fn contents(&self, current: Option<(usize, &Document)>) -> String {
        let mut nav =
            String::from("<nav class=\"contents\" id=\"page.contents\" aria-label=\"Contents\">\n");
        let mut index = 0;
        for section in self.sections {
            if !section.title.is_empty() {
                let _ = writeln!(nav, "<h2>{}</h2>", escaped(&section.title));
            }
            let mut depth = 0;
            for entry in &section.entries {
                if depth >= entry.depth {
                    nav.push_str(&"</li></ul>".repeat(depth - entry.depth));
                    nav.push_str("</li>\n<li>");
                } else {
                    nav.push_str(&"<ul><li>".repeat(entry.depth - depth));
                }
                depth = entry.depth;
                let current = current.filter(|(current, _)| *current == index);
                self.write_entry(&mut nav, entry, current.map(|(_, document)| document));
                index += 1;
            }
            nav.push_str(&"</li></ul>".repeat(depth));
            nav.push('\n');
        }
        nav.push_str("</nav>\n");
        nav
    }

    /// An entry; the sections of the document that is shown stand below its own.
    fn write_entry(&self, nav: &mut String, entry: &Entry, shown: Option<&Document>) {
        let mark = shown.map_or("", |_| " aria-current=\"page\"");
        let (url, title) = (self.url(entry), escaped(&entry.title));
        let _ = write!(nav, "<a href=\"{url}\"{mark}>{title}</a>");
        let parts = shown.map(|document| document.parts.as_slice());
        if let Some(parts) = parts.filter(|parts| parts.len() > 1) {
            nav.push_str("<ul class=\"parts\">");
            for (id, title) in parts {
                let (id, title) = (escaped(id), escaped(title));
                let _ = write!(nav, "<li><a href=\"#{id}\">{title}</a></li>");
            }
            nav.push_str("</ul>");
        }
    }

    fn url(&self, entry: &Entry) -> String {
        escaped(&(self.url_of)(&entry.path).unwrap_or_default())
    }
}
