#![no_main]

#[path = "../../tests/integration/fuzz/form.rs"]
mod form;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| form::check(bytes));
