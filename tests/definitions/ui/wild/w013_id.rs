// ids collide (form field is lower-cased; inputs and outputs share one namespace)
use bizproc_runtime::{ReturnValues, Robot};

#[derive(Robot)]
#[robot(code = "asaas_cancel_subscription", returns = Cancelled)]
struct CancelSubscription {
    /// ID da Assinatura
    subscription_id: String,
}

#[derive(ReturnValues)]
struct Cancelled {
    /// ID da Assinatura
    subscription_id: String,
    status: String,
}

fn main() {}
