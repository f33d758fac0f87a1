//! The accepted subset of Rust, with names unresolved. Plain data: it owns its spans.

use crate::ir::{Span, Swizzle};

/// An identifier.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ident {
    /// Its text.
    pub name: String,
    /// Where it stands.
    pub span: Span,
}

/// The items of one scope: a `#[kernel_module]`, a library or template file, or one lone kernel.
#[derive(Debug, Clone, Default)]
pub struct Items {
    /// Functions, kernels among them.
    pub functions: Vec<Function>,
    /// Structs.
    pub structs: Vec<Struct>,
    /// Inherent `impl` blocks.
    pub impls: Vec<Impl>,
    /// Field-less enums, compile-time only.
    pub enums: Vec<Enum>,
    /// Constants.
    pub consts: Vec<ConstItem>,
}

impl Items {
    /// Adds the items of another file to the same scope.
    pub fn extend(&mut self, other: Items) {
        let Items { functions, structs, impls, enums, consts } = other;
        self.functions.extend(functions);
        self.structs.extend(structs);
        self.impls.extend(impls);
        self.enums.extend(enums);
        self.consts.extend(consts);
    }
}

/// A function: a kernel, or device code that is always inlined.
#[derive(Debug, Clone)]
pub struct Function {
    /// Its name.
    pub name: Ident,
    /// `#[kernel(...)]`, if it is one.
    pub kernel: Option<KernelAttribute>,
    /// Documentation lines.
    pub doc: Vec<String>,
    /// Type and const generics.
    pub generics: Vec<Generic>,
    /// `self`, if it is a method: by value, or by `&mut`/`&` reference (they act alike: inlining).
    pub receiver: bool,
    /// Parameters.
    pub params: Vec<FunctionParam>,
    /// Return type; `None` for `()`.
    pub result: Option<Type>,
    /// Its body.
    pub body: Block,
    /// The signature's span.
    pub span: Span,
    /// `pub`, `pub(crate)`, ..; empty where it is private.
    pub visibility: String,
}

/// A generic parameter.
#[derive(Debug, Clone)]
pub struct Generic {
    /// Its name.
    pub name: Ident,
    /// What it stands for.
    pub kind: GenericKind,
}

/// Type or const.
#[derive(Debug, Clone)]
pub enum GenericKind {
    /// `T: Float + ...`: the bounds' names.
    Type(Vec<Ident>),
    /// `const N: u32`
    Const(Type),
}

/// `name: type` of a function; the pattern is an identifier, `mut` or not.
#[derive(Debug, Clone)]
pub struct FunctionParam {
    /// Its name.
    pub name: Ident,
    /// Declared `mut`.
    pub mutable: bool,
    /// Its type.
    pub ty: Type,
}

/// `struct Name<..> { field: Type, .. }`, or a tuple struct with fields `0, 1, ..`.
#[derive(Debug, Clone)]
pub struct Struct {
    /// Its name.
    pub name: Ident,
    /// Its generics.
    pub generics: Vec<Generic>,
    /// Its fields.
    pub fields: Vec<(Ident, Type)>,
}

/// `impl<..> Name<..> { fn .. }`
#[derive(Debug, Clone)]
pub struct Impl {
    /// The impl's own generics.
    pub generics: Vec<Generic>,
    /// The type.
    pub ty: Type,
    /// Methods and associated functions.
    pub functions: Vec<Function>,
    /// Associated constants.
    pub consts: Vec<ConstItem>,
}

/// `enum Name { A, B }`
#[derive(Debug, Clone)]
pub struct Enum {
    /// Its name.
    pub name: Ident,
    /// Its variants.
    pub variants: Vec<Ident>,
}

/// `const NAME: Type = value;`
#[derive(Debug, Clone)]
pub struct ConstItem {
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub ty: Type,
    /// Its value.
    pub value: Expr,
}

/// A type as written.
#[derive(Debug, Clone)]
pub struct Type {
    /// What it is.
    pub kind: TypeKind,
    /// Where it stands.
    pub span: Span,
}

/// The forms of types.
#[derive(Debug, Clone)]
pub enum TypeKind {
    /// `f32`, `T`, `Tile<T, 4>`, `Self`
    Path {
        /// Segments (`a::b`); generic arguments belong to the last.
        path: Vec<Ident>,
        /// Generic arguments, types or const expressions.
        arguments: Vec<GenericArgument>,
    },
    /// `[T; N]`
    Array(Box<Type>, Box<Expr>),
    /// `[T]`, as in `&[T]`
    Slice(Box<Type>),
    /// `&T` or `&mut T`
    Reference(Box<Type>, bool),
    /// `(A, B)`; `()` when empty
    Tuple(Vec<Type>),
    /// `impl Fn(..)`: a closure parameter of a device function
    Closure,
    /// `_`
    Infer,
}

