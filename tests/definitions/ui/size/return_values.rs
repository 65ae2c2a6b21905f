use bizproc_runtime::{ReturnValues, Robot};

macro_rules! values {
    ($text:literal $($field:ident)*) => {
        #[derive(ReturnValues)]
        struct Values {
            $(
                #[property(name(en = $text, ru = $text, de = $text))]
                #[property(description(en = $text, ru = $text, de = $text))]
                $field: String,
            )*
        }
    };
}

values! {
    "Ten times ten letters are a hundred, and a label of that size goes unread now. \
     Ten times ten letters are a hundred, and a label of that size goes unread now. \
     Ten times ten letters are a hundred, and a label of that size goes unread now. \
     Ten times ten letters are a hundred, and a label of that size goes unread now."
    a1 a2 a3 a4 a5 a6 a7 a8 b1 b2 b3 b4 b5 b6 b7 b8 c1 c2 c3 c4 c5 c6 c7 c8
    d1 d2 d3 d4 d5 d6 d7 d8
}

#[derive(Robot)]
#[robot(code = "acme_values", returns = Values)]
struct Form;

fn main() {}
