//! A call's expansion: each instance compiled, and its host side.

use super::call::{Call, Instantiation};
use super::cases::{Plan, plan};
use super::catalog::{Family, Template};
use super::tile_error;
use crate::ast::{Function, Items};
use crate::compile::{CompiledKernel, compile_cases};
use crate::diag::catalog::attribute::{BAD_FAMILY_CALL, NO_CASE};
use crate::diag::catalog::internal::INTERNAL;
use crate::diag::{Diagnostic, render};
use crate::expand::Context;
use crate::host::{self, Host};
use crate::instance::CaseValues;
use crate::ir::Span;
use crate::lower::Program;
use crate::parse::{self, Parser};
use crate::{diag::SourceMap, library};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

/// Expands a call of a family's macro.
pub fn expand(family: &'static Family, input: TokenStream) -> TokenStream {
    let mut context = Context::default();
    let call = match syn::parse2::<Call>(input) {
        Ok(call) => call,
        Err(error) => {
            let mut parser = Parser::call(&mut context.map, &mut context.call);
            let help = format!("write `{}! {{ pub name {{ key: value, .. }} }}`", family.name);
            parser.syntax_error(&BAD_FAMILY_CALL, &error, &help);
            let list = parser.finish(()).err().unwrap_or_default();
            return context.errors(&list);
        }
    };
    let instances = call.0.iter().map(|instance| match one(family, instance, &mut context) {
        Ok(tokens) => tokens,
        // The name exists, so that its uses are not reported as well.
        Err(errors) => {
            let name = &instance.name;
            quote!(#errors #[doc(hidden)] pub mod #name {})
        }
    });
    instances.collect()
}

fn one(
    family: &'static Family,
    call: &Instantiation,
    context: &mut Context,
) -> Result<TokenStream, TokenStream> {
    let mut parser = Parser::call(&mut context.map, &mut context.call);
    let planned = plan(family, call, &mut parser);
    let name = parser.span(call.name.span());
    let planned = match parser.finish(planned) {
        Ok(Some(plan)) => plan,
        Ok(None) => {
            let message = "the call asks for no case";
            return Err(context.errors(&[Diagnostic::new(&NO_CASE, name, message)]));
        }
        Err(list) => return Err(context.errors(&list)),
    };
    let library = library::items(&mut context.map).map_err(|list| context.errors(&list))?;
    let path = call.crate_path.clone().unwrap_or_else(|| "::tilewright::__private".to_owned());
    let mut parts = Vec::new();
    for (at, template) in planned.templates.iter().enumerate() {
        let items = source(template, &mut context.map).map_err(|list| context.errors(&list))?;
        let Some(kernel) = items.functions.iter().find(|f| f.name.name == template.kernel) else {
            let message = format!("no kernel {} in the template {:?}", template.kernel, at);
            return Err(context.errors(&[Diagnostic::new(&INTERNAL, name, message)]));
        };
        let function = instantiate(kernel, call, &planned, &path);
        let program = Program::new(&[&items, &library]);
        let compiled = compile(&program, &function, &planned, at).map_err(|errors| {
            let errors = errors.iter().map(|(list, tile)| {
                render::compile_errors_at(list, &context.map, &context.call, *tile)
            });
            errors.collect::<TokenStream>()
        })?;
        if !compiled.cases.is_empty() {
            parts.push((function, compiled));
        }
    }
    if parts.is_empty() {
        let message = "no case of this call can ever be launched";
        return Err(context.errors(&[Diagnostic::new(&NO_CASE, name, message)]));
    }
    let Some((function, compiled)) = joined(parts) else {
        let message = "the templates of this call differ in their parameters";
        return Err(context.errors(&[Diagnostic::new(&INTERNAL, name, message)]));
    };
    let path: TokenStream = path.parse().unwrap_or_else(|_| quote!(::tilewright::__private));
    let macro_name = format_ident!("{}", family.name);
    let visibility = if call.public { quote!(pub) } else { quote!() };
    let (name, tokens) = (&call.name, &call.tokens);
    let source = quote!(#macro_name! { #visibility #name { #tokens } }).to_string();
    Ok(host::emit(&Host { function: &function, compiled: &compiled, path, source }))
}

/// The items of a template's files.
fn source(template: &Template, map: &mut SourceMap) -> Result<Items, Vec<Diagnostic>> {
    let mut items = Items::default();
    for (file, text) in template.files {
        items.extend(parse::template(file, text, map)?);
    }
    Ok(items)
}

/// The cases of one of the plan's templates.
fn compile(
    program: &Program<'_>,
    function: &Function,
    plan: &Plan,
    template: usize,
) -> Result<CompiledKernel, Vec<(Vec<Diagnostic>, Span)>> {
    let own: Vec<usize> =
        (0..plan.cases.len()).filter(|case| plan.template_of[*case] == template).collect();
    let has = |name: &str| function.generics.iter().any(|generic| generic.name.name == name);
    let cases = own.iter().map(|case| {
        let mut case = plan.cases[*case].clone();
        case.generics.retain(|(name, _)| has(name));
        case
    });
    let cases: Vec<CaseValues> = cases.collect();
    compile_cases(program, function, &cases).map_err(|mut failures| {
        for failure in &mut failures {
            failure.case = own[failure.case];
        }
        tile_error::by_tile(program, function, plan, failures)
    })
}

/// One kernel of all templates' cases, in their order: that of the richest target comes first. The
/// launcher is that of the last, whose parameters are plain.
fn joined(parts: Vec<(Function, CompiledKernel)>) -> Option<(Function, CompiledKernel)> {
    let names = |kernel: &CompiledKernel| -> Vec<String> {
        kernel.params.iter().map(|param| param.name.clone()).collect()
    };
    let mut parts = parts.into_iter().rev();
    let (function, mut all) = parts.next()?;
    for (_, kernel) in parts {
        if names(&kernel) != names(&all) {
            return None;
        }
        all.cases.splice(0..0, kernel.cases);
    }
    Some((function, all))
}

/// The template's kernel with the call's name, documentation and instances. Its reference is that of
/// its own name where the runtime is found.
fn instantiate(kernel: &Function, call: &Instantiation, plan: &Plan, path: &str) -> Function {
    let mut function = kernel.clone();
    function.name.name = call.name.to_string();
    function.visibility = if call.public { "pub".to_owned() } else { String::new() };
    if !call.doc.is_empty() {
        function.doc.clone_from(&call.doc);
    }
    let mut attribute = function.kernel.take().unwrap_or_default();
    attribute.elements.clone_from(&plan.elements);
    attribute.values.clone_from(&plan.values);
    let generics = &function.generics;
    attribute.values.retain(|(name, _)| generics.iter().any(|g| g.name.name == name.name));
    attribute.crate_path = Some(path.to_owned());
    attribute.reference = Some((format!("{path}::reference::{}", kernel.name.name), kernel.span));
    function.kernel = Some(attribute);
    function
}