/// `<f32, 4, { N * 2 }>`
#[derive(Debug, Clone)]
pub enum GenericArgument {
    /// A type, or a name that may turn out to be a constant.
    Type(Type),
    /// A constant expression.
    Const(Expr),
}

/// `{ statements; value }`
#[derive(Debug, Clone)]
pub struct Block {
    /// In order.
    pub statements: Vec<Statement>,
    /// The value, if the block ends without a semicolon.
    pub value: Option<Box<Expr>>,
    /// From brace to brace.
    pub span: Span,
}

/// A statement.
#[derive(Debug, Clone)]
pub enum Statement {
    /// `let pattern: Type = value;`
    Let {
        /// What is bound.
        pattern: Pattern,
        /// The annotation.
        ty: Option<Type>,
        /// The initial value; `let x;` has none.
        value: Option<Expr>,
        /// Where it stands.
        span: Span,
    },
    /// `expression;`
    Expression(Expr),
    /// `const NAME: T = value;` within a block.
    Const(ConstItem),
}

/// What `let`, `for`, closures and `match` arms bind.
#[derive(Debug, Clone)]
pub enum Pattern {
    /// `x` or `mut x`; in a `match`, may turn out to be a constant or variant.
    Name(Ident, bool),
    /// `(a, b)`
    Tuple(Vec<Pattern>, Span),
    /// `_`
    Wildcard(Span),
    /// `Mask::Causal`
    Path(Vec<Ident>),
    /// A literal, possibly negated.
    Literal(Literal, Span),
    /// `a | b`
    Or(Vec<Pattern>, Span),
}

/// A literal.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `12`, `0xffu32`: value and suffix.
    Int(i128, Option<String>),
    /// `1.0`, `2e3f32`: value and suffix.
    Float(f64, Option<String>),
    /// `true`
    Bool(bool),
    /// `"text"`: names, messages.
    Str(String),
}

/// An expression.
#[derive(Debug, Clone)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// The forms of expressions.
#[derive(Debug, Clone)]
pub enum ExprKind {
    /// A literal.
    Literal(Literal),
    /// `x`, `Mask::Causal`, `T::from_f32`, `size_of::<T>`, `Tile::<4>::new`
    Path(Path),
    /// `-a`, `!a`, `*a` (no effect)
    Unary(UnaryOperator, Box<Expr>),
    /// `a + b`, `a && b`, `a < b`
    Binary(BinaryOperator, Box<Expr>, Box<Expr>),
    /// `place = value`
    Assign(Box<Expr>, Box<Expr>),
    /// `place += value`
    AssignOp(BinaryOperator, Box<Expr>, Box<Expr>),
    /// `f(args)`; the callee is a path, or an expression that is a closure
    Call(Box<Expr>, Vec<Expr>),
    /// `receiver.method::<G>(args)`
    MethodCall {
        /// Before the dot.
        receiver: Box<Expr>,
        /// The method.
        method: Ident,
        /// Generic arguments.
        generics: Vec<GenericArgument>,
        /// Arguments.
        arguments: Vec<Expr>,
    },
    /// `a.name` or `a.0`
    Field(Box<Expr>, Ident),
    /// `a[i]`
    Index(Box<Expr>, Box<Expr>),
    /// `a..b`, `a..=b`
    Range {
        /// Start.
        start: Option<Box<Expr>>,
        /// End.
        end: Option<Box<Expr>>,
        /// Whether the end belongs to it.
        inclusive: bool,
    },
    /// `[a, b]`
    Array(Vec<Expr>),
    /// `[a; n]`
    Repeat(Box<Expr>, Box<Expr>),
    /// `(a, b)`; `()` when empty
    Tuple(Vec<Expr>),
    /// `Name { field: value }`
    Struct {
        /// The type.
        ty: Type,
        /// Its fields.
        fields: Vec<(Ident, Expr)>,
    },
    /// `{ .. }`
    Block(Block),
    /// `if c { .. } else { .. }`
    If {
        /// Condition.
        condition: Box<Expr>,
        /// Where it holds.
        then: Block,
        /// A block or another `if`.
        otherwise: Option<Box<Expr>>,
    },
    /// `match v { pattern if guard => value, .. }`
    Match(Box<Expr>, Vec<Arm>),
    /// `loop { .. }`
    Loop(Block),
    /// `while c { .. }`
    While(Box<Expr>, Block),
    /// `for pattern in range { .. }`
    For(Pattern, Box<Expr>, Block),
    /// `break`
    Break,
    /// `continue`
    Continue,
    /// `return v`
    Return(Option<Box<Expr>>),
    /// `|a, b| body`
    Closure {
        /// Parameters.
        params: Vec<Pattern>,
        /// Body.
        body: Box<Expr>,
    },
    /// `a as T`
    Cast(Box<Expr>, Type),
    /// `&a`, `&mut a`
    Reference(Box<Expr>),
}

