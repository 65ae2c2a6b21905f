use bizproc_runtime::Robot;

/// Languages
#[derive(Robot)]
#[robot(code = "acme_languages", name(RU = "Да", ru = "Нет"))]
struct Languages {
    #[property(name = "One", name(en = "Two"))]
    twice: String,
    #[property(name(pt_br = "Sim", e = "?"), description(de = ""))]
    unknown: String,
}

fn main() {}
