//! Kernels and library files that must parse, and into what.

use tilewright_kernel_compiler::ast::{
    BinaryOperator, ExprKind, Function, GenericArgument, GenericKind, Items, Literal, Pattern,
    Statement, TypeKind,
};
use tilewright_kernel_compiler::diag::{CallSpans, Place, SourceMap, render};
use tilewright_kernel_compiler::parse;

const RMS_NORM: &str = include_str!("accepted/rms_norm.rs");
const SOFTMAX: &str = include_str!("accepted/online_softmax.rs");

fn items(name: &str, text: &str) -> (Items, SourceMap) {
    let mut map = SourceMap::new();
    match parse::text(name, text, &mut map) {
        Ok(items) => (items, map),
        Err(list) => panic!("{}", render::text(&list, &map)),
    }
}

fn written<'a>(
    map: &SourceMap,
    span: tilewright_kernel_compiler::ir::Span,
    text: &'a str,
) -> &'a str {
    match map.place(span) {
        Place::File { start, end, .. } => &text[start as usize..end as usize],
        place => panic!("{place:?} is not in the file"),
    }
}

fn check_rms_norm(function: &Function) {
    assert_eq!(function.name.name, "rms_norm");
    assert!(function.visibility == "pub" && !function.receiver && function.result.is_none());
    assert_eq!(function.doc.last().unwrap(), "Source: Zhang & Sennrich 2019, eq. 4.");
    assert_eq!(function.generics.len(), 3);
    assert!(matches!(&function.generics[0].kind, GenericKind::Type(b) if b[0].name == "Float"));
    assert_eq!(function.params.len(), 6);
    assert!(matches!(&function.params[2].ty.kind, TypeKind::Reference(_, true)));
    assert_eq!(function.body.statements.len(), 5);
    assert!(function.body.value.is_none());

    let kernel = function.kernel.as_ref().unwrap();
    assert_eq!(kernel.shapes.len(), 3);
    assert_eq!((kernel.grid.len(), kernel.threads.len()), (1, 1));
    assert_eq!(kernel.elements[0].1.len(), 3);
    assert_eq!(kernel.requires[0].1, "a thread moves at most 16 bytes at once");
    assert_eq!(kernel.when.len(), 3);
    assert!(matches!(kernel.when[0].kind, ExprKind::Binary(BinaryOperator::Eq, ..)));
    let tiles = kernel.tiles.as_ref().unwrap();
    assert_eq!((tiles.names.len(), tiles.choices.len()), (2, 3));
    assert!(tiles.choices.iter().all(|(values, _)| values.len() == 2));
    assert!(kernel.cost.is_some());
    assert_eq!(kernel.reference.as_ref().unwrap().0, "reference::rms_norm");
}

#[test]
fn rms_norm_from_a_file() {
    let (items, map) = items("rms_norm.rs", RMS_NORM);
    let function = &items.functions[0];
    check_rms_norm(function);
    let kernel = function.kernel.as_ref().unwrap();
    let text = |span| written(&map, span, RMS_NORM);
    assert_eq!(text(kernel.tiles.as_ref().unwrap().choices[1].1), "(128, 4)");
    assert_eq!(text(kernel.when[1].span), "aligned(x, VEC)");
    assert_eq!(text(kernel.cost.as_ref().unwrap().1.span), "4 * rows * cols");
    assert_eq!(text(kernel.reference.as_ref().unwrap().1), "reference::rms_norm");
    let Statement::Let { value: Some(value), span, .. } = &function.body.statements[0] else {
        panic!("not a let");
    };
    assert_eq!(text(value.span), "index(block_id()) * cols");
    assert_eq!(text(*span), "let row = index(block_id()) * cols;");
    let Statement::Expression(expr) = &function.body.statements[2] else { panic!("not a loop") };
    let ExprKind::For(_, range, _) = &expr.kind else { panic!("not a loop") };
    assert_eq!(text(range.span), "(thread_id() * VEC..cols).step_by(THREADS * VEC)");
}

