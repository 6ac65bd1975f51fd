//! Elements of XML, put together from the inside out and written at once.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// An element with what is in it.
#[derive(Debug, Clone)]
pub struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    children: Vec<Child>,
}

#[derive(Debug, Clone)]
enum Child {
    Element(Element),
    Text(String),
}

impl Element {
    pub fn new(name: &'static str) -> Self {
        Self { name, attributes: Vec::new(), children: Vec::new() }
    }

    pub fn set(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.attributes.push((name, value.into()));
        self
    }

    pub fn with(mut self, child: Self) -> Self {
        self.children.push(Child::Element(child));
        self
    }

    pub fn with_all(self, children: impl IntoIterator<Item = Self>) -> Self {
        children.into_iter().fold(self, Self::with)
    }

    /// A text; control characters, which XML cannot hold, are left out.
    pub fn text(mut self, text: &str) -> Self {
        let shown = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t'));
        self.children.push(Child::Text(shown.collect()));
        self
    }

    /// The document that the element is the root of.
    pub fn document(&self) -> io::Result<Vec<u8>> {
        let mut out = Writer::new_with_indent(Vec::new(), b' ', 1);
        out.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        self.write(&mut out)?;
        Ok(out.into_inner())
    }

    fn write(&self, out: &mut Writer<Vec<u8>>) -> io::Result<()> {
        let mut start = BytesStart::new(self.name);
        for (name, value) in &self.attributes {
            start.push_attribute((*name, value.as_str()));
        }
        if self.children.is_empty() {
            return out.write_event(Event::Empty(start));
        }
        out.write_event(Event::Start(start))?;
        for child in &self.children {
            match child {
                Child::Element(element) => element.write(out)?,
                Child::Text(text) => out.write_event(Event::Text(BytesText::new(text)))?,
            }
        }
        out.write_event(Event::End(BytesEnd::new(self.name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_hold_is_escaped_or_left_out() {
        let root =
            Element::new("a").set("b", "\"<&").with(Element::new("c").text("1 < 2 & \u{1}3")).with(Element::new("d"));
        let text = String::from_utf8(root.document().unwrap()).unwrap();
        assert_eq!(
            text,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a b=\"&quot;&lt;&amp;\">\n <c>1 &lt; 2 &amp; 3</c>\n <d/>\n</a>"
        );
    }
}
