//! What search engines are told: which pages there are, and which addresses are for programs (RFC 9309, sitemaps.org).

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::Features;
use crate::http::etag::validated;
use crate::http::language::Language;
use crate::http::links::BaseUrl;
use crate::http::problem::Problem;

/// `/robots.txt`.
pub async fn robots(base: BaseUrl, headers: HeaderMap) -> Response {
    let text = format!(
        "User-agent: *\nDisallow: /tiles/\nDisallow: /api/changes\nDisallow: /api/collections/*/export.\n\
         Disallow: /api/collections/*/legal.zip\nDisallow: /*f=json\n\nSitemap: {}/sitemap.xml\n",
        base.0
    );
    validated(&headers, "text/plain; charset=utf-8", text)
}

/// `/sitemap.xml`: the pages from which all records are reached, and when a register last changed.
pub async fn sitemap(State(features): State<Features>, base: BaseUrl, headers: HeaderMap) -> Result<Response, Problem> {
    let mut pages = ["/", "/api", "/api/collections"].map(|path| (path.to_owned(), None)).to_vec();
    for layer in &features.catalogue.layers {
        let modified = features.overviews.of(layer).await?.modified;
        pages.extend(["", "/items"].map(|end| (format!("/api/collections/{}{end}", layer.id), modified)));
    }
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" xmlns:xhtml=\"http://www.w3.org/1999/xhtml\">\n"
        .to_owned();
    // addresses have nothing in them that XML would take for its own
    for (path, modified) in pages {
        let url = |language: Language| format!("{}{path}?lang={}", base.0, language.tag());
        let others = Language::ALL.map(|language| {
            format!("<xhtml:link rel=\"alternate\" hreflang=\"{}\" href=\"{}\"/>", language.tag(), url(language))
        });
        let changed = modified.map(|at| format!("<lastmod>{}</lastmod>", at.to_rfc3339())).unwrap_or_default();
        for language in Language::ALL {
            xml.push_str(&format!("<url><loc>{}</loc>{changed}{}</url>\n", url(language), others.concat()));
        }
    }
    xml.push_str("</urlset>\n");
    Ok(validated(&headers, "application/xml", xml))
}
