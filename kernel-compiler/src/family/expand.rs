//! A call's expansion: each instance compiled, and its host side.

use super::call::{Call, Instantiation};
use super::cases::{Plan, plan};
use super::catalog::Family;
use super::tile_error;
use crate::ast::{Function, Items};
use crate::compile::compile_cases;
use crate::diag::catalog::attribute::{BAD_FAMILY_CALL, NO_CASE};
use crate::diag::catalog::internal::INTERNAL;
use crate::diag::{Diagnostic, FileId, render};
use crate::expand::Context;
use crate::host::{self, Host};
use crate::instance::CaseValues;
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
    let (items, library) =
        sources(&planned, &mut context.map).map_err(|list| context.errors(&list))?;
    let program = Program::new(&[&items, &library]);
    let template = planned.template;
    let Some(kernel) = items.functions.iter().find(|f| f.name.name == template.kernel) else {
        let message = format!("{} has no kernel {}", template.file, template.kernel);
        return Err(context.errors(&[Diagnostic::new(&INTERNAL, name, message)]));
    };
    let path = call.crate_path.clone().unwrap_or_else(|| "::tilewright::__private".to_owned());
    let function = instantiate(kernel, call, &planned, &path);
    let compiled = match compile_cases(&program, &function, &planned.cases) {
        Ok(compiled) if compiled.cases.is_empty() => {
            let message = "no case of this call can ever be launched";
            return Err(context.errors(&[Diagnostic::new(&NO_CASE, name, message)]));
        }
        Ok(compiled) => compiled,
        Err(failures) => {
            let errors = tile_error::by_tile(&program, &function, &planned, failures);
            let errors = errors.iter().map(|(list, tile)| {
                render::compile_errors_at(list, &context.map, &context.call, *tile)
            });
            return Err(errors.collect());
        }
    };
    let path: TokenStream = path.parse().unwrap_or_else(|_| quote!(::tilewright::__private));
    let macro_name = format_ident!("{}", family.name);
    let visibility = if call.public { quote!(pub) } else { quote!() };
    let (name, tokens) = (&call.name, &call.tokens);
    let source = quote!(#macro_name! { #visibility #name { #tokens } }).to_string();
    Ok(host::emit(&Host { function: &function, compiled: &compiled, path, source }))
}

/// One instance of a call in a source text.
pub(crate) struct Instance {
    /// The template's device code.
    pub items: Items,
    /// The template's kernel under the instance's name.
    pub function: Function,
    /// What the call asks for.
    pub cases: Vec<CaseValues>,
}

/// The instances of a call that stands in a file.
///
/// # Errors
/// Every mistake of the call.
pub(crate) fn instances(
    family: &'static Family,
    tokens: TokenStream,
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
    let mut all = Vec::new();
    for call in &call.0 {
        let mut parser = parse::file_parser(map, file);
        let planned = plan(family, call, &mut parser);
        let Some(planned) = parser.finish(planned)? else { continue };
        let items = parse::template(planned.template.file, planned.template.text, map)?;
        let path = call.crate_path.clone().unwrap_or_else(|| "::tilewright::__private".to_owned());
        let kernel = items.functions.iter().find(|f| f.name.name == planned.template.kernel);
        if let Some(function) = kernel.map(|kernel| instantiate(kernel, call, &planned, &path)) {
            all.push(Instance { items, function, cases: planned.cases });
        }
    }
    Ok(all)
}

fn sources(plan: &Plan, map: &mut SourceMap) -> Result<(Items, Items), Vec<Diagnostic>> {
    let items = parse::template(plan.template.file, plan.template.text, map)?;
    Ok((items, library::items(map)?))
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
    attribute.crate_path = Some(path.to_owned());
    attribute.reference = Some((format!("{path}::reference::{}", kernel.name.name), kernel.span));
    function.kernel = Some(attribute);
    function
}
