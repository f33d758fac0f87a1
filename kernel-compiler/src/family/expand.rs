//! A call's expansion: each instance compiled, and its host side.

use super::call::{Call, Instantiation};
use super::cases::{Plan, plan};
use super::catalog::{Family, Template};
use super::formats::{self, Forwarded};
use super::tile_error;
use crate::ast::{Function, Ident, Items};
use crate::compile::{CompiledKernel, compile_cases};
use crate::diag::catalog::attribute::{BAD_FAMILY_CALL, NO_CASE};
use crate::diag::catalog::format::UNKNOWN_FORMAT;
use crate::diag::catalog::internal::INTERNAL;
use crate::diag::{Diagnostic, FileId, render};
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
    let (declarations, rest) = formats::split(input);
    let call = match syn::parse2::<Call>(rest.clone()) {
        Ok(call) => call,
        Err(error) => {
            let mut parser = Parser::call(&mut context.map, &mut context.call);
            let help = format!("write `{}! {{ pub name {{ key: value, .. }} }}`", family.name);
            parser.syntax_error(&BAD_FAMILY_CALL, &error, &help);
            let list = parser.finish(()).err().unwrap_or_default();
            return context.errors(&list);
        }
    };
    let forwarded = match formats::fetch(family, &call, declarations, &rest) {
        Ok(forwarded) => forwarded,
        Err(turn) => return turn,
    };
    let instances = call.0.iter().map(|instance| {
        match one(family, instance, &forwarded, &mut context) {
            Ok(tokens) => tokens,
            // The name exists, so that its uses are not reported as well.
            Err(errors) => {
                let name = &instance.name;
                quote!(#errors #[doc(hidden)] pub mod #name {})
            }
        }
    });
    instances.collect()
}

