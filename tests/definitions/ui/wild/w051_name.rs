// duplicate attribute after upper-casing
use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "R.CONTACT_CHANGE")]
struct ChangeContact {
    #[property(
        name = "Очистить почты и(или) телефоны:",
        name = "clear_mail_and_phons",
    )]
    clear_mail_and_phons: Option<String>,
}

fn main() {}
