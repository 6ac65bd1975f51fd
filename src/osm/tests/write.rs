//! Writes small PBF files, sound or not, field by field.

/// A protobuf message under construction.
#[derive(Default, Clone)]
pub struct Message(pub Vec<u8>);

impl Message {
    pub fn number(mut self, field: u64, value: u64) -> Self {
        varint(&mut self.0, field << 3);
        varint(&mut self.0, value);
        self
    }

    pub fn bytes(mut self, field: u64, value: &[u8]) -> Self {
        varint(&mut self.0, field << 3 | 2);
        varint(&mut self.0, value.len() as u64);
        self.0.extend_from_slice(value);
        self
    }

    fn packed(self, field: u64, values: impl IntoIterator<Item = u64>) -> Self {
        let mut list = Vec::new();
        values.into_iter().for_each(|value| varint(&mut list, value));
        self.bytes(field, &list)
    }
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn deltas(values: &[i64]) -> Vec<u64> {
    let mut last = 0_i64;
    values.iter().map(|&value| zigzag(value.wrapping_sub(std::mem::replace(&mut last, value)))).collect()
}

/// One block of a file: objects and their texts.
#[derive(Default)]
pub struct Block {
    texts: Vec<Vec<u8>>,
    group: Message,
}

impl Block {
    pub fn new() -> Self {
        Self { texts: vec![Vec::new()], group: Message::default() }
    }

    fn text(&mut self, text: &[u8]) -> u64 {
        let at = self.texts.iter().position(|known| known == text).unwrap_or(self.texts.len());
        if at == self.texts.len() {
            self.texts.push(text.to_vec());
        }
        at as u64
    }

    fn tagged(&mut self, object: Message, tags: &[(&str, &str)]) -> Message {
        let keys: Vec<u64> = tags.iter().map(|(key, _)| self.text(key.as_bytes())).collect();
        let values: Vec<u64> = tags.iter().map(|(_, value)| self.text(value.as_bytes())).collect();
        object.packed(2, keys).packed(3, values)
    }

    /// Coordinates in 10⁻⁷ degrees.
    pub fn node(&mut self, id: i64, x: i64, y: i64, tags: &[(&str, &str)]) -> &mut Self {
        let node = Message::default().number(1, zigzag(id));
        let node = self.tagged(node, tags).number(8, zigzag(y)).number(9, zigzag(x));
        self.group = std::mem::take(&mut self.group).bytes(1, &node.0);
        self
    }

    /// Nodes without tags, in the packed form; once in a block.
    pub fn dense(&mut self, nodes: &[(i64, i64, i64)]) -> &mut Self {
        let column = |at: fn(&(i64, i64, i64)) -> i64| deltas(&nodes.iter().map(at).collect::<Vec<_>>());
        let dense = Message::default().packed(1, column(|n| n.0)).packed(8, column(|n| n.2)).packed(9, column(|n| n.1));
        self.group = std::mem::take(&mut self.group).bytes(2, &dense.0);
        self
    }

    pub fn way(&mut self, id: i64, nodes: &[i64], tags: &[(&str, &str)]) -> &mut Self {
        let way = Message::default().number(1, id as u64);
        let way = self.tagged(way, tags).packed(8, deltas(nodes));
        self.group = std::mem::take(&mut self.group).bytes(3, &way.0);
        self
    }

    /// Members as type (0 node, 1 way, 2 relation), id and role.
    pub fn relation(&mut self, id: i64, members: &[(u64, i64, &str)], tags: &[(&str, &str)]) -> &mut Self {
        let roles: Vec<u64> = members.iter().map(|(_, _, role)| self.text(role.as_bytes())).collect();
        let relation = self.tagged(Message::default().number(1, id as u64), tags);
        let relation = relation
            .packed(8, roles)
            .packed(9, deltas(&members.iter().map(|(_, id, _)| *id).collect::<Vec<_>>()))
            .packed(10, members.iter().map(|(kind, _, _)| *kind));
        self.group = std::mem::take(&mut self.group).bytes(4, &relation.0);
        self
    }

    /// Puts raw bytes where the next text would stand.
    pub fn raw_text(&mut self, bytes: &[u8]) -> u64 {
        self.text(bytes)
    }

    pub fn raw(&mut self, field: u64, object: Message) -> &mut Self {
        self.group = std::mem::take(&mut self.group).bytes(field, &object.0);
        self
    }

    fn message(&self) -> Message {
        let texts = self.texts.iter().fold(Message::default(), |table, text| table.bytes(1, text));
        Message::default().bytes(1, &texts.0).bytes(2, &self.group.0)
    }
}

/// A whole file with a header that asks for the given features.
pub fn file_with(features: &[&str], blocks: &[&Block]) -> Vec<u8> {
    let header = features.iter().fold(Message::default(), |header, feature| header.bytes(4, feature.as_bytes()));
    let mut out = frame("OSMHeader", &header);
    for block in blocks {
        out.extend(frame("OSMData", &block.message()));
    }
    out
}

pub fn file(blocks: &[&Block]) -> Vec<u8> {
    file_with(&["OsmSchema-V0.6", "DenseNodes"], blocks)
}

fn frame(kind: &str, content: &Message) -> Vec<u8> {
    let blob = Message::default().bytes(1, &content.0);
    framed(kind, &blob.0, blob.0.len() as u64)
}

/// A frame that claims `size` bytes for `blob`.
pub fn framed(kind: &str, blob: &[u8], size: u64) -> Vec<u8> {
    let header = Message::default().bytes(1, kind.as_bytes()).number(3, size);
    let mut out = (header.0.len() as u32).to_be_bytes().to_vec();
    out.extend(header.0);
    out.extend(blob);
    out
}
