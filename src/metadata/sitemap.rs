//! `/sitemap.xml` and `/robots.txt`: where search engines find the pages of registers, and when each last changed.

use crate::catalogue::dataset::Dataset;
use crate::http::language::Language;
use crate::metadata::utc;
use crate::metadata::xml::Element;

const NAMESPACE: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";
const XHTML: &str = "http://www.w3.org/1999/xhtml";

/// The map, the list of registers and the page of each, with their translations (sitemaps.org 0.9).
pub fn sitemap(base: &str, datasets: &[Dataset<'_>]) -> Element {
    let root = Element::new("urlset").set("xmlns", NAMESPACE).set("xmlns:xhtml", XHTML);
    let modified = |dataset: &Dataset<'_>| dataset.overview.modified.map(utc);
    let newest = datasets.iter().filter_map(modified).max();
    root.with(page(&format!("{base}/"), newest.clone()))
        .with(page(&format!("{base}/api/collections"), newest))
        .with_all(datasets.iter().map(|dataset| page(&dataset.page(), modified(dataset))))
}

fn page(address: &str, modified: Option<String>) -> Element {
    let translations = Language::ALL.map(|language| {
        let tag = language.tag();
        let link = Element::new("xhtml:link").set("rel", "alternate").set("hreflang", tag);
        link.set("href", format!("{address}?lang={tag}"))
    });
    let url = Element::new("url").with(Element::new("loc").text(address));
    let changed = modified.map(|modified| Element::new("lastmod").text(&modified));
    url.with_all(changed).with_all(translations)
}

/// Pages may be read by all; what is made anew for every request may not be gone through.
pub fn robots(base: &str) -> String {
    let closed = ["/tiles/", "/api/changes", "/*/export.", "/*/legal.zip", "/metrics"];
    let closed: String = closed.iter().map(|path| format!("Disallow: {path}\n")).collect();
    format!("User-agent: *\n{closed}\nSitemap: {base}/sitemap.xml\n")
}
