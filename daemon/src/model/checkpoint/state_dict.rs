//! Finds the tensors in a pickle that `torch.save` wrote.
//!
//! A tensor is saved as a call of `torch._utils._rebuild_tensor_v2(storage, offset, size, stride,
//! …)`, where `storage` is a persistent reference `("storage", torch.FloatStorage, key, device,
//! count)` to a file of the archive. Offsets and strides count elements. Anything else that a
//! checkpoint may hold (optimizer states, classes of the trainer) is left alone.
//!
//! The dictionary of tensors may be the outermost value, or an entry of it: trainers keep it beside
//! their own state.

use super::elements::{DType, View};
use super::pickle::{Node, NodeId, Pickle};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Where trainers keep the model's tensors: torch_em and micro_sam, SAM-Med2D and MedSAM, Lightning.
const MODEL_ENTRIES: [&str; 4] = ["model_state", "model", "state_dict", "model_state_dict"];

/// Where a tensor of the archive is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Name of the storage's file within the archive's `data` folder.
    pub storage: String,
    /// The tensor in it.
    pub view: View,
}

/// Why the outermost value of the pickle is not a dictionary of tensors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unusable {
    /// It names something that only an attack on Python's unpickler names.
    Forbidden(String),
    /// It is not a dictionary.
    NotADictionary,
    /// It is a dictionary without a tensor in it; these are its first keys.
    NoTensors(Vec<String>),
}

/// Modules whose functions reach the system. A checkpoint that names one was made to attack
/// its users in Python; nothing would run here, but no such file deserves trust.
const FORBIDDEN_MODULES: [&str; 12] = [
    "os",
    "posix",
    "nt",
    "sys",
    "subprocess",
    "socket",
    "shutil",
    "pty",
    "runpy",
    "importlib",
    "ctypes",
    "webbrowser",
];

/// The same among Python's built-in functions.
const FORBIDDEN_BUILTINS: [&str; 8] = [
    "eval",
    "exec",
    "execfile",
    "compile",
    "open",
    "__import__",
    "getattr",
    "input",
];

/// The model's tensors, in the order of their dictionary; where a name comes twice, the last one
/// counts.
pub fn tensors(pickle: &Pickle<'_>) -> Result<Vec<(String, Stored)>, Unusable> {
    for node in pickle.nodes() {
        if let Node::Global { module, name } = node
            && is_forbidden(module, name)
        {
            return Err(Unusable::Forbidden(format!("{module}.{name}")));
        }
    }
    let items = dictionary(pickle, pickle.root()).ok_or(Unusable::NotADictionary)?;
    let entry = |wanted: &str| {
        let named = |key| matches!(pickle.get(key), Node::Text(name) if *name == wanted);
        let (_, value) = items.iter().rev().find(|&&(key, _)| named(key))?;
        dictionary(pickle, *value)
    };
    let found = MODEL_ENTRIES
        .into_iter()
        .filter_map(entry)
        .map(|items| in_dictionary(pickle, items))
        .find(|tensors| !tensors.is_empty())
        .unwrap_or_else(|| in_dictionary(pickle, items));
    if found.is_empty() {
        let keys = items.iter().filter_map(|(key, _)| match pickle.get(*key) {
            Node::Text(text) => Some((*text).to_owned()),
            _ => None,
        });
        return Err(Unusable::NoTensors(keys.take(5).collect()));
    }
    Ok(found)
}

fn in_dictionary(pickle: &Pickle<'_>, items: &[(NodeId, NodeId)]) -> Vec<(String, Stored)> {
    let mut tensors: Vec<(String, Stored)> = Vec::new();
    let mut place = HashMap::new();
    for &(key, value) in items {
        let (Node::Text(name), Some(stored)) = (pickle.get(key), stored(pickle, value)) else {
            continue;
        };
        match place.entry(*name) {
            Entry::Occupied(at) => {
                let at: &usize = at.get();
                tensors[*at].1 = stored;
            }
            Entry::Vacant(free) => {
                free.insert(tensors.len());
                tensors.push(((*name).to_owned(), stored));
            }
        }
    }
    tensors
}

