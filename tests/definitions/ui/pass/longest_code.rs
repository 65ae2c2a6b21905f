//! 128 characters are a code; see `code/too_long.rs` for one more.
use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(
    code = "a234567890b234567890c234567890d234567890e234567890f234567890\
            g234567890h234567890i234567890j234567890k234567890l234567890m2345678"
)]
struct Long;

fn main() {
    assert_eq!(Long::DEFINITION.code().len(), 128);
}
