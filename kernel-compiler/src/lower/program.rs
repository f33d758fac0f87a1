//! The items that a kernel sees: its own module's, then the device library's.

use crate::ast::{ConstItem, Enum, Function, Impl, Items, Struct, TypeKind};
use std::collections::HashMap;

/// Items of several files, looked up by name; the first file that has a name wins.
#[derive(Debug, Default)]
pub struct Program<'a> {
    functions: HashMap<&'a str, &'a Function>,
    structs: HashMap<&'a str, &'a Struct>,
    enums: HashMap<&'a str, &'a Enum>,
    consts: HashMap<&'a str, &'a ConstItem>,
    impls: HashMap<&'a str, Vec<&'a Impl>>,
}

impl<'a> Program<'a> {
    /// Collects the items of `files`, in order of precedence.
    pub fn new(files: &[&'a Items]) -> Program<'a> {
        let mut program = Program::default();
        for items in files {
            for function in &items.functions {
                program.functions.entry(&function.name.name).or_insert(function);
            }
            for item in &items.structs {
                program.structs.entry(&item.name.name).or_insert(item);
            }
            for item in &items.enums {
                program.enums.entry(&item.name.name).or_insert(item);
            }
            for item in &items.consts {
                program.consts.entry(&item.name.name).or_insert(item);
            }
            for item in &items.impls {
                if let TypeKind::Path { path, .. } = &item.ty.kind
                    && let Some(name) = path.last()
                {
                    program.impls.entry(&name.name).or_default().push(item);
                }
            }
        }
        program
    }

    /// A function.
    pub fn function(&self, name: &str) -> Option<&'a Function> {
        self.functions.get(name).copied()
    }

    /// A struct.
    pub fn structure(&self, name: &str) -> Option<&'a Struct> {
        self.structs.get(name).copied()
    }

    /// A compile-time enum.
    pub fn enumeration(&self, name: &str) -> Option<&'a Enum> {
        self.enums.get(name).copied()
    }

    /// A constant.
    pub fn constant(&self, name: &str) -> Option<&'a ConstItem> {
        self.consts.get(name).copied()
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
