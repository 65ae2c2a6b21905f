use bizproc_runtime::Robot;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

#[derive(Robot)]
#[robot(code = "acme_meeting")]
struct Meeting {
    #[property(default = "tomorrow")]
    starts: DateTime,
    #[property(default = "31.12.2025 10:20")]
    ends: Timestamp,
    #[property(default = "2025-02-30")]
    day: Date,
    #[property(default = 20251231)]
    number: Date,
}

fn main() {}
