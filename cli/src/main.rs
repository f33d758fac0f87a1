//! The `tilewright` binary.

fn main() -> std::process::ExitCode {
    tilewright_cli::main()
}
