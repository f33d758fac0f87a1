//! The text form of the IR round-trips.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use tilewright_kernel_compiler::ir::op::{ArithOp, BinaryOp, Builtin, Op};
use tilewright_kernel_compiler::ir::{self, Builder, Const, Module, Scalar, Span, Stmt};

const EVERY_OP: &str = include_str!("ir/text/every_op.ir");

/// Everything in a module but its spans.
fn without_spans(module: &Module) -> String {
    let debug = format!("{module:?}");
    let mut pieces = debug.split("Span(");
    let mut text = pieces.next().unwrap().to_owned();
    for piece in pieces {
        text.push_str("Span(");
        text.push_str(piece.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    text
}

#[test]
fn printing_then_reading_gives_the_same_module() {
    let first = ir::read(EVERY_OP).unwrap();
    let printed = first.to_string();
    let second = ir::read(&printed).unwrap();
    assert_eq!(without_spans(&first), without_spans(&second));
    assert_eq!(printed, second.to_string());
}

#[test]
fn the_printed_form_is_the_written_form() {
    let printed = ir::read(EVERY_OP).unwrap().to_string();
    let body = |text: &str| {
        let lines = text.lines().skip_while(|line| *line != "{");
        lines.map(|l| l.split(" ;").next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(body(EVERY_OP), body(&printed));
}

#[test]
fn a_built_module_round_trips() {
    let empty =
        ir::read("kernel k\ntarget wgsl native subgroup 32\nthreads [64, 1, 1]\n{\n}").unwrap();
    let mut builder = Builder::new(empty);
    let span = Span(7);
    let thread = builder.emit_one(Op::Builtin(Builtin::ThreadId(0)), span);
    let unused = builder.value(Scalar::F16, span);
    let (a, b) = (thread, Const::u32(3).into());
    builder.emit_one(Op::Arith(ArithOp::Binary { op: BinaryOp::Shl, a, b, ftz: false }), span);
    for _ in 0..2 {
        let local = builder.local(Scalar::F32, "sum", span);
        builder.push(Stmt::Assign { local, value: Const::f32(f32::NAN).into(), span });
    }
    let module = builder.finish();
    let printed = module.to_string();
    assert!(printed.contains(&format!("value %{}: f16", unused.0)), "{printed}");
    let again = ir::read(&printed).unwrap();
    assert_eq!(without_spans(&module), without_spans(&again));
}

#[test]
fn mistakes_are_told_by_line() {
    let head = "kernel k\ntarget sm_80\nbuffer x: &[f32] [4]\n{\n";
    let wrong = [
        ("  %0: u32 = thread_id.7x\n}", "line 5: `7x` is no axis: 0, 1 or 2"),
        ("  %0: f32 = load.f32 w[0u32]\n}", "line 5: `w` is neither a parameter nor `shared`"),
        ("  store x[0u32], 1.0f31\n}", "line 5: `1.0f31` is no constant"),
        ("  barrier 3u32\n}", "line 5: `barrier` has too many arguments"),
        ("  frobnicate\n}", "line 5: there is no operation `frobnicate`"),
        ("  $x = 1u32\n}", "line 5: there is no local `$x`"),
        ("  loop {\n", "line 5: this block is not closed"),
        ("  break now\n}", "line 5: something follows where the line should end"),
    ];
    for (body, message) in wrong {
        let error = ir::read(&format!("{head}{body}")).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}
