//! The kernels of a text: of a file of any crate, or of what a macro embedded in a `KernelInfo`.
//!
//! Three forms are found, each with its own scope, as the macros have it: the text's own kernels with
//! the device code that they mention, `#[kernel_module] mod`s, and calls of family macros, which may use
//! the quantisation formats that the text declares. What else a file holds (host functions, tests, imports) is left out.

mod mention;

use crate::ast::{Function, Items};
use crate::compile::{Compiled, compile_one};
use crate::diag::catalog::parse::SYNTAX;
use crate::diag::{Diagnostic, SourceMap, render};
use crate::family::{self, Family};
use crate::format;
use crate::instance::{self, CaseValues};
use crate::lower::Program;
use crate::parse::{self, Fallback, Parser};
use crate::target::Target;

/// Kernels with the device code in their scope.
#[derive(Debug)]
pub struct Unit {
    items: Items,
    kernels: Vec<Kernel>,
}

/// A kernel of a unit.
#[derive(Debug)]
struct Kernel {
    function: Function,
    /// The cases of a family's call; those of the attribute otherwise.
    cases: Option<Vec<CaseValues>>,
}

/// All kernels of a text.
#[derive(Debug)]
pub struct Source {
    map: SourceMap,
    library: Items,
    units: Vec<Unit>,
}

/// A kernel to look at.
#[derive(Debug, Clone, Copy)]
pub struct Found<'s> {
    source: &'s Source,
    unit: &'s Unit,
    kernel: &'s Kernel,
}

impl Source {
    /// Reads a text; `name` is what errors call it.
    ///
    /// # Errors
    /// The diagnostics, as text.
    pub fn read(name: &str, text: &str) -> Result<Source, String> {
        let mut map = SourceMap::default();
        match read(name, text, &mut map) {
            Ok((library, units)) => Ok(Source { map, library, units }),
            Err(list) => Err(render::text(&list, &map)),
        }
    }

    /// The names of the kernels, in the order of the text.
    pub fn names(&self) -> Vec<&str> {
        let kernels = self.units.iter().flat_map(|unit| &unit.kernels);
        kernels.map(|kernel| kernel.function.name.name.as_str()).collect()
    }

    /// A kernel by name.
    ///
    /// # Errors
    /// What kernels there are, if this is none of them.
    pub fn find(&self, name: &str) -> Result<Found<'_>, String> {
        for unit in &self.units {
            for kernel in &unit.kernels {
                if kernel.function.name.name == name {
                    return Ok(Found { source: self, unit, kernel });
                }
            }
        }
        Err(format!("there is no kernel `{name}`: there are {}", self.names().join(", ")))
    }
}

impl<'s> Found<'s> {
    /// Its syntax tree.
    pub fn function(&self) -> &'s Function {
        &self.kernel.function
    }

    /// What its names may refer to.
    pub fn program(&self) -> Program<'s> {
        Program::new(&[&self.unit.items, &self.source.library])
    }

    /// Its cases, each with the targets that it is for, in the order of the launcher.
    ///
    /// # Errors
    /// The diagnostics, as text.
    pub fn cases(&self) -> Result<Vec<(CaseValues, Vec<Target>)>, String> {
        let empty = crate::ast::KernelAttribute::default();
        let attribute = self.kernel.function.kernel.as_ref().unwrap_or(&empty);
        let cases = match &self.kernel.cases {
            Some(cases) => cases.clone(),
            None => instance::cases(&self.program(), &self.kernel.function, attribute)
                .map_err(|list| self.render(&list))?,
        };
        let targets = instance::targets(attribute);
        let of_case = |case: CaseValues| {
            let own = case.target.map_or_else(|| targets.clone(), |target| vec![target]);
            (case, own)
        };
        Ok(cases.into_iter().map(of_case).collect())
    }

    /// One case for one target: the verified module and its text; `None` where `when(..)` rules it out.
    ///
    /// # Errors
    /// The diagnostics, as text.
    pub fn compile(&self, case: &CaseValues, target: Target) -> Result<Option<Compiled>, String> {
        compile_one(&self.program(), &self.kernel.function, case, target)
            .map_err(|list| self.render(&list))
    }

    /// Diagnostics with their source lines.
    pub fn render(&self, list: &[Diagnostic]) -> String {
        render::text(list, &self.source.map)
    }
}

type Parts = (Items, Vec<Unit>);

fn read(name: &str, text: &str, map: &mut SourceMap) -> Result<Parts, Vec<Diagnostic>> {
    let _fallback = Fallback::enter();
    let file = map.add_file(name, text);
    let items = match syn::parse_str::<syn::File>(text) {
        Ok(file) => file.items,
        Err(error) => {
            let mut parser = parse::file_parser(map, file);
            parser.syntax_error(&SYNTAX, &error, "");
            return Err(parser.finish(()).err().unwrap_or_default());
        }
    };
    let mut parser = parse::file_parser(map, file);
    let mut formats = Vec::new();
    declared(&items, &mut parser, &mut formats);
    let formats = parser.finish(formats)?;
    let mut units = Vec::new();
    scope(&items, &mut |found| {
        match found {
            Scope::Items(items) => {
                let mut parser = parse::file_parser(map, file);
                let items = parser.items(&items);
                let items = parser.finish(items)?;
                let kernels = items.functions.iter().filter(|f| f.kernel.is_some());
                let kernels = kernels.map(|f| Kernel { function: f.clone(), cases: None });
                units.push(Unit { kernels: kernels.collect(), items });
            }
            Scope::Call(family, tokens) => {
                for instance in family::instances(family, tokens, &formats, map, file)? {
                    let kernel =
                        Kernel { function: instance.function, cases: Some(instance.cases) };
                    units.push(Unit { items: instance.items, kernels: vec![kernel] });
                }
            }
        }
        Ok(())
    })?;
    Ok((crate::library::items(map)?, units))
}

/// The quantisation formats that the items declare, in whichever module.
fn declared(
    items: &[syn::Item],
    parser: &mut Parser<'_>,
    formats: &mut Vec<(String, proc_macro2::TokenStream)>,
) {
    for item in items {
        match item {
            syn::Item::Mod(module) => {
                let inner = module.content.as_ref().map_or(&[][..], |(_, items)| items);
                declared(inner, parser, formats);
            }
            syn::Item::Macro(call) if format::is_declared_by(&call.mac) => {
                formats.extend(format::written(call.mac.tokens.clone(), parser));
            }
            _ => {}
        }
    }
}

/// Something that has kernels.
enum Scope {
    Items(Vec<syn::Item>),
    Call(&'static Family, proc_macro2::TokenStream),
}

type Visit<'v> = dyn FnMut(Scope) -> Result<(), Vec<Diagnostic>> + 'v;

fn scope(items: &[syn::Item], visit: &mut Visit<'_>) -> Result<(), Vec<Diagnostic>> {
    let own = mention::device_items(items);
    if !own.is_empty() {
        visit(Scope::Items(own))?;
    }
    for item in items {
        match item {
            syn::Item::Mod(module) => {
                let Some((_, inner)) = &module.content else { continue };
                if mention::has_attribute(&module.attrs, "kernel_module") {
                    visit(Scope::Items(inner.clone()))?;
                } else {
                    scope(inner, visit)?;
                }
            }
            syn::Item::Macro(call) => {
                let last = call.mac.path.segments.last();
                let named = |family: &&&Family| last.is_some_and(|s| s.ident == family.name);
                if let Some(family) = family::ALL.iter().find(named) {
                    visit(Scope::Call(family, call.mac.tokens.clone()))?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}
