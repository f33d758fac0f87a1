//! `declare_kernel!`: a kernel that has a scalar reference and no text yet.
//!
//! It emits what `#[kernel]` emits for the same signature: a launcher `name(device, ..)` and a
//! module `name` with the statics `INFO` and `KERNEL`. Parameters are, in this order, read
//! buffers, written buffers (`write` or `read_write`), sizes that follow from shapes, scalars
//! that the caller gives, and sizes that are compile-time values of a text (`last`).

macro_rules! declare_kernel {
    (
        $(#[doc = $doc:literal])*
        fn $name:ident<$k:ident: [$($kt:ty),+]>($($params:tt)*)
        $($rest:tt)*
    ) => {
        crate::declare::declare_kernel! { @launcher [$(#[doc = $doc])*] $name [<$k: crate::KvElement>] ($($params)*) }
        crate::declare::declare_kernel! { @data $name $k [$($kt),+] ($($params)*) $($rest)* }
    };
    (
        $(#[doc = $doc:literal])*
        fn $name:ident($($params:tt)*)
        $($rest:tt)*
    ) => {
        crate::declare::declare_kernel! { @launcher [$(#[doc = $doc])*] $name [] ($($params)*) }
        crate::declare::declare_kernel! { @data $name Any [f32] ($($params)*) $($rest)* }
    };
    (
        @launcher [$(#[doc = $doc:literal])*] $name:ident [$($generics:tt)*] (
            $($r:ident: $rt:ty),* => $($mode:ident $w:ident: $wt:ty),*;
            sizes($($size:ident),*) scalars($($s:ident: $st:ident),*) last($($last:ident),*)
        )
    ) => {
        $(#[doc = $doc])*
        #[allow(clippy::too_many_arguments)]
        pub(crate) fn $name $($generics)* (
            device: &tilewright_runtime::Device,
            $($r: &tilewright_runtime::Tensor<$rt>,)*
            $($w: &mut tilewright_runtime::Tensor<$wt>,)*
            $($s: $st,)*
        ) -> Result<(), tilewright_runtime::Error> {
            use tilewright_runtime::Arg;
            let args = [
                $(Some(Arg::read($r)),)*
                $(Some(Arg::$mode($w)),)*
                $({ let _ = stringify!($size); None },)*
                $(Some(Arg::scalar($s)),)*
                $({ let _ = stringify!($last); None },)*
            ];
            $name::KERNEL.launch(device, &args, &[])
        }
    };
    (
        @data $name:ident $k:ident [$($kt:ty),+] (
            $($r:ident: $rt:ty),* => $($mode:ident $w:ident: $wt:ty),*;
            sizes($($size:ident),*) scalars($($s:ident: $st:ident),*) last($($last:ident),*)
        )
        shapes($($shaped:ident: [$($dim:expr),*]),*)
        reference = $reference:path;
    ) => {
        pub(crate) mod $name {
            #[allow(unused_imports)]
            use tilewright_runtime::rule::{Rule, Size, SizeOp};
            use tilewright_runtime::{
                Case, DType, Element, Error, KernelInfo, Param, ParamKind, ReferenceCall,
                TypedKernel,
            };

            /// Indices of the parameters.
            #[allow(non_camel_case_types)]
            enum At { $($r,)* $($w,)* $($size,)* $($s,)* $($last,)* }

            /// One case per element type.
            struct CaseOf<$k>(std::marker::PhantomData<$k>);

            impl<$k: crate::KvElement> CaseOf<$k> {
                const DTYPES: &'static [DType] = &[
                    $(<$rt as Element>::DTYPE,)*
                    $(<$wt as Element>::DTYPE,)*
                    $({ let _ = At::$size; DType::U32 },)*
                    $(<$st as Element>::DTYPE,)*
                    $({ let _ = At::$last; DType::U32 },)*
                ];
                const VALUES: &'static [(&'static str, &'static str)] =
                    &[(stringify!($k), <$k as Element>::DTYPE.name())];
                const CASE: Case = Case {
                    values: Self::VALUES,
                    dtypes: Self::DTYPES,
                    texts: &[],
                    reference: Some(Self::reference),
                };

                fn reference(call: &mut ReferenceCall<'_>) -> Result<(), Error> {
                    $(let $r = call.input::<$rt>(At::$r as usize)?;)*
                    $(let $w = call.output::<$wt>(At::$w as usize)?;)*
                    $(let $size = call.scalar_u32(At::$size as usize)?;)*
                    $(let $s = crate::declare::scalar!(call, $st, At::$s as usize)?;)*
                    $(let $last = call.scalar_u32(At::$last as usize)?;)*
                    $reference($($r,)* $($w,)* $($size,)* $($s,)* $($last,)*);
                    Ok(())
                }
            }

            /// Parameters and cases.
            pub(crate) static INFO: KernelInfo = KernelInfo {
                name: stringify!($name),
                params: &[
                    $(Param { name: stringify!($r), kind: ParamKind::Read },)*
                    $(Param { name: stringify!($w), kind: crate::declare::written!($mode) },)*
                    $(Param { name: stringify!($size), kind: ParamKind::Scalar(DType::U32) },)*
                    $(Param {
                        name: stringify!($s),
                        kind: ParamKind::Scalar(<$st as Element>::DTYPE),
                    },)*
                    $(Param { name: stringify!($last), kind: ParamKind::Scalar(DType::U32) },)*
                ],
                cases: &[$(CaseOf::<$kt>::CASE),+],
                source: "",
            };

            #[allow(non_upper_case_globals, unused)]
            const RULE: Rule = {
                $(const $size: Size = Size::Param(At::$size as usize);)*
                $(const $s: Size = Size::Param(At::$s as usize);)*
                $(const $last: Size = Size::Param(At::$last as usize);)*
                // The grid of a reference is one call.
                Rule {
                    shapes: &[$({ let _ = At::$shaped; &[$($dim),*] }),*],
                    grid: [Size::Const(1); 3],
                    conditions: &[],
                }
            };

            /// The kernel with its launch rules.
            pub(crate) static KERNEL: TypedKernel = TypedKernel {
                info: &INFO,
                rules: &[$({ let _ = stringify!($kt); RULE }),+],
            };
        }
    };
}

macro_rules! written {
    (write) => {
        ParamKind::Write
    };
    (read_write) => {
        ParamKind::ReadWrite
    };
}

macro_rules! scalar {
    ($call:ident, u32, $at:expr) => {
        $call.scalar_u32($at)
    };
    ($call:ident, f32, $at:expr) => {
        $call.scalar_f32($at)
    };
}

pub(crate) use {declare_kernel, scalar, written};
