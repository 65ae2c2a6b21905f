use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(
    code = "acme_invoice",
    name(ru = "Счёт"),
    description(ru = "Создаёт счёт")
)]
struct Invoice {
    #[property(name(ru = "Сумма"))]
    sum: f64,
}

fn main() {}
