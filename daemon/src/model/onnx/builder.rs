//! Collects the nodes and constants of a graph.

use super::file::{Initializer, Model};
use super::protobuf::Message;
use super::types::FLOAT;
use std::collections::HashMap;

/// A tensor in a graph: an input, a constant or the result of an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Value(u32);

/// Length of an axis of a graph's input or output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dim {
    /// The same for every run.
    Fixed(usize),
    /// Different from run to run; axes of the same name have the same length.
    Named(&'static str),
}

/// An attribute of a node.
#[derive(Debug, Clone, Copy)]
pub(super) enum Attribute<'a> {
    Int(&'a str, i64),
    Float(&'a str, f32),
    Ints(&'a str, &'a [i64]),
}

impl Attribute<'_> {
    fn encode(self) -> Message {
        let mut message = Message::default();
        match self {
            Attribute::Int(name, value) => {
                message.text(1, name);
                message.int(3, value);
                message.int(20, 2);
            }
            Attribute::Float(name, value) => {
                message.text(1, name);
                message.float(2, value);
                message.int(20, 1);
            }
            Attribute::Ints(name, values) => {
                message.text(1, name);
                values.iter().for_each(|&v| message.int(8, v));
                message.int(20, 7);
            }
        }
        message
    }
}

/// Builds a graph, node by node, in the order of computation.
///
/// The operators are in [`super::ops`]. Shapes are not checked here: ONNX Runtime does, when it
/// loads the model.
#[derive(Debug)]
pub struct GraphBuilder {
    name: &'static str,
    scope: String,
    values: u32,
    names: HashMap<Value, &'static str>,
    nodes: Vec<Message>,
    inputs: Vec<Message>,
    outputs: Vec<Message>,
    initializers: Vec<Initializer>,
    /// Domains of operators beyond the standard.
    domains: Vec<&'static str>,
    /// Constants of integers, mostly shapes, many of them equal.
    integers: HashMap<Vec<i64>, Value>,
}

impl GraphBuilder {
    /// An empty graph.
    pub fn new(name: &'static str) -> Self {
        GraphBuilder {
            name,
            scope: String::new(),
            values: 0,
            names: HashMap::new(),
            nodes: Vec::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            initializers: Vec::new(),
            domains: Vec::new(),
            integers: HashMap::new(),
        }
    }

    /// Names the part of the network that the following nodes belong to; errors and profiles of
    /// the runtime show it.
    pub fn scope(&mut self, scope: impl Into<String>) {
        self.scope = scope.into();
    }

    /// An input of 32-bit floats.
    pub fn input(&mut self, name: &'static str, shape: &[Dim]) -> Value {
        let value = self.new_value();
        self.names.insert(value, name);
        self.inputs.push(value_info(name, shape));
        value
    }

    /// Makes a value an output of the graph, under a name; each value once, and no inputs or
    /// constants.
    pub fn output(&mut self, value: Value, name: &'static str, shape: &[Dim]) {
        // A node's output cannot be renamed once it is encoded, and this is free.
        let mut node = Message::default();
        node.text(1, &self.name_of(value));
        node.text(2, name);
        node.text(4, "Identity");
        self.nodes.push(node);
        self.outputs.push(value_info(name, shape));
    }

    /// A constant of 32-bit floats, row-major; `shape` says how many.
    pub fn constant(&mut self, shape: &[usize], data: Vec<f32>) -> Value {
        debug_assert_eq!(shape.iter().product::<usize>(), data.len());
        let value = self.new_value();
        let name = self.name_of(value);
        self.initializers
            .push(Initializer::floats(&name, shape, data));
        value
    }

    /// A constant of 16-bit floats, given by their bits, row-major; `shape` says how many.
    pub fn half_constant(&mut self, shape: &[usize], bits: Vec<u16>) -> Value {
        debug_assert_eq!(shape.iter().product::<usize>(), bits.len());
        let value = self.new_value();
        let name = self.name_of(value);
        self.initializers
            .push(Initializer::halves(&name, shape, bits));
        value
    }

    /// A constant of one number, broadcast to any shape.
    pub fn scalar(&mut self, number: f32) -> Value {
        self.constant(&[], vec![number])
    }

    /// A constant list of integers.
    pub fn integers(&mut self, list: &[i64]) -> Value {
        if let Some(&value) = self.integers.get(list) {
            return value;
        }
        let value = self.new_value();
        let name = self.name_of(value);
        self.initializers.push(Initializer::integers(&name, list));
        self.integers.insert(list.to_vec(), value);
        value
    }

    /// Appends a node with one output.
    pub(super) fn node(
        &mut self,
        operator: &str,
        inputs: &[Value],
        attributes: &[Attribute<'_>],
    ) -> Value {
        let [output] = self.node_with_outputs(operator, inputs, attributes);
        output
    }

    /// Appends a node with one output, of an operator that is not of the standard.
    pub(super) fn node_of_domain(
        &mut self,
        domain: &'static str,
        operator: &str,
        inputs: &[Value],
        attributes: &[Attribute<'_>],
    ) -> Value {
        if !self.domains.contains(&domain) {
            self.domains.push(domain);
        }
        let output = self.node(operator, inputs, attributes);
        if let Some(node) = self.nodes.last_mut() {
            node.text(7, domain);
        }
        output
    }

    /// Appends a node with `N` outputs.
    pub(super) fn node_with_outputs<const N: usize>(
        &mut self,
        operator: &str,
        inputs: &[Value],
        attributes: &[Attribute<'_>],
    ) -> [Value; N] {
        let outputs = std::array::from_fn(|_| self.new_value());
        let mut node = Message::default();
        for &input in inputs {
            node.text(1, &self.name_of(input));
        }
        for output in outputs {
            node.text(2, &self.name_of(output));
        }
        node.text(
            3,
            &format!("{}/{operator}_{}", self.scope, self.nodes.len()),
        );
        node.text(4, operator);
        for &attribute in attributes {
            node.message(5, &attribute.encode());
        }
        self.nodes.push(node);
        outputs
    }

    /// The finished model.
    pub fn finish(self) -> Model {
        let mut graph = Message::default();
        for node in &self.nodes {
            graph.message(1, node);
        }
        graph.text(2, self.name);
        for input in &self.inputs {
            graph.message(11, input);
        }
        for output in &self.outputs {
            graph.message(12, output);
        }
        Model::new(graph, self.initializers, &self.domains)
    }

    fn new_value(&mut self) -> Value {
        self.values += 1;
        Value(self.values)
    }

    fn name_of(&self, value: Value) -> String {
        match self.names.get(&value) {
            Some(&name) => name.to_owned(),
            None => format!("v{}", value.0),
        }
    }
}

/// `ValueInfoProto` of a tensor of floats.
fn value_info(name: &str, shape: &[Dim]) -> Message {
    let mut dims = Message::default();
    for &dim in shape {
        let mut message = Message::default();
        match dim {
            Dim::Fixed(length) => message.int(1, length as i64),
            Dim::Named(name) => message.text(2, name),
        }
        dims.message(1, &message);
    }
    let mut tensor = Message::default();
    tensor.int(1, FLOAT);
    tensor.message(2, &dims);
    let mut kind = Message::default();
    kind.message(1, &tensor);
    let mut info = Message::default();
    info.text(1, name);
    info.message(2, &kind);
    info
}
