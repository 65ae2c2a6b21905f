use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(
    code = "acme_a",
    use_subscription = "Y",
    properties(a),
    return_properties = Paid,
    return_values = Paid,
    auth_user = 1,
    use_placement = "Y",
    placement_handler = "/x",
)]
struct Robots {
    #[property(multiple)]
    many: String,
    #[property(optional)]
    maybe: String,
    #[property(rename = "Other")]
    renamed: String,
    #[property(skip)]
    skipped: String,
    #[property(settings = "x")]
    set: String,
}

fn main() {}
