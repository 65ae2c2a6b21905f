use bizproc_runtime::Select;

macro_rules! renamed {
    ($($rule:literal $name:ident [$first:literal, $second:literal])*) => {$(
        #[derive(Select)]
        #[select(rename_all = $rule)]
        enum $name {
            CreditCard,
            #[option(key = "kept As is")]
            Kept,
            SepaDebit2,
        }

        assert_eq!($name::CreditCard.key(), $first);
        assert_eq!($name::Kept.key(), "kept As is");
        assert_eq!($name::SepaDebit2.key(), $second);
        assert!($name::from_key($first).is_some() && $name::from_key("CREDITcard").is_none());
    )*};
}

#[derive(Select)]
enum AsWritten {
    /// By card.
    Card,
    SepaDebit,
    #[option(title = "Заплатить")]
    Cash,
}

fn main() {
    renamed! {
        "lowercase" Lower ["creditcard", "sepadebit2"]
        "UPPERCASE" Upper ["CREDITCARD", "SEPADEBIT2"]
        "PascalCase" Pascal ["CreditCard", "SepaDebit2"]
        "camelCase" Camel ["creditCard", "sepaDebit2"]
        "snake_case" Snake ["credit_card", "sepa_debit2"]
        "SCREAMING_SNAKE_CASE" Screaming ["CREDIT_CARD", "SEPA_DEBIT2"]
    }
    let titles = <AsWritten as bizproc_runtime::Property>::OPTIONS.iter().map(|one| one.title);
    assert_eq!(titles.collect::<Vec<_>>(), ["By card", "Sepa debit", "Заплатить"]);
    let keys = [AsWritten::Card, AsWritten::SepaDebit, AsWritten::Cash].map(|one| one.key());
    assert_eq!(keys, ["Card", "SepaDebit", "Cash"]);
}