#[test]
fn rms_norm_from_the_tokens_of_a_macro() {
    let file: syn::File = syn::parse_str(RMS_NORM).unwrap();
    let Some(syn::Item::Fn(mut function)) = file.items.into_iter().nth(1) else { panic!("no fn") };
    let position = function.attrs.iter().position(|a| a.path().is_ident("kernel")).unwrap();
    let syn::Meta::List(list) = function.attrs.remove(position).meta else { panic!("no list") };
    let tokens = quote::ToTokens::to_token_stream(&function);
    let (mut map, mut calls) = (SourceMap::new(), CallSpans::default());
    let items = parse::kernel(list.tokens, tokens, &mut map, &mut calls).unwrap();
    check_rms_norm(&items.functions[0]);
    let Place::Call(index) = map.place(items.functions[0].name.span) else { panic!("no call") };
    assert_eq!(calls.get(index).source_text().unwrap(), "rms_norm");
}

#[test]
fn a_module_is_its_items() {
    let tokens = format!("pub mod m {{ {SOFTMAX} }}").replace("//!", "//").parse().unwrap();
    let (mut map, mut calls) = (SourceMap::new(), CallSpans::default());
    let items = parse::tokens(tokens, &mut map, &mut calls).unwrap();
    assert_eq!((items.functions.len(), items.structs.len(), items.impls.len()), (2, 1, 1));
}

#[test]
fn a_library_file() {
    let (items, map) = items("online_softmax.rs", SOFTMAX);
    assert_eq!(items.enums[0].variants.len(), 3);
    assert_eq!(items.consts[0].name.name, "MASKED");
    assert_eq!(items.structs[0].fields[1].0.name, "sum");

    let softmax = &items.impls[0];
    assert_eq!((softmax.functions.len(), softmax.consts.len()), (2, 1));
    let update = &softmax.functions[1];
    assert!(update.receiver && !softmax.functions[0].receiver);
    assert_eq!(update.generics.len(), 1, "lifetimes are left out");
    assert!(matches!(&update.generics[0].kind, GenericKind::Type(b) if b[0].name == "Float"));
    assert!(matches!(update.params[2].ty.kind, TypeKind::Closure));
    let signature = written(&map, update.span, SOFTMAX);
    assert!(signature.starts_with("fn update<'a, T>(") && signature.ends_with("-> f32"));

    let visible = items.functions[0].body.value.as_ref().unwrap();
    let ExprKind::Match(_, arms) = &visible.kind else { panic!("not a match") };
    assert!(matches!(&arms[1].pattern, Pattern::Or(list, _) if list.len() == 2));
    assert!(arms[1].guard.is_some() && arms[0].guard.is_none());
    assert!(matches!(&arms[4].pattern, Pattern::Wildcard(_)));

    check_walk(&items.functions[1]);
}

fn check_walk(walk: &Function) {
    let [first, second, .., assertion, last] = walk.body.statements.as_slice() else {
        panic!("too few statements");
    };
    let Statement::Let { pattern, ty: Some(_), value: Some(value), .. } = first else {
        panic!("not a typed let");
    };
    assert!(
        matches!(pattern, Pattern::Tuple(list, _) if matches!(&list[0], Pattern::Name(_, true)))
    );
    let ExprKind::Tuple(values) = &value.kind else { panic!("not a tuple") };
    let one = Literal::Float(1.0, Some("f32".to_owned()));
    assert!(matches!(&values[1].kind, ExprKind::Literal(literal) if *literal == one));
    let Statement::Let { value: Some(value), .. } = second else { panic!("not a let") };
    let ExprKind::Array(values) = &value.kind else { panic!("not an array") };
    let hex = Literal::Int(0x1f, None);
    assert!(matches!(&values[0].kind, ExprKind::Literal(literal) if *literal == hex));
    let byte = Literal::Int(97, Some("u8".to_owned()));
    assert!(matches!(&values[2].kind, ExprKind::Literal(literal) if *literal == byte));

    let Statement::Expression(assertion) = assertion else { panic!("not a call") };
    let ExprKind::Call(_, arguments) = &assertion.kind else { panic!("not a call") };
    assert!(
        matches!(&arguments[1].kind, ExprKind::Literal(Literal::Str(text)) if text == "two per row")
    );
    let ExprKind::Binary(_, width, _) = &arguments[0].kind else { panic!("not a comparison") };
    let ExprKind::Path(path) = &width.kind else { panic!("not a path") };
    let GenericArgument::Const(four) = &path.segments[0].1[0] else { panic!("not a constant") };
    assert!(matches!(four.kind, ExprKind::Binary(BinaryOperator::Mul, ..)));
    assert!(
        matches!(last, Statement::Expression(e) if matches!(e.kind, ExprKind::Return(Some(_))))
    );
}
