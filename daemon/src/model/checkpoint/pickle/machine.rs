//! The stack machine of the pickle format.

use super::{Node, NodeId, PickleError};
use std::collections::HashMap;

/// The machine while it reads; it makes the nodes.
pub(super) struct Machine<'a> {
    bytes: &'a [u8],
    position: usize,
    opcode_at: usize,
    nodes: Vec<Node<'a>>,
    stack: Vec<NodeId>,
    /// Heights of the stack at each open mark.
    marks: Vec<usize>,
    memo: HashMap<u32, NodeId>,
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

    /// Reads to the end; returns all nodes and the outermost one.
    pub fn run(mut self) -> Result<(Vec<Node<'a>>, NodeId), PickleError> {
        let root = self.read()?;
        Ok((self.nodes, root))
    }

    fn read(&mut self) -> Result<NodeId, PickleError> {
        loop {
            self.opcode_at = self.position;
            let opcode = self.byte()?;
            if opcode == b'.' {
                return self.pop();
            }
            let known = self.frame_or_stack(opcode)?
                || self.number(opcode)?
                || self.string(opcode)?
                || self.tuple_or_empty(opcode)?
                || self.items(opcode)?
                || self.object_or_global(opcode)?
                || self.memo(opcode)?;
            if !known {
                return Err(PickleError::UnknownOpcode {
                    opcode,
                    at: self.opcode_at,
                });
            }
        }
    }

    // Each of the following functions carries out the opcodes of one group, and returns `false` for
    // all others.

    fn frame_or_stack(&mut self, opcode: u8) -> Result<bool, PickleError> {
        match opcode {
            0x80 => {
                self.byte()?; // the protocol number: the opcodes tell it better
            }
            0x95 => {
                self.take(8)?; // length of a frame: a hint for streaming readers
            }
            b'(' => self.marks.push(self.stack.len()),
            b'0' => self.discard()?,
            b'1' => {
                self.pop_to_mark()?;
            }
            b'2' => {
                let top = self.top()?;
                self.stack.push(top);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn number(&mut self, opcode: u8) -> Result<bool, PickleError> {
        match opcode {
            b'N' => self.push(Node::None),
            0x88 => self.push(Node::Bool(true)),
            0x89 => self.push(Node::Bool(false)),
            b'K' => {
                let value = self.byte()?;
                self.push(Node::Int(value.into()));
            }
            b'M' => {
                let value = u16::from_le_bytes(self.array()?);
                self.push(Node::Int(value.into()));
            }
            b'J' => {
                let value = i32::from_le_bytes(self.array()?);
                self.push(Node::Int(value.into()));
            }
            0x8a => {
                let length = self.byte()?.into();
                self.long(length)?;
            }
            0x8b => {
                let length = self.length4()?;
                self.long(length)?;
            }
            b'G' => {
                let value = f64::from_be_bytes(self.array()?);
                self.push(Node::Float(value));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn string(&mut self, opcode: u8) -> Result<bool, PickleError> {
        let length = match opcode {
            0x8c | b'U' | b'C' => self.byte()?.into(),
            b'X' | b'T' | b'B' => self.length4()?,
            0x8d | 0x8e | 0x96 => self.length8()?,
            _ => return Ok(false),
        };
        match opcode {
            0x8c | b'X' | 0x8d => self.text(length)?,
            _ => self.raw(length)?,
        }
        Ok(true)
    }

    fn tuple_or_empty(&mut self, opcode: u8) -> Result<bool, PickleError> {
        match opcode {
            b')' => self.push(Node::Tuple(Vec::new())),
            0x85 => self.tuple(1)?,
            0x86 => self.tuple(2)?,
            0x87 => self.tuple(3)?,
            b't' => {
                let items = self.pop_to_mark()?;
                self.push(Node::Tuple(items));
            }
            b']' => self.push(Node::List(Vec::new())),
            0x8f => self.push(Node::Set(Vec::new())),
            0x91 => {
                let items = self.pop_to_mark()?;
                self.push(Node::Set(items));
            }
            b'}' => self.push(Node::Dict(Vec::new())),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn items(&mut self, opcode: u8) -> Result<bool, PickleError> {
        match opcode {
            b'a' => {
                let item = self.pop()?;
                self.extend(vec![item])?;
            }
            b'e' | 0x90 => {
                let items = self.pop_to_mark()?;
                self.extend(items)?;
            }
            b's' => {
                let value = self.pop()?;
                let key = self.pop()?;
                self.set_items(vec![key, value])?;
            }
            b'u' => {
                let pairs = self.pop_to_mark()?;
                self.set_items(pairs)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn object_or_global(&mut self, opcode: u8) -> Result<bool, PickleError> {
        match opcode {
            b'c' => {
                let module = self.line()?;
                let name = self.line()?;
                self.push(Node::Global { module, name });
            }
            0x93 => {
                let name = self.pop()?;
                let module = self.pop()?;
                let (Node::Text(module), Node::Text(name)) = (self.node(module), self.node(name))
                else {
                    return Err(self.malformed("a global whose name is not a text"));
                };
                let (module, name) = (*module, *name);
                self.push(Node::Global { module, name });
            }
            // REDUCE calls a function, NEWOBJ calls a class: to a reader, the same.
            b'R' | 0x81 => {
                let arguments = self.pop()?;
                let class = self.pop()?;
                self.object(class, arguments);
            }
            0x92 => {
                self.pop()?; // keyword arguments
                let arguments = self.pop()?;
                let class = self.pop()?;
                self.object(class, arguments);
            }
            // BUILD hands a state to an object. Tensors and dictionaries carry none that matters.
            b'b' => {
                self.pop()?;
                self.top()?;
            }
            b'Q' => {
                let id = self.pop()?;
                self.push(Node::Persistent(id));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn memo(&mut self, opcode: u8) -> Result<bool, PickleError> {
        match opcode {
            b'h' => {
                let index = self.byte()?.into();
                self.recall(index)?;
            }
            b'j' => {
                let index = u32::from_le_bytes(self.array()?);
                self.recall(index)?;
            }
            b'q' => {
                let index = self.byte()?.into();
                self.memorize(index)?;
            }
            b'r' => {
                let index = u32::from_le_bytes(self.array()?);
                self.memorize(index)?;
            }
            0x94 => {
                // No more entries than opcodes, and those fit 32 bits.
                let index = self.memo.len() as u32;
                self.memorize(index)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn malformed(&self, what: &'static str) -> PickleError {
        PickleError::Malformed {
            what,
            at: self.opcode_at,
        }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], PickleError> {
        let truncated = PickleError::Truncated {
            at: self.bytes.len(),
        };
        let end = self.position.checked_add(length).ok_or(truncated.clone())?;
        let taken = self.bytes.get(self.position..end).ok_or(truncated)?;
        self.position = end;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, PickleError> {
        Ok(self.array::<1>()?[0])
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], PickleError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn length4(&mut self) -> Result<usize, PickleError> {
        let length = u32::from_le_bytes(self.array()?);
        usize::try_from(length).map_err(|_| self.malformed("a length beyond all memory"))
    }

    fn length8(&mut self) -> Result<usize, PickleError> {
        let length = u64::from_le_bytes(self.array()?);
        usize::try_from(length).map_err(|_| self.malformed("a length beyond all memory"))
    }

    fn line(&mut self) -> Result<&'a str, PickleError> {
        let rest = &self.bytes[self.position..];
        let end = rest.iter().position(|&b| b == b'\n');
        let end = end.ok_or(PickleError::Truncated {
            at: self.bytes.len(),
        })?;
        let line = std::str::from_utf8(&rest[..end]);
        self.position += end + 1;
        line.map_err(|_| self.malformed("a name that is not UTF-8"))
    }

    fn long(&mut self, length: usize) -> Result<(), PickleError> {
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

    fn text(&mut self, length: usize) -> Result<(), PickleError> {
        let bytes = self.take(length)?;
        // Python lets lone surrogates through, which UTF-8 forbids: such a text stays bytes.
        self.push(std::str::from_utf8(bytes).map_or(Node::Bytes(bytes), Node::Text));
        Ok(())
    }

    fn raw(&mut self, length: usize) -> Result<(), PickleError> {
        let bytes = self.take(length)?;
        self.push(Node::Bytes(bytes));
        Ok(())
    }

    fn node(&self, id: NodeId) -> &Node<'a> {
        &self.nodes[id.0 as usize]
    }

    fn push(&mut self, node: Node<'a>) {
        // One node per opcode at most, and the input's length fits 32 bits.
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(node);
        self.stack.push(id);
    }

    fn object(&mut self, class: NodeId, arguments: NodeId) {
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

    fn top(&self) -> Result<NodeId, PickleError> {
        match self.stack.last() {
            Some(&top) if self.stack.len() > self.floor() => Ok(top),
            _ => Err(self.malformed("a value is taken from an empty stack")),
        }
    }

    fn pop(&mut self) -> Result<NodeId, PickleError> {
        let top = self.top()?;
        self.stack.pop();
        Ok(top)
    }

    /// POP, which may also remove a mark that has nothing above it.
    fn discard(&mut self) -> Result<(), PickleError> {
        if self.marks.last() == Some(&self.stack.len()) {
            self.marks.pop();
            return Ok(());
        }
        self.pop().map(drop)
    }

    fn pop_to_mark(&mut self) -> Result<Vec<NodeId>, PickleError> {
        let mark = self.marks.pop();
        let mark = mark.ok_or_else(|| self.malformed("a list without its mark"))?;
        Ok(self.stack.split_off(mark))
    }

    fn tuple(&mut self, length: usize) -> Result<(), PickleError> {
        if self.stack.len() - self.floor() < length {
            return Err(self.malformed("a tuple of more values than the stack holds"));
        }
        let items = self.stack.split_off(self.stack.len() - length);
        self.push(Node::Tuple(items));
        Ok(())
    }

    fn extend(&mut self, added: Vec<NodeId>) -> Result<(), PickleError> {
        let target = self.top()?;
        match &mut self.nodes[target.0 as usize] {
            Node::List(items) | Node::Set(items) => items.extend(added),
            // A subclass of list: its items are not tensors.
            Node::Object { .. } => {}
            _ => return Err(self.malformed("items added to something that is not a list")),
        }
        Ok(())
    }

    fn set_items(&mut self, flat: Vec<NodeId>) -> Result<(), PickleError> {
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

    fn recall(&mut self, index: u32) -> Result<(), PickleError> {
        let id = self.memo.get(&index).copied();
        let id = id.ok_or_else(|| self.malformed("a memo entry that was never written"))?;
        self.stack.push(id);
        Ok(())
    }

    fn memorize(&mut self, index: u32) -> Result<(), PickleError> {
        let top = self.top()?;
        self.memo.insert(index, top);
        Ok(())
    }
}