fn is_forbidden(module: &str, name: &str) -> bool {
    let package = module.split('.').next().unwrap_or(module);
    let builtins = matches!(package, "builtins" | "__builtin__");
    FORBIDDEN_MODULES.contains(&package) || builtins && FORBIDDEN_BUILTINS.contains(&name)
}

/// The items of a plain or ordered dictionary.
fn dictionary<'p>(pickle: &'p Pickle<'_>, id: NodeId) -> Option<&'p [(NodeId, NodeId)]> {
    match pickle.get(id) {
        Node::Dict(items) => Some(items),
        Node::Object { class, items, .. } if is(pickle, *class, "collections", "OrderedDict") => {
            Some(items)
        }
        _ => None,
    }
}

fn is(pickle: &Pickle<'_>, id: NodeId, module: &str, name: &str) -> bool {
    matches!(pickle.get(id), Node::Global { module: m, name: n } if *m == module && *n == name)
}

fn stored(pickle: &Pickle<'_>, id: NodeId) -> Option<Stored> {
    let mut id = id;
    // A parameter wraps its tensor: _rebuild_parameter(tensor, requires_grad, hooks).
    if let Node::Object {
        class, arguments, ..
    } = pickle.get(id)
        && is(pickle, *class, "torch._utils", "_rebuild_parameter")
    {
        id = *tuple(pickle, *arguments)?.first()?;
    }
    let Node::Object {
        class, arguments, ..
    } = pickle.get(id)
    else {
        return None;
    };
    let rebuilds = ["_rebuild_tensor_v2", "_rebuild_tensor"];
    if !rebuilds
        .iter()
        .any(|name| is(pickle, *class, "torch._utils", name))
    {
        return None;
    }
    let [storage, offset, shape, stride, ..] = tuple(pickle, *arguments)? else {
        return None;
    };
    let (storage, dtype) = storage_reference(pickle, *storage)?;
    let view = View {
        dtype,
        offset: size(pickle, *offset)?,
        shape: sizes(pickle, *shape)?,
        stride: sizes(pickle, *stride)?,
    };
    (view.shape.len() == view.stride.len()).then_some(Stored { storage, view })
}

fn storage_reference(pickle: &Pickle<'_>, id: NodeId) -> Option<(String, DType)> {
    let Node::Persistent(reference) = pickle.get(id) else {
        return None;
    };
    let [kind, class, key, ..] = tuple(pickle, *reference)? else {
        return None;
    };
    let (Node::Text("storage"), Node::Global { module, name }, Node::Text(key)) =
        (pickle.get(*kind), pickle.get(*class), pickle.get(*key))
    else {
        return None;
    };
    if !matches!(*module, "torch" | "torch.storage") {
        return None;
    }
    Some(((*key).to_owned(), dtype_of_storage(name)?))
}

fn dtype_of_storage(class: &str) -> Option<DType> {
    Some(match class {
        "DoubleStorage" => DType::F64,
        "FloatStorage" => DType::F32,
        "HalfStorage" => DType::F16,
        "BFloat16Storage" => DType::BF16,
        "LongStorage" => DType::Other { bytes: 8 },
        "IntStorage" => DType::Other { bytes: 4 },
        "ShortStorage" => DType::Other { bytes: 2 },
        "CharStorage" | "ByteStorage" | "BoolStorage" => DType::Other { bytes: 1 },
        _ => return None,
    })
}

fn tuple<'p>(pickle: &'p Pickle<'_>, id: NodeId) -> Option<&'p [NodeId]> {
    match pickle.get(id) {
        Node::Tuple(items) => Some(items),
        _ => None,
    }
}

fn sizes(pickle: &Pickle<'_>, id: NodeId) -> Option<Vec<usize>> {
    tuple(pickle, id)?
        .iter()
        .map(|&id| size(pickle, id))
        .collect()
}

fn size(pickle: &Pickle<'_>, id: NodeId) -> Option<usize> {
    match pickle.get(id) {
        Node::Int(value) => usize::try_from(*value).ok(),
        _ => None,
    }
}
