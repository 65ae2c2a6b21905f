// RETURN_PROPERTIES without explicit USE_SUBSCRIPTION=Y
use bizproc_runtime::{ReturnValues, Robot};

#[derive(Robot)]
#[robot(kind = activity, code = "getDays", wait = "", returns = Days)]
struct GetDays {
    date_now: jiff::civil::Date,
}

#[derive(ReturnValues)]
struct Days {
    day: String,
}

fn main() {}
