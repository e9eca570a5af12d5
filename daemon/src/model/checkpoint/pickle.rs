//! Reads the structure of a pickle without running it.
//!
//! A pickle is a program for a small stack machine. Python's machine calls what the program names;
//! this one only writes down what would be called ([`Node::Object`]) and what would be imported
//! ([`Node::Global`]), so that the reader of the tree decides what it understands, and everything
//! else stays inert.
//!
//! Values live in one arena and refer to each other by index. Each opcode adds at most one node,
//! and containers hold indices, so memory is bounded by the length of the input, and deep or
//! cyclic pickles need no recursion, not even to be dropped.
//!
//! Protocols 2 to 5 are understood (`torch.save` writes 2); the text opcodes of protocols 0 and 1,
//! extension registries and out-of-band buffers are not.

use std::collections::HashMap;

/// Index of a node in its [`Pickle`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeId(u32);

/// One value of a pickle.
#[derive(Debug, Clone, PartialEq)]
pub enum Node<'a> {
    /// Python's `None`.
    None,
    /// A truth value.
    Bool(bool),
    /// An integer that fits 64 bits.
    Int(i64),
    /// An integer that does not; no size or offset is ever that large.
    BigInt,
    /// A float.
    Float(f64),
    /// A text.
    Text(&'a str),
    /// Bytes, or a string of Python 2.
    Bytes(&'a [u8]),
    /// A tuple.
    Tuple(Vec<NodeId>),
    /// A list.
    List(Vec<NodeId>),
    /// A set or frozen set.
    Set(Vec<NodeId>),
    /// A dictionary, in the order of insertion; a key that comes twice is here twice.
    Dict(Vec<(NodeId, NodeId)>),
    /// Something that Python would import.
    Global {
        /// Dotted module.
        module: &'a str,
        /// Name in the module.
        name: &'a str,
    },
    /// Something that Python would build by calling `class` with `arguments`.
    Object {
        /// What would be called.
        class: NodeId,
        /// The tuple of arguments.
        arguments: NodeId,
        /// Items that would be set on the result, as on a dictionary.
        items: Vec<(NodeId, NodeId)>,
    },
    /// A reference to data outside the pickle, by an identifier that only its writer understands.
    Persistent(NodeId),
}

/// Why a pickle cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PickleError {
    /// The bytes end within an opcode or before the end of the program.
    #[error("the pickle ends early, at byte {at}")]
    Truncated {
        /// Where the next byte was expected.
        at: usize,
    },
    /// An opcode that no tensor file of `torch.save` uses.
    #[error("the pickle uses opcode 0x{opcode:02x} at byte {at}, which tensor files do not use")]
    UnknownOpcode {
        /// The opcode.
        opcode: u8,
        /// Where.
        at: usize,
    },
    /// The program takes from an empty stack, or otherwise makes no sense.
    #[error("the pickle is damaged: {what} at byte {at}")]
    Malformed {
        /// What makes no sense.
        what: &'static str,
        /// Where.
        at: usize,
    },
    /// More bytes than node indices can count.
    #[error("the pickle is {length} bytes long, which is more than any checkpoint's")]
    TooLong {
        /// Its length.
        length: usize,
    },
}

/// The parsed values of one pickle.
#[derive(Debug)]
pub struct Pickle<'a> {
    nodes: Vec<Node<'a>>,
    root: NodeId,
}

impl<'a> Pickle<'a> {
    /// Parses one pickle; bytes after its end are ignored.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, PickleError> {
        if u32::try_from(bytes.len()).is_err() {
            return Err(PickleError::TooLong {
                length: bytes.len(),
            });
        }
        let mut machine = Machine {
            bytes,
            position: 0,
            opcode_at: 0,
            nodes: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
        };
        let root = machine.run()?;
        Ok(Pickle {
            nodes: machine.nodes,
            root,
        })
    }

    /// The outermost value.
    pub fn root(&self) -> NodeId {
        self.root
    }

    /// All values that appear anywhere, also those that the root no longer refers to.
    pub fn nodes(&self) -> &[Node<'a>] {
        &self.nodes
    }

    /// The value behind an index of this pickle.
    pub fn get(&self, id: NodeId) -> &Node<'a> {
        &self.nodes[id.0 as usize]
    }
}