fn one(
    family: &'static Family,
    call: &Instantiation,
    forwarded: &[Forwarded],
    context: &mut Context,
) -> Result<TokenStream, TokenStream> {
    let mut parser = Parser::call(&mut context.map, &mut context.call);
    let planned = plan(family, call, forwarded, &mut parser);
    let name = parser.span(call.name.span());
    let planned = match parser.finish(planned) {
        Ok(Some(plan)) => plan,
        Ok(None) => {
            let message = "the call asks for no case";
            return Err(context.errors(&[Diagnostic::new(&NO_CASE, name, message)]));
        }
        Err(list) => return Err(context.errors(&list)),
    };
    let path = call.crate_path.clone().unwrap_or_else(|| "::tilewright::__private".to_owned());
    let mut parts = Vec::new();
    for (template, places) in planned.by_template() {
        let part = compile_part(template, &places, call, &planned, &path, context)?;
        if !part.1.cases.is_empty() {
            parts.push(part);
        }
    }
    let (function, compiled) = match joined(parts) {
        Ok(Some(whole)) => whole,
        Ok(None) => {
            let message = "no case of this call can ever be launched";
            return Err(context.errors(&[Diagnostic::new(&NO_CASE, name, message)]));
        }
        Err(message) => {
            return Err(context.errors(&[Diagnostic::new(&INTERNAL, name, message)]));
        }
    };
    let decoders = planned.formats.iter().map(|format| format.decoder(&path)).collect();
    let path: TokenStream = path.parse().unwrap_or_else(|_| quote!(::tilewright::__private));
    let macro_name = format_ident!("{}", family.name);
    let visibility = if call.public { quote!(pub) } else { quote!() };
    let (name, tokens) = (&call.name, &call.tokens);
    let source = quote!(#macro_name! { #visibility #name { #tokens } }).to_string();
    let (function, compiled) = (&function, &compiled);
    Ok(host::emit(&Host { function, compiled, path, source, decoders }))
}

/// One template's part of a call in a source text.
pub(crate) struct Instance {
    /// The template's device code, and that of the caller's formats.
    pub items: Items,
    /// The template's kernel under the instance's name.
    pub function: Function,
    /// What the call asks for.
    pub cases: Vec<CaseValues>,
}

/// The instances of a call that stands in a file, whose `quant_format!` declarations are `formats`.
///
/// # Errors
/// Every mistake of the call; a format that is neither shipped nor of the file.
pub(crate) fn instances(
    family: &'static Family,
    tokens: TokenStream,
    formats: &[(String, TokenStream)],
    map: &mut SourceMap,
    file: FileId,
) -> Result<Vec<Instance>, Vec<Diagnostic>> {
    let call = match syn::parse2::<Call>(tokens) {
        Ok(call) => call,
        Err(error) => {
            let mut parser = parse::file_parser(map, file);
            parser.syntax_error(&BAD_FAMILY_CALL, &error, "");
            return Err(parser.finish(()).err().unwrap_or_default());
        }
    };
    let forwarded = match formats::resolve(family, &call, formats) {
        Ok(forwarded) => forwarded,
        Err(path) => {
            let mut parser = parse::file_parser(map, file);
            let span = parser.tree(&path);
            let message =
                "this file declares no such format: only a build sees those of other files";
            return Err(vec![Diagnostic::new(&UNKNOWN_FORMAT, span, message)]);
        }
    };
    let mut all = Vec::new();
    for call in &call.0 {
        let mut parser = parse::file_parser(map, file);
        let planned = plan(family, call, &forwarded, &mut parser);
        let Some(planned) = parser.finish(planned)? else { continue };
        let path = call.crate_path.clone().unwrap_or_else(|| "::tilewright::__private".to_owned());
        for (template, places) in planned.by_template() {
            let mut items = template_items(template, map)?;
            items.extend(formats::items(&planned.formats, map)?);
            let kernel = items.functions.iter().find(|f| f.name.name == template.kernel);
            if let Some(function) = kernel.map(|kernel| instantiate(kernel, call, &planned, &path))
            {
                let cases = cases_of(&function, &planned, &places);
                all.push(Instance { items, function, cases });
            }
        }
    }
    Ok(all)
}

/// The cases of one template, at their places among all.
fn compile_part(
    template: &'static Template,
    places: &[usize],
    call: &Instantiation,
    plan: &Plan,
    path: &str,
    context: &mut Context,
) -> Result<(Function, CompiledKernel), TokenStream> {
    let sources = sources(template, plan, &mut context.map);
    let (items, formats, library) = sources.map_err(|list| context.errors(&list))?;
    let program = Program::new(&[&items, &formats, &library]);
    let Some(kernel) = items.functions.iter().find(|f| f.name.name == template.kernel) else {
        let files: Vec<&str> = template.files.iter().map(|(name, _)| *name).collect();
        let message = format!("{} has no kernel {}", files.join(", "), template.kernel);
        return Err(context.errors(&[Diagnostic::new(&INTERNAL, Span::default(), message)]));
    };
    let function = instantiate(kernel, call, plan, path);
    let cases = cases_of(&function, plan, places);
    match compile_cases(&program, &function, &cases) {
        Ok(mut compiled) => {
            compiled.cases.iter_mut().for_each(|case| case.index = places[case.index]);
            Ok((function, compiled))
        }
        Err(mut failures) => {
            failures.iter_mut().for_each(|failure| failure.case = places[failure.case]);
            let errors = tile_error::by_tile(&program, &function, plan, failures);
            let errors = errors.iter().map(|(list, tile)| {
                render::compile_errors_at(list, &context.map, &context.call, *tile)
            });
            Err(errors.collect())
        }
    }
}

/// The cases at these places, without values that the template has no parameter for.
fn cases_of(function: &Function, plan: &Plan, places: &[usize]) -> Vec<CaseValues> {
    let has = |name: &str| function.generics.iter().any(|generic| generic.name.name == name);
    let cases = places.iter().map(|at| {
        let mut case = plan.cases[*at].clone();
        case.generics.retain(|(name, _)| has(name));
        case
    });
    cases.collect()
}

/// One kernel of the cases of several templates; `None` where there is no case. The launcher is that of a
/// template without tensor maps where there is one: its parameters are plain.
///
/// # Errors
/// Templates of different parameters: a mistake of the family.
fn joined(
    mut parts: Vec<(Function, CompiledKernel)>,
) -> Result<Option<(Function, CompiledKernel)>, String> {
    parts.sort_by_key(|(_, part)| part.has_tensor_maps());
    let mut whole: Option<(Function, CompiledKernel)> = None;
    for (function, part) in parts {
        let Some((_, all)) = &mut whole else {
            whole = Some((function, part));
            continue;
        };
        if !all.same_parameters(&part) {
            return Err(format!("the templates of {} differ in their parameters", all.name));
        }
        all.merge(part);
    }
    Ok(whole)
}

/// The items of a template's files.
fn template_items(template: &Template, map: &mut SourceMap) -> Result<Items, Vec<Diagnostic>> {
    let mut items = Items::default();
    for (name, text) in template.files {
        items.extend(parse::template(name, text, map)?);
    }
    Ok(items)
}

/// The template's items, those of the caller's formats, the device library.
fn sources(
    template: &Template,
    plan: &Plan,
    map: &mut SourceMap,
) -> Result<(Items, Items, Items), Vec<Diagnostic>> {
    let items = template_items(template, map)?;
    Ok((items, formats::items(&plan.formats, map)?, library::items(map)?))
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
    let has = |name: &Ident| kernel.generics.iter().any(|g| g.name.name == name.name);
    attribute.elements = plan.elements.iter().filter(|(name, _)| has(name)).cloned().collect();
    attribute.values = plan.values.iter().filter(|(name, _)| has(name)).cloned().collect();
    attribute.crate_path = Some(path.to_owned());
    attribute.reference = Some((format!("{path}::reference::{}", kernel.name.name), kernel.span));
    function.kernel = Some(attribute);
    function
}
