mod inner {
    pub mod deeper {
        use bizproc_runtime::{ReturnValues, Robot, Select};

        #[derive(Robot)]
        #[robot(code = "acme_visible", returns = Values)]
        pub(in crate::inner) struct Visible {
            pub(super) open: Choice,
            closed: String,
        }

        #[derive(ReturnValues)]
        pub(super) struct Values {
            pub sum: f64,
        }

        #[derive(Select)]
        pub(crate) enum Choice {
            One,
        }

        pub(in crate::inner) fn visible() -> Visible {
            let closed = String::new();
            Visible { open: Choice::One, closed }
        }

        impl Visible {
            pub(in crate::inner) fn closed(&self) -> &str {
                &self.closed
            }
        }
    }

    pub fn code() -> &'static str {
        use bizproc_runtime::Robot as _;
        let visible = deeper::visible();
        let values = deeper::Values { sum: 0.0 };
        assert_eq!(visible.open.key(), "One");
        assert!(visible.closed().is_empty() && values.sum < 1.0);
        deeper::Visible::DEFINITION.code()
    }
}

fn main() {
    assert_eq!(inner::code(), "acme_visible");
}
