//! The binary `resetbox`; everything is in the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    resetbox::cli::main()
}
