//! The stack machine of the pickle format.

use super::{Node, NodeId, PickleError};
use std::collections::HashMap;

/// The machine while it reads; it makes the nodes.
pub(super) struct Machine<'a> {
    bytes: &'a [u8],
    pub(super) position: usize,
    pub(super) opcode_at: usize,
    pub(super) nodes: Vec<Node<'a>>,
    pub(super) stack: Vec<NodeId>,
    /// Heights of the stack at each open mark.
    pub(super) marks: Vec<usize>,
    pub(super) memo: HashMap<u32, NodeId>,
}

impl<'a> Machine<'a> {
    /// At the start of a pickle of at most 4 GiB, so that indices of nodes fit 32 bits.
    pub fn new(bytes: &'a [u8]) -> Self {
        Machine {
            bytes,
            position: 0,
            opcode_at: 0,
            nodes: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
        }
    }

    pub(super) fn malformed(&self, what: &'static str) -> PickleError {
        PickleError::Malformed {
            what,
            at: self.opcode_at,
        }
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], PickleError> {
        let truncated = PickleError::Truncated {
            at: self.bytes.len(),
        };
        let end = self.position.checked_add(length).ok_or(truncated.clone())?;
        let taken = self.bytes.get(self.position..end).ok_or(truncated)?;
        self.position = end;
        Ok(taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, PickleError> {
        Ok(self.array::<1>()?[0])
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], PickleError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(super) fn length4(&mut self) -> Result<usize, PickleError> {
        let length = u32::from_le_bytes(self.array()?);
        usize::try_from(length).map_err(|_| self.malformed("a length beyond all memory"))
    }

    pub(super) fn length8(&mut self) -> Result<usize, PickleError> {
        let length = u64::from_le_bytes(self.array()?);
        usize::try_from(length).map_err(|_| self.malformed("a length beyond all memory"))
    }

    pub(super) fn line(&mut self) -> Result<&'a str, PickleError> {
        let rest = &self.bytes[self.position..];
        let end = rest.iter().position(|&b| b == b'\n');
        let end = end.ok_or(PickleError::Truncated {
            at: self.bytes.len(),
        })?;
        let line = std::str::from_utf8(&rest[..end]);
        self.position += end + 1;
        line.map_err(|_| self.malformed("a name that is not UTF-8"))
    }

    pub(super) fn long(&mut self, length: usize) -> Result<(), PickleError> {
        let digits = self.take(length)?;
        let node = match digits.last() {
            None => Node::Int(0),
            Some(_) if length > 8 => Node::BigInt,
            Some(&top) => {
                // Two's complement, little-endian, as short as it goes: extend the sign.
                let fill = if top & 0x80 != 0 { 0xff } else { 0 };
                let mut wide = [fill; 8];
                wide[..length].copy_from_slice(digits);
                Node::Int(i64::from_le_bytes(wide))
            }
        };
        self.push(node);
        Ok(())
    }

    pub(super) fn text(&mut self, length: usize) -> Result<(), PickleError> {
        let bytes = self.take(length)?;
        // Python lets lone surrogates through, which UTF-8 forbids: a text with one stays bytes.
        self.push(std::str::from_utf8(bytes).map_or(Node::Bytes(bytes), Node::Text));
        Ok(())
    }

    pub(super) fn raw(&mut self, length: usize) -> Result<(), PickleError> {
        let bytes = self.take(length)?;
        self.push(Node::Bytes(bytes));
        Ok(())
    }

    pub(super) fn node(&self, id: NodeId) -> &Node<'a> {
        &self.nodes[id.0 as usize]
    }

    pub(super) fn push(&mut self, node: Node<'a>) {
        // One node per opcode at most, and the input's length fits 32 bits.
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(node);
        self.stack.push(id);
    }

    pub(super) fn object(&mut self, class: NodeId, arguments: NodeId) {
        self.push(Node::Object {
            class,
            arguments,
            items: Vec::new(),
        });
    }

    /// The lowest stack height that the current mark lets an opcode reach.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    pub(super) fn top(&self) -> Result<NodeId, PickleError> {
        match self.stack.last() {
            Some(&top) if self.stack.len() > self.floor() => Ok(top),
            _ => Err(self.malformed("a value is taken from an empty stack")),
        }
    }

    pub(super) fn pop(&mut self) -> Result<NodeId, PickleError> {
        let top = self.top()?;
        self.stack.pop();
        Ok(top)
    }

    /// POP, which may also remove a mark that has nothing above it.
    pub(super) fn discard(&mut self) -> Result<(), PickleError> {
        if self.marks.last() == Some(&self.stack.len()) {
            self.marks.pop();
            return Ok(());
        }
        self.pop().map(drop)
    }

    pub(super) fn pop_to_mark(&mut self) -> Result<Vec<NodeId>, PickleError> {
        let mark = self.marks.pop();
        let mark = mark.ok_or_else(|| self.malformed("a list without its mark"))?;
        Ok(self.stack.split_off(mark))
    }

    pub(super) fn tuple(&mut self, length: usize) -> Result<(), PickleError> {
        if self.stack.len() - self.floor() < length {
            return Err(self.malformed("a tuple of more values than the stack holds"));
        }
        let items = self.stack.split_off(self.stack.len() - length);
        self.push(Node::Tuple(items));
        Ok(())
    }

    pub(super) fn extend(&mut self, added: Vec<NodeId>) -> Result<(), PickleError> {
        let target = self.top()?;
        match &mut self.nodes[target.0 as usize] {
            Node::List(items) | Node::Set(items) => items.extend(added),
            // A subclass of list: its items are not tensors.
            Node::Object { .. } => {}
            _ => return Err(self.malformed("items added to something that is not a list")),
        }
        Ok(())
    }

    pub(super) fn set_items(&mut self, flat: Vec<NodeId>) -> Result<(), PickleError> {
        let (pairs, rest) = flat.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(self.malformed("a key without its value"));
        }
        let target = self.top()?;
        match &mut self.nodes[target.0 as usize] {
            Node::Dict(items) | Node::Object { items, .. } => {
                items.extend(pairs.iter().map(|&[key, value]| (key, value)));
            }
            _ => return Err(self.malformed("items set on something that is not a dictionary")),
        }
        Ok(())
    }

    pub(super) fn recall(&mut self, index: u32) -> Result<(), PickleError> {
        let id = self.memo.get(&index).copied();
        let id = id.ok_or_else(|| self.malformed("a memo entry that was never written"))?;
        self.stack.push(id);
        Ok(())
    }

    pub(super) fn memorize(&mut self, index: u32) -> Result<(), PickleError> {
        let top = self.top()?;
        self.memo.insert(index, top);
        Ok(())
    }
}
