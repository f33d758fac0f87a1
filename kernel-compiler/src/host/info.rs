//! The kernel's data: `KernelInfo` and one `Rule` per case.

use super::Host;
use crate::compile::{CompiledCase, CompiledMap, CompiledParam, CompiledText};
use crate::ir::{Access, Comparison, Condition, ParamKind, Scalar, Swizzle, Sym};
use crate::target::Target;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

pub(super) fn emit(host: &Host<'_>) -> TokenStream {
    let path = &host.path;
    let name = &host.compiled.name;
    let source = &host.source;
    let params = host.compiled.params.iter().map(|p| param(path, p));
    let has_reference = host.function.kernel.as_ref().is_some_and(|k| k.reference.is_some());
    let cases =
        host.compiled.cases.iter().enumerate().map(|(at, c)| case(path, at, c, has_reference));
    let rules = host.compiled.cases.iter().map(|c| rule(path, c));
    quote! {
        /// Parameters, cases, texts.
        pub static INFO: #path::KernelInfo = #path::KernelInfo {
            name: #name,
            params: &[#(#params),*],
            cases: &[#(#cases),*],
            source: #source,
        };
        /// The kernel with its launch rules.
        pub static KERNEL: #path::TypedKernel = #path::TypedKernel {
            info: &INFO,
            rules: &[#(#rules),*],
        };
    }
}

fn param(path: &TokenStream, param: &CompiledParam) -> TokenStream {
    let name = &param.name;
    let kind = match &param.kind {
        ParamKind::Buffer { access: Access::Read, .. } => quote!(Read),
        ParamKind::Buffer { access: Access::Write, .. } => quote!(Write),
        ParamKind::Buffer { access: Access::ReadWrite, .. } => quote!(ReadWrite),
        ParamKind::Scalar(scalar) => {
            let dtype = dtype(path, *scalar);
            quote!(Scalar(#dtype))
        }
        ParamKind::TensorMap { of: Some(of), .. } => match of.access {
            Access::Read => quote!(Read),
            Access::Write => quote!(Write),
            Access::ReadWrite => quote!(ReadWrite),
        },
        ParamKind::TensorMap { of: None, .. } => quote!(TensorMapRead),
    };
    quote!(#path::Param { name: #name, kind: #path::ParamKind::#kind })
}

/// The runtime's `DType` of a scalar.
pub(super) fn dtype(path: &TokenStream, scalar: Scalar) -> TokenStream {
    let name = match scalar {
        Scalar::F8E4M3 => "F8E4M3".to_owned(),
        Scalar::F8E5M2 => "F8E5M2".to_owned(),
        Scalar::Index => "U64".to_owned(),
        Scalar::Bool | Scalar::F16x2 | Scalar::Bf16x2 => "U32".to_owned(),
        other => {
            let mut text = other.name().to_owned();
            text[..1].make_ascii_uppercase();
            text
        }
    };
    let name = format_ident!("{name}");
    quote!(#path::DType::#name)
}

fn case(path: &TokenStream, at: usize, case: &CompiledCase, has_reference: bool) -> TokenStream {
    let values = case.values.generics.iter().map(|(name, value)| {
        let value = value.label();
        quote!((#name, #value))
    });
    let dtypes = case.dtypes.iter().map(|scalar| dtype(path, *scalar));
    let texts = case.texts.iter().map(|t| text(path, t));
    let reference = if has_reference {
        let name = format_ident!("reference_{at}");
        quote!(Some(#name))
    } else {
        quote!(None)
    };
    quote! {
        #path::Case {
            values: &[#(#values),*],
            dtypes: &[#(#dtypes),*],
            texts: &[#(#texts),*],
            reference: #reference,
        }
    }
}

fn text(path: &TokenStream, text: &CompiledText) -> TokenStream {
    let CompiledText {
        target,
        code,
        entry,
        threads: [x, y, z],
        dynamic_shared,
        shared,
        cluster,
        folds_grid,
        dependent_launch,
        tensor_maps,
    } = text;
    let tensor_maps = tensor_maps.iter().map(|map| tensor_map(path, map));
    let target = match target {
        Target::Ptx(ptx) => {
            let (sm, exact) = (ptx.sm, ptx.exact);
            quote!(#path::Target::Ptx { sm: #sm, exact: #exact, shared: #shared })
        }
        Target::Wgsl(wgsl) => {
            let f16 = wgsl.f16;
            let subgroup = option(wgsl.subgroup);
            let matrix = option(wgsl.cooperative_matrix);
            quote!(#path::Target::Wgsl {
                f16: #f16,
                subgroup: #subgroup,
                cooperative_matrix: #matrix,
                workgroup_storage: #shared,
            })
        }
    };
    quote! {
        #path::KernelText {
            target: #target,
            code: #code,
            entry: #entry,
            threads: [#x, #y, #z],
            dynamic_shared: #dynamic_shared,
            cluster: #cluster,
            folds_grid: #folds_grid,
            dependent_launch: #dependent_launch,
            tensor_maps: &[#(#tensor_maps),*],
        }
    }
}

fn tensor_map(path: &TokenStream, map: &CompiledMap) -> TokenStream {
    let CompiledMap { param, dims, strides, tile, swizzle } = map;
    let param = param.index();
    let dims = dims.iter().map(|d| size(path, d));
    let strides = strides.iter().map(|s| size(path, s));
    let swizzle = match swizzle {
        Swizzle::None => quote!(None),
        Swizzle::B32 => quote!(Bytes32),
        Swizzle::B64 => quote!(Bytes64),
        Swizzle::B128 => quote!(Bytes128),
    };
    quote! {
        #path::rule::TensorMapRule {
            param: #param,
            dims: &[#(#dims),*],
            strides: &[#(#strides),*],
            tile: &[#(#tile),*],
            swizzle: #path::Swizzle::#swizzle,
        }
    }
}

fn option(value: Option<u32>) -> TokenStream {
    match value {
        Some(value) => quote!(Some(#value)),
        None => quote!(None),
    }
}

fn rule(path: &TokenStream, case: &CompiledCase) -> TokenStream {
    let shapes = case.shapes.iter().map(|dims| {
        let dims = dims.iter().map(|d| size(path, d));
        quote!(&[#(#dims),*])
    });
    let grid = case.grid.iter().map(|g| size(path, g));
    let conditions = case.conditions.iter().map(|c| condition(path, c));
    let split = match case.split {
        Some(at) => quote!(Some(#at)),
        None => quote!(None),
    };
    let index_bits = case.index_bits;
    let cost = match &case.cost {
        Some(cost) => {
            let (bytes, flops) = (size(path, &cost.bytes), size(path, &cost.flops));
            quote!(Some(#path::rule::Cost { bytes: #bytes, flops: #flops }))
        }
        None => quote!(None),
    };
    quote! {
        #path::rule::Rule {
            shapes: &[#(#shapes),*],
            grid: [#(#grid),*],
            conditions: &[#(#conditions),*],
            split: #split,
            index_bits: #index_bits,
            cost: #cost,
        }
    }
}

fn size(path: &TokenStream, sym: &Sym) -> TokenStream {
    let (op, a, b) = match sym {
        Sym::Const(value) => return quote!(#path::rule::Size::Const(#value)),
        Sym::Param(id) => {
            let at = id.index();
            return quote!(#path::rule::Size::Param(#at));
        }
        Sym::Add(a, b) => (quote!(Add), a, b),
        Sym::Sub(a, b) => (quote!(Sub), a, b),
        Sym::Mul(a, b) => (quote!(Mul), a, b),
        Sym::Div(a, b) => (quote!(Div), a, b),
        Sym::CeilDiv(a, b) => (quote!(CeilDiv), a, b),
        Sym::Rem(a, b) => (quote!(Rem), a, b),
        Sym::Min(a, b) => (quote!(Min), a, b),
        Sym::Max(a, b) => (quote!(Max), a, b),
    };
    let (a, b) = (size(path, a), size(path, b));
    quote!(#path::rule::Size::Op(#path::rule::SizeOp::#op, &#a, &#b))
}

fn condition(path: &TokenStream, condition: &Condition) -> TokenStream {
    match condition {
        Condition::Aligned { param, bytes } => {
            let at = param.index();
            quote!(#path::rule::Condition::Aligned(#at, #bytes))
        }
        Condition::Compare(a, op, b) => {
            let (a, b) = (size(path, a), size(path, b));
            let op = match op {
                Comparison::Eq => quote!(Eq),
                Comparison::Ne => quote!(Ne),
                Comparison::Lt => quote!(Lt),
                Comparison::Le => quote!(Le),
                Comparison::Gt => quote!(Gt),
                Comparison::Ge => quote!(Ge),
            };
            quote!(#path::rule::Condition::Compare(#a, #path::rule::Comparison::#op, #b))
        }
    }
}
