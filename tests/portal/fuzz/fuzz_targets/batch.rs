#![no_main]

#[path = "../../tests/integration/fuzz/batch.rs"]
mod batch;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| batch::check(bytes));
