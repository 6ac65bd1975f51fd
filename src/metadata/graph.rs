//! A small RDF graph, and its three written forms.

use std::collections::BTreeSet;
use std::io;

use axum::http::StatusCode;
use oxrdf::vocab::{rdf, xsd};
use oxrdf::{Literal, NamedNode, Term, Triple};
use oxrdfxml::RdfXmlSerializer;
use oxttl::TurtleSerializer;
use serde_json::{Map, Value as Json, json};

use crate::catalogue::layer::Bilingual;
use crate::http::problem::Problem;

/// The vocabularies that are used, by the prefix that names begin with.
const PREFIXES: [(&str, &str); 17] = [
    ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
    ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
    ("dcat", "http://www.w3.org/ns/dcat#"),
    ("dcatap", "http://data.europa.eu/r5r/"),
    ("dct", "http://purl.org/dc/terms/"),
    ("eli", "http://data.europa.eu/eli/ontology#"),
    ("foaf", "http://xmlns.com/foaf/0.1/"),
    ("geo", "http://www.opengis.net/ont/geosparql#"),
    ("skos", "http://www.w3.org/2004/02/skos/core#"),
    ("vcard", "http://www.w3.org/2006/vcard/ns#"),
    ("access", "http://publications.europa.eu/resource/authority/access-right/"),
    ("filetype", "http://publications.europa.eu/resource/authority/file-type/"),
    ("frequency", "http://publications.europa.eu/resource/authority/frequency/"),
    ("language", "http://publications.europa.eu/resource/authority/language/"),
    ("theme", "http://publications.europa.eu/resource/authority/data-theme/"),
    ("iana", "https://www.iana.org/assignments/media-types/"),
];

/// A written form of RDF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    JsonLd,
    Turtle,
    Xml,
}

impl Syntax {
    pub const ALL: [Self; 3] = [Self::JsonLd, Self::Turtle, Self::Xml];

    /// What a file's name ends in.
    pub fn ending(self) -> &'static str {
        match self {
            Self::JsonLd => "jsonld",
            Self::Turtle => "ttl",
            Self::Xml => "xml",
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Self::JsonLd => "application/ld+json",
            Self::Turtle => "text/turtle",
            Self::Xml => "application/rdf+xml",
        }
    }
}

/// Statements, those of one subject together.
#[derive(Debug, Default)]
pub struct Graph {
    triples: Vec<Triple>,
    /// Addresses of others that are referred to, with what they are.
    others: BTreeSet<(String, &'static str)>,
}

/// A subject that is being described. Names are `prefix:name`.
pub struct Node<'g> {
    graph: &'g mut Graph,
    subject: NamedNode,
}

/// The whole of a prefixed name.
fn expand(name: &str) -> NamedNode {
    let whole = name.split_once(':').and_then(|(prefix, rest)| {
        PREFIXES.iter().find(|(known, _)| *known == prefix).map(|(_, beginning)| format!("{beginning}{rest}"))
    });
    // names stand in this slice's source, and a test reads all that it writes
    NamedNode::new_unchecked(whole.unwrap_or_else(|| name.to_owned()))
}