/// A path in expression position.
#[derive(Debug, Clone)]
pub struct Path {
    /// Segments: identifier and generic arguments (`size_of::<T>`, `Tile::<4>::new`).
    pub segments: Vec<(Ident, Vec<GenericArgument>)>,
}

/// One arm of a `match`.
#[derive(Debug, Clone)]
pub struct Arm {
    /// When.
    pub pattern: Pattern,
    /// And if.
    pub guard: Option<Expr>,
    /// Then.
    pub body: Expr,
}

/// Prefix operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOperator {
    /// `-`
    Neg,
    /// `!`
    Not,
    /// `*`
    Deref,
}

/// Infix operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOperator {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Rem,
    /// `&`
    BitAnd,
    /// `|`
    BitOr,
    /// `^`
    BitXor,
    /// `<<`
    Shl,
    /// `>>`
    Shr,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

/// `#[kernel(...)]`: what is said about a kernel beside its code. All expressions are over const
/// generics, `size_of::<T>()`, and scalar parameters of the kernel (where the field says so).
#[derive(Debug, Clone, Default)]
pub struct KernelAttribute {
    /// `shapes(x: [rows, cols], ..)`: dimensions over scalar parameters and constants.
    pub shapes: Vec<(Ident, Vec<Expr>)>,
    /// `grid = rows` or `grid = (a, b, c)`: workgroups, over scalar parameters and constants.
    pub grid: Vec<Expr>,
    /// `threads = THREADS` or `threads = (x, y, z)`.
    pub threads: Vec<Expr>,
    /// `cluster = 2`
    pub cluster: Vec<Expr>,
    /// `min_blocks = 1`
    pub min_blocks: Option<Expr>,
    /// `element(T = [f32, f16], U = [f32])`: the types each generic is instantiated with (product).
    pub elements: Vec<(Ident, Vec<Type>)>,
    /// `values(HEAD_DIM = [64, 128], CAUSAL = [true, false])`: const generics instantiated as cases of
    /// their own (product).
    pub values: Vec<(Ident, Vec<Expr>)>,
    /// `require(condition, "message")`, over constants and `target::` facts.
    pub requires: Vec<(Expr, String)>,
    /// `when(condition && ..)`: per-launch conditions over scalar parameters, `aligned(x, n)`.
    pub when: Vec<Expr>,
    /// `tiles(THREADS, VEC) = first_of[(256, 8), (128, 4)]`: names and choices, first match wins.
    pub tiles: Option<Tiles>,
    /// `tensor_map(m, tile = [64, 128], swizzle = b128)`
    pub tensor_maps: Vec<TensorMapAttribute>,
    /// `cost(bytes = .., flops = ..)` over scalar parameters and constants.
    pub cost: Option<(Expr, Expr)>,
    /// `reference = path`, kept as tokens' text.
    pub reference: Option<(String, Span)>,
    /// `targets = [sm_80, wgsl]`; empty: the default list.
    pub targets: Vec<(crate::target::Target, Span)>,
    /// `index = 64`: width of `index`; 32 unless stated.
    pub index_bits: Option<(u32, Span)>,
    /// `crate = path`: where the emitted code finds the runtime.
    pub crate_path: Option<String>,
    /// `split(x: rows)`: buffers that may be bound in row ranges.
    pub split: Vec<(Ident, Ident)>,
}

/// The tile choice of a kernel.
#[derive(Debug, Clone)]
pub struct Tiles {
    /// Const generics that the choices fix.
    pub names: Vec<Ident>,
    /// The choices in order of preference, one expression per name, each with its span.
    pub choices: Vec<(Vec<Expr>, Span)>,
}

/// A tensor-map parameter's box.
#[derive(Debug, Clone)]
pub struct TensorMapAttribute {
    /// The parameter.
    pub name: Ident,
    /// Box along each axis, innermost first.
    pub tile: Vec<Expr>,
    /// Swizzle.
    pub swizzle: Swizzle,
    /// Extents of the tensor as the map sees it, innermost first; empty: its shape's.
    pub dims: Vec<Expr>,
    /// Elements from one index to the next along each axis but the innermost; empty: one behind another.
    pub strides: Vec<Expr>,
}