struct Machine<'a> {
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
    fn run(&mut self) -> Result<NodeId, PickleError> {
        loop {
            self.opcode_at = self.position;
            let opcode = self.byte()?;
            match opcode {
                b'.' => return self.pop(),
                0x80 => {
                    self.byte()?; // the protocol number: what follows says it better
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
                b'X' => {
                    let length = self.length4()?;
                    self.text(length)?;
                }
                0x8c => {
                    let length = self.byte()?.into();
                    self.text(length)?;
                }
                0x8d => {
                    let length = self.length8()?;
                    self.text(length)?;
                }
                b'T' | b'B' => {
                    let length = self.length4()?;
                    self.raw(length)?;
                }
                b'U' | b'C' => {
                    let length = self.byte()?.into();
                    self.raw(length)?;
                }
                0x8e | 0x96 => {
                    let length = self.length8()?;
                    self.raw(length)?;
                }
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
                b'a' => {
                    let item = self.pop()?;
                    self.extend(vec![item])?;
                }
                b'e' | 0x90 => {
                    let items = self.pop_to_mark()?;
                    self.extend(items)?;
                }
                0x91 => {
                    let items = self.pop_to_mark()?;
                    self.push(Node::Set(items));
                }
                b'}' => self.push(Node::Dict(Vec::new())),
                b's' => {
                    let value = self.pop()?;
                    let key = self.pop()?;
                    self.set_items(vec![key, value])?;
                }
                b'u' => {
                    let pairs = self.pop_to_mark()?;
                    self.set_items(pairs)?;
                }
                b'c' => {
                    let module = self.line()?;
                    let name = self.line()?;
                    self.push(Node::Global { module, name });
                }
                0x93 => {
                    let name = self.pop()?;
                    let module = self.pop()?;
                    let (Node::Text(module), Node::Text(name)) =
                        (self.node(module), self.node(name))
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
                opcode => {
                    return Err(PickleError::UnknownOpcode {
                        opcode,
                        at: self.opcode_at,
                    });
                }
            }
        }
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
            // A subclass of list: what it holds is nobody's tensor.
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn root(bytes: &[u8]) -> Node<'_> {
        let pickle = Pickle::parse(bytes).unwrap();
        pickle.get(pickle.root()).clone()
    }

    #[test]
    fn numbers_have_the_values_that_python_gives_them() {
        assert_eq!(root(b"\x80\x02K\xff."), Node::Int(255));
        assert_eq!(root(b"\x80\x02M\xff\xff."), Node::Int(65535));
        assert_eq!(root(b"\x80\x02J\xff\xff\xff\xff."), Node::Int(-1));
        assert_eq!(root(b"\x80\x02\x8a\x00."), Node::Int(0));
        assert_eq!(root(b"\x80\x02\x8a\x01\xff."), Node::Int(-1));
        assert_eq!(
            root(b"\x80\x02\x8a\x05\x00\x00\x00\x00\x01."),
            Node::Int(1 << 32)
        );
        assert_eq!(root(b"\x80\x02\x8a\x09\0\0\0\0\0\0\0\0\x01."), Node::BigInt);
        assert_eq!(root(b"\x80\x02G\x3f\xf8\0\0\0\0\0\0."), Node::Float(1.5));
    }

    #[test]
    fn a_dictionary_filled_after_it_was_remembered_keeps_its_items() {
        // d = {}; remember it; d["a"] = 1; return (d, the remembered one)
        let bytes = b"\x80\x02}q\x00X\x01\0\0\0aK\x01sh\x00\x86.";
        let pickle = Pickle::parse(bytes).unwrap();
        let Node::Tuple(both) = pickle.get(pickle.root()) else {
            panic!()
        };
        assert_eq!(both[0], both[1]);
        let Node::Dict(items) = pickle.get(both[0]) else {
            panic!()
        };
        assert_eq!(pickle.get(items[0].0), &Node::Text("a"));
        assert_eq!(pickle.get(items[0].1), &Node::Int(1));
    }

    #[test]
    fn a_call_is_written_down_and_not_made() {
        // protocol 2: os.system("true"); protocol 4: the same by STACK_GLOBAL
        for bytes in [
            &b"\x80\x02cos\nsystem\nX\x04\0\0\0true\x85R."[..],
            &b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R."[..],
        ] {
            let pickle = Pickle::parse(bytes).unwrap();
            let Node::Object { class, .. } = pickle.get(pickle.root()) else {
                panic!()
            };
            assert_eq!(
                pickle.get(*class),
                &Node::Global {
                    module: "os",
                    name: "system"
                }
            );
        }
    }

    #[test]
    fn programs_that_make_no_sense_are_refused_with_the_place() {
        let cases: [(&[u8], &str); 9] = [
            (b"", "ends early"),
            (b"\x80\x02", "ends early"),
            (b"X\xff\xff\xff\xffabc.", "ends early"),
            (b"\x8d\xff\xff\xff\xff\xff\xff\xff\xffabc.", "ends early"),
            (b".", "empty stack"),
            (b"K\x01\x87.", "more values than the stack holds"),
            (b"N(K\x01u.", "a key without its value"),
            (b"h\x05.", "never written"),
            (b"I1\n.", "opcode 0x49 at byte 0"),
        ];
        for (bytes, expected) in cases {
            let message = Pickle::parse(bytes).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
        // A value below a mark is out of reach of what comes after the mark.
        assert!(Pickle::parse(b"N(0.").is_ok());
        assert!(Pickle::parse(b"N(\x85.").is_err());
    }

    #[test]
    fn nesting_as_deep_as_the_input_is_long_needs_no_stack() {
        let mut bytes = vec![b']'];
        bytes.extend(std::iter::repeat_n(0x85, 2_000_000));
        bytes.push(b'.');
        assert!(Pickle::parse(&bytes).is_ok());
    }

    proptest! {
        #[test]
        fn any_bytes_parse_or_fail_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Pickle::parse(&bytes);
        }

        #[test]
        fn any_program_of_known_opcodes_parses_or_fails_without_panic(
            ops in prop::collection::vec(prop::sample::select(&b"(012N)]}t\x85\x86\x87aesu\x8f\x90\x91RQb\x81\x92\x93\x94h\0q\0K\x01\x8c\x01a"[..]), 0..100)
        ) {
            let _ = Pickle::parse(&ops);
        }
    }
}
