//! The `misto` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    match misto::cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("misto: {error:#}");
            ExitCode::FAILURE
        }
    }
}
