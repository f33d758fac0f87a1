//! Whether a kernel's attribute and its signature speak of the same names.

use super::Parser;
use crate::ast::{Function, GenericKind, Ident, KernelAttribute};
use crate::diag::catalog::attribute as catalog;
use crate::diag::suggest::did_you_mean;

impl Parser<'_> {
    /// Checks names, lists and required keys; `seen` are the keys that were written.
    pub(super) fn check_attribute(
        &mut self,
        attribute: &KernelAttribute,
        function: &Function,
        seen: &[String],
    ) {
        self.check_required(function, seen);
        self.check_lists(attribute);
        self.check_generics(attribute, function);
        self.check_parameters(attribute, function);
    }

    fn check_required(&mut self, function: &Function, seen: &[String]) {
        let required = [("grid", "`grid = workgroups`"), ("threads", "`threads = 256`")];
        let missing: Vec<_> =
            required.iter().filter(|(key, _)| !seen.iter().any(|seen| seen == key)).collect();
        if missing.is_empty() {
            return;
        }
        let keys: Vec<String> = missing.iter().map(|(key, _)| format!("`{key}`")).collect();
        let forms: Vec<&str> = missing.iter().map(|(_, form)| *form).collect();
        let message = format!("the kernel attribute does not say {}", keys.join(" and "));
        let help = format!("write {}", forms.join(", "));
        self.report(&catalog::MISSING_KEY, function.name.span, message, help);
    }

    fn check_lists(&mut self, attribute: &KernelAttribute) {
        let types = attribute.elements.iter().filter(|(_, list)| list.is_empty());
        let values = attribute.values.iter().filter(|(_, list)| list.is_empty());
        let names: Vec<&Ident> = types.map(|(n, _)| n).chain(values.map(|(n, _)| n)).collect();
        for name in names {
            let message = format!("`{}` has nothing to choose from", name.name);
            self.report(&catalog::EMPTY_LIST, name.span, message, "list at least one");
        }
        if let Some(tiles) = &attribute.tiles
            && tiles.choices.is_empty()
            && let Some(name) = tiles.names.first()
        {
            let help = "list at least one choice; the last must always run";
            self.report(&catalog::EMPTY_LIST, name.span, "no tile to choose from", help);
        }
    }

    fn check_generics(&mut self, attribute: &KernelAttribute, function: &Function) {
        let of_kind = |types: bool| -> Vec<&str> {
            let wanted = function
                .generics
                .iter()
                .filter(|g| matches!(g.kind, GenericKind::Type(_)) == types);
            wanted.map(|g| g.name.name.as_str()).collect()
        };
        let (types, consts) = (of_kind(true), of_kind(false));
        let tiles = attribute.tiles.iter().flat_map(|tiles| &tiles.names);
        let fixed: Vec<(&Ident, bool)> = attribute
            .elements
            .iter()
            .map(|(name, _)| (name, true))
            .chain(attribute.values.iter().map(|(name, _)| (name, false)))
            .chain(tiles.map(|name| (name, false)))
            .collect();
        for (position, (name, is_type)) in fixed.iter().enumerate() {
            let (known, what) = if *is_type { (&types, "type") } else { (&consts, "const") };
            if !known.contains(&name.name.as_str()) {
                let message = format!("the kernel has no {what} parameter `{}`", name.name);
                let otherwise = format!("add it to the generics of `{}`", function.name.name);
                let help = did_you_mean(&name.name, known.iter().copied(), &otherwise);
                self.report(&catalog::UNKNOWN_GENERIC, name.span, message, help);
            }
            if fixed.iter().take(position).any(|(earlier, _)| earlier.name == name.name) {
                let message = format!("`{}` is given twice", name.name);
                self.report(&catalog::DUPLICATE_KEY, name.span, message, "keep one");
            }
        }
        for generic in &function.generics {
            if self.template || fixed.iter().any(|(name, _)| name.name == generic.name.name) {
                continue;
            }
            let name = &generic.name.name;
            let help = match generic.kind {
                GenericKind::Type(_) => format!("add `element({name} = [f32])`"),
                GenericKind::Const(_) => {
                    format!("add `values({name} = [..])`, or name it in `tiles(..)`")
                }
            };
            let message = format!("the attribute does not say what `{name}` is");
            self.report(&catalog::MISSING_INSTANCE, generic.name.span, message, help);
        }
    }

    fn check_parameters(&mut self, attribute: &KernelAttribute, function: &Function) {
        let known: Vec<&str> = function.params.iter().map(|p| p.name.name.as_str()).collect();
        let shapes: Vec<&Ident> = attribute.shapes.iter().map(|(name, _)| name).collect();
        let maps = attribute.tensor_maps.iter().map(|map| &map.name);
        let split = attribute.split.iter().flat_map(|(name, rows)| [name, rows]);
        for name in shapes.iter().copied().chain(maps).chain(split) {
            if !known.contains(&name.name.as_str()) {
                let message = format!("the kernel has no parameter `{}`", name.name);
                let otherwise = format!("parameters are {}", known.join(", "));
                let help = did_you_mean(&name.name, known.iter().copied(), &otherwise);
                self.report(&catalog::UNKNOWN_PARAMETER, name.span, message, help);
            }
        }
        for (position, name) in shapes.iter().enumerate() {
            if shapes.iter().take(position).any(|earlier| earlier.name == name.name) {
                let message = format!("`{}` has two shapes", name.name);
                self.report(&catalog::DUPLICATE_KEY, name.span, message, "keep one");
            }
        }
    }
}
