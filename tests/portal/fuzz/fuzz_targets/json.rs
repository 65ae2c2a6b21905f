#![no_main]

#[path = "../../tests/integration/fuzz/json.rs"]
mod json;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| json::check(bytes));
