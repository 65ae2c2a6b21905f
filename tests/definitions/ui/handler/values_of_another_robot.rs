use bizproc_runtime::{Call, Replied, Result, ReturnValues, Robot};

/// Sum
#[derive(Robot)]
#[robot(code = "acme_sum", returns = Sum)]
struct Add {
    terms: Vec<f64>,
}

#[derive(ReturnValues)]
struct Sum {
    sum: f64,
}

#[derive(ReturnValues)]
struct Product {
    product: f64,
}

async fn add(call: Call<Add>) -> Result<Replied> {
    let product = call.input.terms.iter().product();
    call.reply(Product { product }).await
}

fn main() {}
