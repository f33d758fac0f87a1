//! Arithmetic expressions of the legalised module.

use super::polyfill::Polyfill;
use super::tables::{self, Unary, type_name};
use super::writer::{Level, Text, Writer};
use crate::ir::op::{ArithOp, BinaryOp, UnaryOp};
use crate::ir::{Operand, Scalar};

impl Writer<'_> {
    /// The expression of a pure operation.
    pub(super) fn arith(&mut self, op: &ArithOp) -> Text {
        match *op {
            ArithOp::Unary(op, a) => self.unary(op, a),
            ArithOp::Binary { op, a, b, .. } => self.binary(op, a, b),
            ArithOp::Fma { a, b, c, .. } => self.call("fma", &[a, b, c]),
            ArithOp::Compare(op, a, b) => {
                let (a, b) = (self.operand(a, Level::Sum), self.operand(b, Level::Sum));
                Text::new(format!("{a} {} {b}", tables::comparison(op)), Level::Comparison)
            }
            ArithOp::Select { condition, a, b } => self.call("select", &[b, a, condition]),
            ArithOp::Convert(to, a) => self.convert(to, a),
            ArithOp::Bitcast(to, a) => self.bitcast(to, a),
            ArithOp::Pack(Scalar::Bf16x2, a, b) => {
                let (low, high) = (self.argument(a), self.argument(b));
                let low = self.polyfill(Polyfill::F32ToBf16, &low).text;
                let high = self.polyfill(Polyfill::F32ToBf16, &high).text;
                Text::new(format!("{low} | ({high} << 16u)"), Level::Bits)
            }
            ArithOp::Pack(_, a, b) => {
                let (a, b) = (self.argument(a), self.argument(b));
                Text::atom(format!("pack2x16float(vec2<f32>({a}, {b}))"))
            }
            ArithOp::Prmt { a, b, selector } => {
                let arguments = self.arguments(&[a, b, selector]);
                self.polyfill(Polyfill::Prmt, &arguments)
            }
            ArithOp::BitfieldExtract { value, offset, width } => {
                self.call("extractBits", &[value, offset, width])
            }
            ArithOp::Dot4 { a, b, c } => {
                let (a, b) = (self.argument(a), self.argument(b));
                let c = self.operand(c, Level::Sum);
                Text::new(format!("{c} + dot4I8Packed({a}, {b})"), Level::Sum)
            }
            // Legalisation has taken these apart.
            ArithOp::Unpack(a) | ArithOp::Lop3 { operands: [a, ..], .. } => self.text(a),
        }
    }

    fn arguments(&mut self, operands: &[Operand]) -> String {
        let all: Vec<String> = operands.iter().map(|operand| self.argument(*operand)).collect();
        all.join(", ")
    }

    fn call(&mut self, function: &str, operands: &[Operand]) -> Text {
        Text::atom(format!("{function}({})", self.arguments(operands)))
    }

    fn unary(&mut self, op: UnaryOp, a: Operand) -> Text {
        let ty = self.module.type_of(a);
        match tables::unary(op) {
            Unary::Prefix(sign) => {
                let sign = if ty == Scalar::Bool { "!" } else { sign };
                let a = self.operand(a, Level::Atom);
                Text::new(format!("{sign}{a}"), Level::Sum)
            }
            Unary::Call(function) => self.call(function, &[a]),
            Unary::Reciprocal => {
                let a = self.operand(a, Level::Atom);
                Text::new(format!("1.0f / {a}"), Level::Product)
            }
            Unary::Sine(quarters) => {
                let a = self.argument(a);
                self.polyfill(Polyfill::Sine, &format!("{a}, {quarters}.0f"))
            }
            Unary::Tanh => {
                let a = self.argument(a);
                Text::atom(format!("tanh(clamp({a}, -10.0f, 10.0f))"))
            }
        }
    }

    fn binary(&mut self, op: BinaryOp, a: Operand, b: Operand) -> Text {
        let ty = self.module.type_of(a);
        let symbol = tables::binary(op);
        let (left, right, level) = match op {
            BinaryOp::Min | BinaryOp::Max => return self.call(symbol, &[a, b]),
            BinaryOp::MulHigh => {
                let arguments = self.arguments(&[a, b]);
                let signed = ty == Scalar::I32;
                let function = if signed { Polyfill::MulHighI32 } else { Polyfill::MulHighU32 };
                return self.polyfill(function, &arguments);
            }
            BinaryOp::Add | BinaryOp::Sub => (Level::Sum, Level::Product, Level::Sum),
            BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem => {
                (Level::Product, Level::Atom, Level::Product)
            }
            _ => (Level::Atom, Level::Atom, Level::Bits),
        };
        let (a, b) = (self.operand(a, left), self.operand(b, right));
        let not_equal = op == BinaryOp::Xor && ty == Scalar::Bool;
        if not_equal {
            return Text::new(format!("{a} != {b}"), Level::Comparison);
        }
        Text::new(format!("{a} {symbol} {b}"), level)
    }

    fn convert(&mut self, to: Scalar, a: Operand) -> Text {
        let from = self.module.type_of(a);
        let a = self.argument(a);
        match (from, to) {
            (Scalar::F16, Scalar::F32) => self.polyfill(Polyfill::F16ToF32, &a),
            (Scalar::F8E4M3, Scalar::F32) => self.polyfill(Polyfill::E4m3ToF32, &a),
            (Scalar::F8E5M2, Scalar::F32) => self.polyfill(Polyfill::E5m2ToF32, &a),
            (Scalar::F32, Scalar::F16) => {
                Text::atom(format!("pack2x16float(vec2<f32>({a}, 0.0f))"))
            }
            (Scalar::F32, Scalar::Bf16) => self.polyfill(Polyfill::F32ToBf16, &a),
            (Scalar::F32, Scalar::F8E4M3) => self.polyfill(Polyfill::F32ToE4m3, &a),
            (Scalar::F32, Scalar::F8E5M2) => self.polyfill(Polyfill::F32ToE5m2, &a),
            (Scalar::F32, Scalar::U32) => self.polyfill(Polyfill::F32ToU32, &a),
            (Scalar::F32, Scalar::I32) => self.polyfill(Polyfill::F32ToI32, &a),
            _ => Text::atom(format!("{}({a})", type_name(to))),
        }
    }

    fn bitcast(&mut self, to: Scalar, a: Operand) -> Text {
        let from = type_name(self.module.type_of(a));
        let to = type_name(to);
        if from == to {
            return self.text(a);
        }
        let a = self.argument(a);
        Text::atom(format!("bitcast<{to}>({a})"))
    }
}
