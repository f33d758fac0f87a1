//! The items that a kernel sees: those of its own module, of a call's formats, of the device library.

use crate::ast::{ConstItem, Enum, Function, Impl, Items, Struct, TypeKind};
use std::collections::HashMap;

/// Items of several layers, looked up by name.
#[derive(Debug, Default)]
pub struct Program<'a> {
    functions: HashMap<&'a str, Vec<Home<&'a Function>>>,
    structs: HashMap<&'a str, &'a Struct>,
    enums: HashMap<&'a str, &'a Enum>,
    consts: HashMap<&'a str, Vec<Home<&'a ConstItem>>>,
    impls: HashMap<&'a str, Vec<&'a Impl>>,
    /// Layers of functions, methods and `impl`s, by their addresses.
    layers: HashMap<usize, Layer>,
}

/// Whose items they are, in order of precedence: 0 are the kernel's own.
pub type Layer = usize;

/// An item and its layer.
type Home<T> = (Layer, T);

impl<'a> Program<'a> {
    /// Collects the items of layers, in order of precedence.
    ///
    /// Functions and constants are looked for first in the layer that names them, so that nobody's names
    /// change what another's functions mean; then in all, in order, where private functions of a later
    /// layer are not seen. Types are the program's: the first one.
    pub fn new(layers: &[&'a Items]) -> Program<'a> {
        let mut program = Program::default();
        for (layer, items) in layers.iter().enumerate() {
            for function in &items.functions {
                program.functions.entry(&function.name.name).or_default().push((layer, function));
                program.layers.insert(address(function), layer);
            }
            for item in &items.structs {
                program.structs.entry(&item.name.name).or_insert(item);
            }
            for item in &items.enums {
                program.enums.entry(&item.name.name).or_insert(item);
            }
            for item in &items.consts {
                program.consts.entry(&item.name.name).or_default().push((layer, item));
            }
            for item in &items.impls {
                program.layers.insert(address(item), layer);
                for function in &item.functions {
                    program.layers.insert(address(function), layer);
                }
                if let TypeKind::Path { path, .. } = &item.ty.kind
                    && let Some(name) = path.last()
                {
                    program.impls.entry(&name.name).or_default().push(item);
                }
            }
        }
        program
    }

    /// The layer of a function, a method or an `impl`.
    pub fn layer<T>(&self, item: &T) -> Layer {
        self.layers.get(&address(item)).copied().unwrap_or(0)
    }

    /// A function, as `layer` names it.
    pub fn function(&self, name: &str, layer: Layer) -> Option<&'a Function> {
        let seen =
            |home: Layer, function: &Function| home <= layer || !function.visibility.is_empty();
        nearest(self.functions.get(name)?, layer, |(home, function)| seen(*home, function))
            .map(|(_, function)| *function)
    }

    /// A struct.
    pub fn structure(&self, name: &str) -> Option<&'a Struct> {
        self.structs.get(name).copied()
    }

    /// A compile-time enum.
    pub fn enumeration(&self, name: &str) -> Option<&'a Enum> {
        self.enums.get(name).copied()
    }

    /// A constant, as `layer` names it, and its own layer.
    pub fn constant(&self, name: &str, layer: Layer) -> Option<(Layer, &'a ConstItem)> {
        nearest(self.consts.get(name)?, layer, |_| true).copied()
    }

    /// A method or associated function of a struct, with its `impl`.
    pub fn method(&self, ty: &str, name: &str) -> Option<(&'a Impl, &'a Function)> {
        let impls = self.impls.get(ty)?;
        impls.iter().find_map(|item| {
            let function = item.functions.iter().find(|f| f.name.name == name)?;
            Some((*item, function))
        })
    }

    /// An associated constant of a struct, with its `impl`.
    pub fn associated(&self, ty: &str, name: &str) -> Option<(&'a Impl, &'a ConstItem)> {
        let impls = self.impls.get(ty)?;
        impls.iter().find_map(|item| {
            let constant = item.consts.iter().find(|c| c.name.name == name)?;
            Some((*item, constant))
        })
    }

    /// The names of all functions, for suggestions.
    pub fn function_names(&self) -> impl Iterator<Item = &'a str> {
        self.functions.keys().copied()
    }

    /// The names of the methods of a struct, for suggestions.
    pub fn method_names(&self, ty: &str) -> Vec<&'a str> {
        let impls = self.impls.get(ty).into_iter().flatten();
        impls.flat_map(|item| item.functions.iter().map(|f| f.name.name.as_str())).collect()
    }
}

/// What tells items apart.
fn address<T>(item: &T) -> usize {
    std::ptr::from_ref(item) as usize
}

/// The item of this layer, else the first that is seen from there.
fn nearest<T>(
    homes: &[Home<T>],
    layer: Layer,
    seen: impl Fn(&&Home<T>) -> bool,
) -> Option<&Home<T>> {
    homes.iter().find(|(home, _)| *home == layer).or_else(|| homes.iter().find(seen))
}
