#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{Event, Options, Parser, Tag};

use super::markdown::{Document, render, resolved};
use super::*;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The paths in the repository of README.md, and of what is in `docs/` and ends so.
fn present(ends: &[&str]) -> Vec<String> {
    let root = repository();
    let (mut found, mut folders) = (vec!["README.md".to_owned()], vec![root.join("docs")]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if ends.iter().any(|end| path.to_string_lossy().ends_with(end)) {
                let path = path.strip_prefix(&root).unwrap();
                found.push(path.to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

#[test]
fn the_binary_carries_every_document_and_picture() {
    let carried: Vec<_> = files::FILES.iter().map(|(path, _)| *path).collect();
    assert_eq!(
        carried,
        present(&[".md", ".svg"]),
        "list what is in docs/, sorted, in crates/chancery-api/src/docs/files.rs"
    );
}

#[test]
fn the_table_of_contents_names_every_document_once_and_no_other() {
    let summary = fs::read_to_string(repository().join(SUMMARY)).unwrap();
    let sections = contents::read(&summary);
    let entries = sections.iter().flat_map(|section| &section.entries);
    let mut named: Vec<_> = entries.map(|entry| entry.path.clone()).collect();
    named.sort();
    let mut documents = present(&[".md"]);
    documents.retain(|path| path != SUMMARY);
    assert_eq!(named, documents, "name what is in docs/ in docs/SUMMARY.md");
    assert!(sections.iter().all(|section| !section.title.is_empty()));
}

#[test]
fn no_two_files_have_one_address() {
    let urls = files::FILES.iter().map(|(path, _)| url(path).unwrap());
    let urls: BTreeSet<_> = urls.collect();
    assert_eq!(urls.len(), files::FILES.len());
}

/// A link to a file that is not carried is shown as text, so that no page would tell of a misspelt one.
/// And what looks like HTML was meant to be code.
#[test]
fn links_in_the_documents_name_files_and_nothing_is_html() {
    let mut links = 0;
    let documents = files::FILES
        .iter()
        .filter(|(path, _)| path.ends_with(".md"));
    for (path, text) in documents {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
            match event {
                Event::Html(html) | Event::InlineHtml(html) => panic!("{path}: {html}"),
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    if dest_url.starts_with("https://") || dest_url.starts_with('#') {
                        continue;
                    }
                    let target = dest_url.split('#').next().unwrap();
                    let target = resolved(folder, target);
                    let target = target.unwrap_or_else(|| panic!("{path}: {dest_url}"));
                    assert!(repository().join(target).exists(), "{path}: {dest_url}");
                    links += 1;
                }
                _ => {}
            }
        }
    }
    assert!(links > 20, "{links}");
}

#[test]
fn a_table_of_contents_is_read() {
    let summary = "# Summary\n\n[Start](../README.md)\n\n# The *calls*\n\n\
         - [`ccm`](calls/ccm.md)\n  - [In depth](calls/deep.md)\n- [Out](../../x.md)\n\n# Empty\n";
    let entry = |title: &str, path: &str, depth| contents::Entry {
        title: title.to_owned(),
        path: path.to_owned(),
        depth,
    };
    let section = |title: &str, entries| Section {
        title: title.to_owned(),
        entries,
    };
    assert_eq!(
        contents::read(summary),
        [
            section("Summary", vec![entry("Start", "README.md", 1)]),
            section(
                "The calls",
                vec![
                    entry("ccm", "docs/calls/ccm.md", 1),
                    entry("In depth", "docs/calls/deep.md", 2),
                    entry("Out", "", 1),
                ]
            ),
        ]
    );
}

fn url_of(path: &str) -> Option<String> {
    [
        "README.md",
        "docs/iam.md",
        "docs/calls/ccm.md",
        "docs/a.svg",
    ]
    .contains(&path)
    .then(|| url(path))?
}

fn rendered(markdown: &str) -> Document {
    render("docs/calls/dcs.md", markdown, &url_of)
}

fn html(markdown: &str) -> String {
    rendered(markdown).html.trim_end().to_owned()
}

#[test]
fn headings_have_the_anchors_of_github() {
    let document = rendered(
        "# The order\n## Storage that is away\n## `a_b-c`: 100 % (n. & m.)\n## Über İt\n\
         ### Twice\n### Twice\n### Twice-1\n### Twice\nUnder\nlined\n---\n",
    );
    assert_eq!(document.title, "The order");
    let part = |id: &str, text: &str| (id.to_owned(), text.to_owned());
    assert_eq!(
        document.parts,
        [
            part("storage-that-is-away", "Storage that is away"),
            part("a_b-c-100--n--m", "a_b-c: 100 % (n. & m.)"),
            part("über-it", "Über İt"),
            part("under-lined", "Under lined"),
        ]
    );
    for id in ["the-order", "twice", "twice-1", "twice-1-1", "twice-2"] {
        assert!(document.html.contains(&format!("id=\"{id}\"")), "{id}");
    }
}

#[test]
fn links_lead_to_what_is_served() {
    for (markdown, expected) in [
        ("[a](ccm.md)", "<p><a href=\"/docs/calls/ccm\">a</a></p>"),
        (
            "[a](../iam.md#b-c)",
            "<p><a href=\"/docs/iam#b-c\">a</a></p>",
        ),
        (
            "[a](../../README.md)",
            "<p><a href=\"/docs/README\">a</a></p>",
        ),
        (
            "[a](./../calls/./ccm.md)",
            "<p><a href=\"/docs/calls/ccm\">a</a></p>",
        ),
        ("[a](#b)", "<p><a href=\"#b\">a</a></p>"),
        (
            "[a](https://x.example/y?z)",
            "<p><a href=\"https://x.example/y?z\">a</a></p>",
        ),
        (
            "<HTTP://x.example>",
            "<p><a href=\"HTTP://x.example\">HTTP://x.example</a></p>",
        ),
        (
            "[a][b]\n\n[b]: ccm.md",
            "<p><a href=\"/docs/calls/ccm\">a</a></p>",
        ),
        (
            "![a *b*](../a.svg)",
            "<p><img src=\"/docs/a.svg\" alt=\"a b\" /></p>",
        ),
        (
            "[![a](../a.svg)](ccm.md)",
            "<p><a href=\"/docs/calls/ccm\"><img src=\"/docs/a.svg\" alt=\"a\" /></a></p>",
        ),
        // Not carried, or not there: what it says stays.
        (
            "[a `b`](../../ARCHITECTURE.md)!",
            "<p>a <code>b</code>!</p>",
        ),
        (
            "[a](no.md) [b](ccm.md)",
            "<p>a <a href=\"/docs/calls/ccm\">b</a></p>",
        ),
        ("[a](../../../README.md)", "<p>a</p>"),
        ("[a](/docs/iam)", "<p>a</p>"),
        ("[a](//x.example)", "<p>a</p>"),
        ("[a]()", "<p>a</p>"),
        ("![a](https://x.example/a.svg)", "<p>a</p>"),
        (
            "[![a](no.svg)](ccm.md)",
            "<p><a href=\"/docs/calls/ccm\">a</a></p>",
        ),
    ] {
        assert_eq!(html(markdown), expected, "{markdown}");
    }
}

#[test]
fn nothing_in_a_document_is_carried_out() {
    for (markdown, expected) in [
        (
            "<script>alert(1)</script>",
            "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>",
        ),
        (
            "a <b onclick=\"x\">c</b>",
            "<p>a &lt;b onclick=\"x\"&gt;c&lt;/b&gt;</p>",
        ),
        ("`<i>` & <", "<p><code>&lt;i&gt;</code> &amp; &lt;</p>"),
        ("[a](javascript:alert(1))", "<p>a</p>"),
        ("[a](JavaScript&colon;alert(1))", "<p>a</p>"),
        (
            "[a](java\\\nscript:alert)",
            "<p>[a](java<br />\nscript:alert)</p>",
        ),
        ("<javascript:alert(1)>", "<p>javascript:alert(1)</p>"),
        ("[a](data:text/html,x)", "<p>a</p>"),
        ("![a](data:image/svg+xml,x)", "<p>a</p>"),
        (
            "[a](<https://x\" onclick=\"y>)",
            "<p><a href=\"https://x%22%20onclick=%22y\">a</a></p>",
        ),
        ("[a](#\"x)", "<p><a href=\"#%22x\">a</a></p>"),
        (
            "[a](ccm.md \"b\\\"c<\")",
            "<p><a href=\"/docs/calls/ccm\" title=\"b&quot;c&lt;\">a</a></p>",
        ),
        (
            "```\"><b>\n<i>\n```",
            "<pre tabindex=\"0\"><code class=\"language-&quot;&gt;&lt;b&gt;\">&lt;i&gt;\n</code></pre>",
        ),
    ] {
        assert_eq!(html(markdown), expected, "{markdown}");
    }
    let heading = rendered("# <script>\n\n## \"><b>\n");
    assert!(!heading.html.contains("<script"), "{}", heading.html);
    assert!(!heading.html.contains("<b>"), "{}", heading.html);
}

#[test]
fn tables_and_code_are_moved_by_themselves() {
    assert_eq!(
        html("| a | b |\n|---|--:|\n| `c\\|` | [d](../iam.md) |"),
        "<div class=\"wide\" role=\"group\" aria-label=\"Table\" tabindex=\"0\">\
         <table><thead><tr><th>a</th><th style=\"text-align: right\">b</th></tr></thead><tbody>\n\
         <tr><td><code>c|</code></td><td style=\"text-align: right\"><a href=\"/docs/iam\">d</a></td></tr>\n\
         </tbody></table>\n</div>"
    );
    assert_eq!(
        html("```sh extra\na && b\n```\n\n    c"),
        "<pre tabindex=\"0\"><code class=\"language-sh\">a &amp;&amp; b\n</code></pre>\n\
         <pre tabindex=\"0\"><code>c</code></pre>"
    );
}

const FEW: &[(&str, &str)] = &[
    (
        SUMMARY,
        "# One\n- [A & o](a.md)\n  - [B](b/b.md)\n# Two\n- [C](c.md)\n",
    ),
    ("docs/a.md", "# A\n## First <\n## Second\n![it](b/x.svg)\n"),
    ("docs/b/b.md", "# B\n[a](../a.md#first-)\n"),
    ("docs/c.md", "# C\n"),
    ("docs/b/x.svg", "<svg/>"),
];

fn page(site: &Site, path: &str) -> String {
    String::from_utf8(site.served[path].body.to_vec()).unwrap()
}

#[test]
fn a_page_says_where_one_is_and_what_is_beside() {
    let site = Site::new(FEW);
    let (a, b, c) = (page(&site, "a"), page(&site, "b/b"), page(&site, "c"));
    assert_eq!(page(&site, ""), a);
    assert!(
        a.contains(
            "<nav class=\"contents\" id=\"page.contents\" aria-label=\"Contents\">\n<h2>One</h2>\n\
             <ul><li><a href=\"/docs/a\" aria-current=\"page\">A &amp; o</a><ul class=\"parts\">\
             <li><a href=\"#first-\">First &lt;</a></li><li><a href=\"#second\">Second</a></li></ul>\
             <ul><li><a href=\"/docs/b/b\">B</a></li></ul></li></ul>\n\
             <h2>Two</h2>\n<ul><li><a href=\"/docs/c\">C</a></li></ul>\n</nav>"
        ),
        "{a}"
    );
    assert!(
        a.contains("<img src=\"/docs/b/x.svg\" alt=\"it\" />"),
        "{a}"
    );
    assert!(a.contains("<title>A – chancery</title>"), "{a}");
    let previous = |url: &str| format!("<a rel=\"prev\" href=\"{url}\">");
    let next = |url: &str| format!("<a rel=\"next\" href=\"{url}\">");
    assert!(a.contains(&next("/docs/b/b")) && !a.contains("rel=\"prev\""));
    assert!(b.contains(&next("/docs/c")) && b.contains(&previous("/docs/a")));
    assert!(c.contains(&previous("/docs/b/b")) && !c.contains("rel=\"next\""));
    for page in [a, b, c] {
        assert_eq!(page.matches("aria-current=\"page\"").count(), 1, "{page}");
        assert_eq!(page.matches("<ul").count(), page.matches("</ul>").count());
        assert_eq!(page.matches("<li>").count(), page.matches("</li>").count());
    }
    assert!(!String::from_utf8_lossy(&site.lost).contains("aria-current"));
}

#[test]
fn pictures_are_served_and_may_load_nothing() {
    let site = Site::new(FEW);
    let picture = &site.served["b/x.svg"];
    assert_eq!(picture.content_type, "image/svg+xml");
    assert_eq!(&picture.body[..], b"<svg/>");
    assert!(picture.policy.starts_with("default-src 'none';"));
    assert!(picture.policy.ends_with("sandbox"));
    assert!(!site.served.contains_key("SUMMARY"));
}
