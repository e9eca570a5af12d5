//! The protobuf wire format, as far as writing needs it.
//!
//! A message is a sequence of fields; each starts with a varint key, `number << 3 | wire type`,
//! followed by a varint (type 0), four little-endian bytes (type 5), or a varint length and that
//! many bytes (type 2: texts, bytes, nested messages).

/// The fields of a message, encoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message(Vec<u8>);

impl Message {
    /// The encoded fields.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Appends an integer.
    pub fn int(&mut self, field: u32, value: i64) {
        self.key(field, 0);
        // Negative numbers take ten bytes: two's complement of 64 bits.
        self.varint(value as u64);
    }

    /// Appends a 32-bit float.
    pub fn float(&mut self, field: u32, value: f32) {
        self.key(field, 5);
        self.0.extend(value.to_le_bytes());
    }

    /// Appends a text.
    pub fn text(&mut self, field: u32, text: &str) {
        self.header(field, text.len() as u64);
        self.0.extend(text.bytes());
    }

    /// Appends a nested message.
    pub fn message(&mut self, field: u32, message: &Message) {
        self.header(field, message.0.len() as u64);
        self.0.extend(&message.0);
    }

    /// Appends the start of a field of `length` bytes, which the caller writes elsewhere: what is
    /// large need not be copied into a message.
    pub fn header(&mut self, field: u32, length: u64) {
        self.key(field, 2);
        self.varint(length);
    }

    /// Appends all fields of another message.
    pub fn append(&mut self, fields: &Message) {
        self.0.extend(&fields.0);
    }

    fn key(&mut self, field: u32, wire_type: u8) {
        self.varint(u64::from(field) << 3 | u64::from(wire_type));
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_encoded_as_the_wire_format_says() {
        let mut message = Message::default();
        message.int(1, 150);
        assert_eq!(message.as_bytes(), [0x08, 0x96, 0x01]);

        let mut message = Message::default();
        message.text(2, "testing");
        assert_eq!(message.as_bytes(), b"\x12\x07testing");

        let mut outer = Message::default();
        let mut inner = Message::default();
        inner.int(1, 150);
        outer.message(3, &inner);
        assert_eq!(outer.as_bytes(), [0x1a, 0x03, 0x08, 0x96, 0x01]);

        let mut message = Message::default();
        message.int(20, -1);
        assert_eq!(message.as_bytes()[..2], [0xa0, 0x01]);
        assert_eq!(message.as_bytes().len(), 12);

        let mut message = Message::default();
        message.float(2, 1.0);
        assert_eq!(message.as_bytes(), [0x15, 0, 0, 0x80, 0x3f]);
    }
}
