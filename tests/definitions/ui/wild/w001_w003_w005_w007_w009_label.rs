// no "en" text, empty label on portals in other languages (fallback is lang, ua->ru, en)
use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(
    kind = activity,
    code = "getStatOfObj",
    name(ru = "Проверка статьи"),
    description(ru = "<prose>"),
)]
struct CheckItem {
    #[property(name(ru = "Статья"), description(ru = "<prose>"))]
    stat: String,
}

fn main() {}
