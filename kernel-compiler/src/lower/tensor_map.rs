//! Parameters that are tensor maps: their boxes, and the tensors behind them.

use super::symbolic::simplify;
use super::ty::Ty;
use super::{Eval, Lowerer};
use crate::ast::{Function, KernelAttribute, Type, TypeKind};
use crate::diag::catalog::types::PARAMETER_TYPE;
use crate::ir::{Access, MappedTensor, ParamKind, Sym};

impl<'a> Lowerer<'_, 'a> {
    /// A parameter of type `TensorMap<T>`.
    pub(super) fn tensor_map(
        &mut self,
        ty: &'a Type,
        inner: &'a Type,
        name: &str,
        attribute: &'a KernelAttribute,
    ) -> Eval<'a, ParamKind> {
        let Some(map) = attribute.tensor_maps.iter().find(|m| m.name.name == name) else {
            return self.error_help(
                &PARAMETER_TYPE,
                ty.span,
                format!("nothing says which box the tensor map `{name}` moves"),
                format!("write `tensor_map({name}, tile = [64, 128], swizzle = b128)`"),
            );
        };
        let mut tile = Vec::with_capacity(map.tile.len());
        for expr in &map.tile {
            let value = self.eval(expr, None)?;
            tile.push(self.const_u32(&value, "a box's extent", expr.span)?);
        }
        let element = match &inner.kind {
            TypeKind::Path { arguments, .. } => match arguments.first() {
                Some(crate::ast::GenericArgument::Type(ty)) => self.resolve(ty)?,
                _ => Ty::Unit,
            },
            _ => Ty::Unit,
        };
        match element {
            Ty::Scalar(element) => {
                Ok(ParamKind::TensorMap { element, tile, swizzle: map.swizzle, of: None })
            }
            other => self.bad_parameter(ty, &other),
        }
    }

    /// The tensor of a map with a declared shape: the launcher makes the map.
    pub(super) fn mapped(
        &mut self,
        kernel: &'a Function,
        attribute: &'a KernelAttribute,
        name: &str,
        shape: Vec<Sym>,
    ) -> Eval<'a, MappedTensor> {
        let param = kernel.params.iter().find(|p| p.name.name == name);
        let mutable = param.is_some_and(|p| matches!(p.ty.kind, TypeKind::Reference(_, true)));
        let access = if mutable { Access::ReadWrite } else { Access::Read };
        let (mut dims, mut strides) = (Vec::new(), Vec::new());
        if let Some(map) = attribute.tensor_maps.iter().find(|m| m.name.name == name) {
            for expr in &map.dims {
                dims.push(self.sym(expr)?);
            }
            for expr in &map.strides {
                strides.push(self.sym(expr)?);
            }
            let axes = map.tile.len();
            let wanted = if dims.is_empty() { shape.len() } else { dims.len() };
            if wanted != axes || (!strides.is_empty() && strides.len() + 1 != axes) {
                return self.error_help(
                    &PARAMETER_TYPE,
                    map.name.span,
                    format!("the box of `{name}` has {axes} axes and its tensor {wanted}"),
                    "give `tile` and `dims` as many extents, and `strides` one less".to_owned(),
                );
            }
        }
        if dims.is_empty() {
            dims = shape.iter().rev().cloned().collect();
        }
        if strides.is_empty() {
            let mut step = Sym::Const(1);
            for dim in dims.iter().take(dims.len().saturating_sub(1)) {
                step = simplify(Sym::Mul(Box::new(dim.clone()), Box::new(step)));
                strides.push(step.clone());
            }
        }
        Ok(MappedTensor { access, shape, dims, strides })
    }
}
