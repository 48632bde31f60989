//! The table of contents, `docs/SUMMARY.md`: headings, and below each a list of links to documents, which
//! may hold further lists.

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::markdown::resolved;

/// A heading and what stands below it.
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct Section {
    pub(super) title: String,
    pub(super) entries: Vec<Entry>,
}

/// A link to a document.
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct Entry {
    pub(super) title: String,
    /// The document's path in the repository; empty if it leads out of it.
    pub(super) path: String,
    /// How many lists it is in; one that is in none counts as in one.
    pub(super) depth: usize,
}

/// Reads the table of contents. Headings without entries, as its title, are left out.
pub(super) fn read(summary: &str) -> Vec<Section> {
    let mut sections = vec![Section::default()];
    let mut depth = 0;
    // What the text that follows is added to.
    let (mut in_heading, mut in_link) = (false, false);
    for event in Parser::new(summary) {
        let Some(section) = sections.last_mut() else {
            break; // not reached: there is one from the beginning
        };
        match event {
            Event::Start(Tag::Heading { .. }) => {
                in_heading = true;
                sections.push(Section::default());
            }
            Event::End(TagEnd::Heading(_)) => in_heading = false,
            Event::Start(Tag::List(_)) => depth += 1,
            Event::End(TagEnd::List(_)) => depth -= 1,
            Event::Start(Tag::Link { dest_url, .. }) => {
                in_link = true;
                section.entries.push(Entry {
                    title: String::new(),
                    path: resolved("docs", &dest_url).unwrap_or_default(),
                    depth: depth.max(1),
                });
            }
            Event::End(TagEnd::Link) => in_link = false,
            Event::Text(text) | Event::Code(text) => {
                if in_heading {
                    section.title.push_str(&text);
                } else if let Some(entry) = section.entries.last_mut().filter(|_| in_link) {
                    entry.title.push_str(&text);
                }
            }
            _ => {}
        }
    }
    sections.retain(|section| !section.entries.is_empty());
    sections
}
