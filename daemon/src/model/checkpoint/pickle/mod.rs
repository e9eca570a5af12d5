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

mod machine;
mod opcodes;

use machine::Machine;

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
    /// The program takes from an empty stack, or is malformed in another way.
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
        let (nodes, root) = Machine::new(bytes).run()?;
        Ok(Pickle { nodes, root })
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