impl Graph {
    /// Begins a subject. Refused where its address is none, which is so only where the caller's Host is none.
    pub fn node(&mut self, iri: &str, class: &str) -> Result<Node<'_>, Problem> {
        let subject = NamedNode::new(iri).map_err(|_| {
            Problem::bad_request(
                "host",
                "Заголовок Host не є адресою сервера.",
                "The header Host is not the address of a server.",
            )
        })?;
        Ok(Node { graph: self, subject }.link("rdf:type", class))
    }

    /// Says of the addresses that were referred to what they are.
    pub fn finished(mut self) -> Result<Self, Problem> {
        for (other, class) in std::mem::take(&mut self.others) {
            self.node(&other, class)?;
        }
        Ok(self)
    }

    pub fn write(&self, form: Syntax) -> Result<Vec<u8>, Problem> {
        let failed = |error: &dyn std::fmt::Display| {
            tracing::error!(%error, "a graph cannot be written");
            Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "Опис даних не вдалося записати.",
                "The description of the data could not be written.",
            )
        };
        match form {
            Syntax::JsonLd => serde_json::to_vec(&self.json_ld()).map_err(|error| failed(&error)),
            Syntax::Turtle => self.turtle().map_err(|error| failed(&error)),
            Syntax::Xml => self.xml().map_err(|error| failed(&error)),
        }
    }

    fn turtle(&self) -> io::Result<Vec<u8>> {
        let mut serializer = TurtleSerializer::new();
        for (prefix, beginning) in PREFIXES {
            serializer = serializer.with_prefix(prefix, beginning).map_err(io::Error::other)?;
        }
        let mut out = serializer.for_writer(Vec::new());
        self.triples.iter().try_for_each(|triple| out.serialize_triple(triple))?;
        out.finish()
    }

    fn xml(&self) -> io::Result<Vec<u8>> {
        let mut serializer = RdfXmlSerializer::new();
        for (prefix, beginning) in PREFIXES {
            serializer = serializer.with_prefix(prefix, beginning).map_err(io::Error::other)?;
        }
        let mut out = serializer.for_writer(Vec::new());
        self.triples.iter().try_for_each(|triple| out.serialize_triple(triple))?;
        out.finish()
    }

    /// JSON-LD 1.1, flattened: an object for each subject, names shortened by the prefixes.
    fn json_ld(&self) -> Json {
        let mut subjects: Vec<Json> = Vec::new();
        for same in self.triples.chunk_by(|one, other| one.subject == other.subject) {
            let mut object = Map::new();
            object.insert("@id".to_owned(), same[0].subject.to_string().trim_matches(['<', '>']).into());
            for Triple { predicate, object: value, .. } in same {
                let (key, value) = match value {
                    Term::NamedNode(class) if *predicate == rdf::TYPE => ("@type".to_owned(), compact(class).into()),
                    value => (compact(predicate), json_value(value)),
                };
                let values = object.entry(key).or_insert_with(|| Json::Array(Vec::new()));
                if let Json::Array(values) = values {
                    values.push(value);
                }
            }
            subjects.push(object.into());
        }
        let context: Map<_, _> =
            PREFIXES.iter().map(|(prefix, beginning)| ((*prefix).to_owned(), Json::from(*beginning))).collect();
        json!({ "@context": context, "@graph": subjects })
    }
}

fn compact(name: &NamedNode) -> String {
    let short = PREFIXES.iter().find_map(|(prefix, beginning)| {
        let rest = name.as_str().strip_prefix(beginning)?;
        // what begins with two slashes would be read as an address
        (!rest.starts_with("//")).then(|| format!("{prefix}:{rest}"))
    });
    short.unwrap_or_else(|| name.as_str().to_owned())
}

fn json_value(value: &Term) -> Json {
    match value {
        Term::Literal(literal) => match literal.language() {
            Some(language) => json!({ "@value": literal.value(), "@language": language }),
            None if literal.datatype() == xsd::STRING => json!({ "@value": literal.value() }),
            None => json!({ "@value": literal.value(), "@type": compact(&literal.datatype().into_owned()) }),
        },
        Term::NamedNode(node) => json!({ "@id": compact(node) }),
        other => json!({ "@id": other.to_string() }),
    }
}

impl Node<'_> {
    fn add(self, predicate: &str, object: impl Into<Term>) -> Self {
        self.graph.triples.push(Triple::new(self.subject.clone(), expand(predicate), object));
        self
    }

    /// To another node, by a prefixed name or a whole address. What is no address is left out.
    pub fn link(self, predicate: &str, to: &str) -> Self {
        let to = expand(to);
        if NamedNode::new(to.as_str()).is_ok() { self.add(predicate, to) } else { self }
    }

    /// The same, to something that others describe, of which nothing is said here but what it is.
    pub fn refer(self, predicate: &str, to: &str, class: &'static str) -> Self {
        let whole = expand(to);
        if NamedNode::new(whole.as_str()).is_err() {
            return self;
        }
        self.graph.others.insert((whole.into_string(), class));
        self.link(predicate, to)
    }

    pub fn links<'t>(self, predicate: &str, to: impl IntoIterator<Item = impl AsRef<str> + 't>) -> Self {
        to.into_iter().fold(self, |node, to| node.link(predicate, to.as_ref()))
    }

    pub fn text(self, predicate: &str, text: &str) -> Self {
        self.add(predicate, Literal::new_simple_literal(text))
    }

    /// A text in one language (RFC 5646); nothing where it is empty.
    pub fn said(self, predicate: &str, text: &str, language: &str) -> Self {
        if text.is_empty() {
            return self;
        }
        self.add(predicate, Literal::new_language_tagged_literal_unchecked(text, language))
    }

    pub fn both(self, predicate: &str, texts: &Bilingual) -> Self {
        self.said(predicate, &texts.uk, "uk").said(predicate, &texts.en, "en")
    }

    /// A value of a type, which is a prefixed name; nothing where there is no value.
    pub fn typed(self, predicate: &str, value: Option<String>, kind: &str) -> Self {
        match value {
            Some(value) => self.add(predicate, Literal::new_typed_literal(value, expand(kind))),
            None => self,
        }
    }
}
