//! Any value of each type, with those that PHP takes for nothing.

use std::num::NonZero;

use bizproc_runtime::UserRef;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use proptest::arbitrary::{Arbitrary, any};
use proptest::num::{f32, f64};
use proptest::prelude::Just;
use proptest::prop_oneof;
use proptest::strategy::Strategy;

use super::portal::zone;

/// Never empty: an empty text is no value to the portal.
pub(crate) fn texts() -> impl Strategy<Value = String> {
    let characters = proptest::collection::vec(any::<char>(), 1..30);
    prop_oneof![
        4 => characters.prop_map(String::from_iter),
        1 => proptest::sample::select(vec![
            "0", " ", "N", "null", "[]", "Array", "a&b=c;d", "100%", "%41", "a+b", "ё\r\nй", "{=x}",
        ])
        .prop_map(str::to_owned),
    ]
}

/// Often 0, and often the least and the greatest.
pub(crate) fn whole<N: Arbitrary + Clone + Default + std::fmt::Debug + TryFrom<i8>>()
-> impl Strategy<Value = N> {
    prop_oneof![
        4 => any::<N>(),
        1 => Just(N::default()),
        1 => (0..=9_i8).prop_filter_map("in range", |small| N::try_from(small).ok()),
    ]
}

/// A number that is not 0, of any width.
pub(crate) fn not_zero<N: NotZero>() -> impl Strategy<Value = N> {
    any::<i64>().prop_filter_map("not 0", N::from_bits)
}

pub(crate) trait NotZero: std::fmt::Debug + Sized {
    fn from_bits(bits: i64) -> Option<Self>;
}

macro_rules! not_zero {
    ($($number:ty)*) => {$(
        impl NotZero for NonZero<$number> {
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "any bits are a number"
            )]
            fn from_bits(bits: i64) -> Option<Self> {
                Self::new(bits as $number)
            }
        }
    )*};
}

not_zero!(i8 i16 i32 i64 u8 u16 u32);

/// What is no number, or infinite, has no form on the portal.
pub(crate) fn floats() -> impl Strategy<Value = f32> {
    prop_oneof![
        3 => f32::NORMAL | f32::SUBNORMAL | f32::ZERO | f32::POSITIVE | f32::NEGATIVE,
        1 => (-1000..1000_i16).prop_map(|tenths| f32::from(tenths) / 10.0),
    ]
}

pub(crate) fn doubles() -> impl Strategy<Value = f64> {
    prop_oneof![
        3 => f64::NORMAL | f64::SUBNORMAL | f64::ZERO | f64::POSITIVE | f64::NEGATIVE,
        1 => any::<i32>().prop_map(|cents| f64::from(cents) / 100.0),
    ]
}

pub(crate) fn dates() -> impl Strategy<Value = Date> {
    times().prop_map(DateTime::date)
}

/// Whole seconds since 1970: the portal knows no fractions, and takes only digits for seconds.
pub(crate) fn moments() -> impl Strategy<Value = Timestamp> {
    let seconds = prop_oneof![1..=86_400_i64, 1..=4_102_444_800_i64];
    seconds.prop_map(|seconds| Timestamp::from_second(seconds).expect("a moment"))
}

pub(crate) fn times() -> impl Strategy<Value = DateTime> {
    moments().prop_map(|moment| zone().to_datetime(moment))
}

/// Users by number, and what is none: roles, groups, bare numbers.
pub(crate) fn users() -> impl Strategy<Value = UserRef> {
    let groups = "(author|responsible_head|group_(d|hr)?[0-9]{1,3}|[0-9]{1,3}|user_|user_x)";
    prop_oneof![
        any::<u64>().prop_map(UserRef::User),
        groups.prop_map(UserRef::Group),
    ]
}
