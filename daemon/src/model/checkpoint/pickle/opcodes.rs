//! The opcodes of the pickle format, by groups.

use super::machine::Machine;
use super::{Node, NodeId, PickleError};

impl<'a> Machine<'a> {
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
}
