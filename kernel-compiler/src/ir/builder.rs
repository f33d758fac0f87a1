//! Appends statements to a module under construction, naming each result.

use super::{Block, Local, LocalId, Module, Op, Operand, Scalar, Span, Stmt, Value, ValueId};

/// Builds the body of a [`Module`]: a stack of open blocks over its tables.
#[derive(Debug)]
pub struct Builder {
    /// The module being built; its body is empty until [`Builder::finish`].
    pub module: Module,
    open: Vec<Vec<Stmt>>,
}

impl Builder {
    /// Starts with a module whose tables may already hold parameters.
    pub fn new(module: Module) -> Builder {
        Builder { module, open: vec![Vec::new()] }
    }

    /// Closes the outermost block and gives the module.
    pub fn finish(mut self) -> Module {
        self.module.body = Block(self.open.pop().unwrap_or_default());
        self.module
    }

    /// Opens a block; statements go there until [`Builder::close`].
    pub fn open(&mut self) {
        self.open.push(Vec::new());
    }

    /// Closes the innermost block.
    pub fn close(&mut self) -> Block {
        Block(self.open.pop().unwrap_or_default())
    }

    /// Appends a statement.
    pub fn push(&mut self, stmt: Stmt) {
        if let Some(block) = self.open.last_mut() {
            block.push(stmt);
        }
    }

    /// A new value that no statement defines yet (a loop variable).
    pub fn value(&mut self, ty: Scalar, span: Span) -> ValueId {
        let id = ValueId(self.module.values.len() as u32);
        self.module.values.push(Value { ty, span });
        id
    }

    /// A new local.
    pub fn local(&mut self, ty: Scalar, name: &str, span: Span) -> LocalId {
        let id = LocalId(self.module.locals.len() as u32);
        self.module.locals.push(Local { ty, name: name.to_owned(), span });
        id
    }

    /// Appends an operation and returns its results.
    pub fn emit(&mut self, op: Op, span: Span) -> Vec<ValueId> {
        let types = op.result_types(&self.module);
        let results: Vec<ValueId> = types.into_iter().map(|ty| self.value(ty, span)).collect();
        self.push(Stmt::Let { results: results.clone(), op, span });
        results
    }

    /// Appends an operation with one result.
    pub fn emit_one(&mut self, op: Op, span: Span) -> Operand {
        let results = self.emit(op, span);
        debug_assert_eq!(results.len(), 1);
        Operand::Value(results[0])
    }
}
