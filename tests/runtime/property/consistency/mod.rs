//! The registration of a type, the reading of its values and their writing agree, for every type and
//! any value.
//!
//! [`types`] is the table: one line a type. Each line is checked in four shapes: `T`,
//! `Option<T>`, `Vec<T>` and `Option<Vec<T>>`. The portal of the test, `portal.rs`, shares
//! no code with the runtime.
//!
//! Texts are never empty here, because to the portal an empty text *is* "not set": it arrives as
//! `None`, or is missing. Everything else that PHP takes for nothing is in: `0`, `false`, `"0"`,
//! an empty list.

mod documented;
mod helper;
mod portal;
mod strategies;

use std::borrow::Cow;
use std::num::NonZero;

use bizproc_runtime::form::{Form, Limits};
use bizproc_runtime::property::{Culture, Field, InputProperties};
use bizproc_runtime::{FileRef, Property, Select, Text, UserRef};
use chrono::{NaiveDate, NaiveDateTime, Utc};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use proptest::strategy::Strategy;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use documented::documented;
use helper::{agrees, agrees_as, decoded};
use portal::{FormValue, epoch};
use strategies::{dates, doubles, floats, moments, not_zero, texts, times, users, whole};

#[derive(Debug, Clone, PartialEq, Select)]
#[select(rename_all = "snake_case")]
enum Format {
    Pdf,
    #[option(key = "word 97")]
    Word,
    НиТоНиСё,
}

#[derive(Debug, Clone, PartialEq, Property)]
struct Deal(NonZero<u32>);

#[derive(Debug, Clone, PartialEq, Property)]
#[property(type = "UF:money")]
struct Money {
    sum_and_currency: String,
}

fn money(sum_and_currency: String) -> Money {
    Money { sum_and_currency }
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "the table passes every value by reference"
)]
/// As few digits as give the same `f32`, and not those of the nearest `f64`.
fn shortest(number: &f32) -> Value {
    json!(number.to_string().parse::<f64>().unwrap())
}

fn to_chrono_date(date: Date) -> NaiveDate {
    date.to_string().parse().unwrap()
}

fn to_chrono_time(time: DateTime) -> NaiveDateTime {
    time.to_string().parse().unwrap()
}

fn jiff_time(time: &NaiveDateTime) -> DateTime {
    time.and_utc()
        .format("%Y-%m-%dT%H:%M:%S")
        .to_string()
        .parse()
        .unwrap()
}

fn to_chrono_moment(moment: Timestamp) -> chrono::DateTime<Utc> {
    chrono::DateTime::from_timestamp(moment.as_second(), 0).unwrap()
}

fn decimals() -> impl Strategy<Value = Decimal> {
    (proptest::num::i64::ANY, 0..=20_u32).prop_map(|(digits, scale)| Decimal::new(digits, scale))
}

fn formats() -> impl Strategy<Value = Format> {
    proptest::sample::select(vec![Format::Pdf, Format::Word, Format::НиТоНиСё])
}

/// `test: Type, "its name in the documentation" "property type", any value, what a reply carries;`
/// and a test each.
macro_rules! types {
    ($($test:ident: $ty:ty, $name:literal $type_name:literal, $strategy:expr, $sent:expr;)+) => {
        /// Names and property types.
        const TYPES: &[(&str, &str)] = &[$(($name, $type_name)),+];

        $(
            #[test]
            fn $test() {
                agrees::<$ty>($type_name, $strategy, $sent);
            }
        )+
    };
}

types! {
    string: String, "String" "string", texts(), |text| json!(text);
    boxed_str: Box<str>, "Box" "string", texts().prop_map(String::into_boxed_str), |text| json!(text);
    cow_str: Cow<'static, str>, "Cow" "string", texts().prop_map(Cow::Owned), |text| json!(text);
    text: Text, "Text" "text", texts().prop_map(Text), |text| json!(text.0);
    flag: bool, "bool" "bool", proptest::bool::ANY, |flag| json!(if *flag { "Y" } else { "N" });
    int_i8: i8, "i8" "int", whole(), |number| json!(number);
    int_i16: i16, "i16" "int", whole(), |number| json!(number);
    int_i32: i32, "i32" "int", whole(), |number| json!(number);
    int_i64: i64, "i64" "int", whole(), |number| json!(number);
    int_u8: u8, "u8" "int", whole(), |number| json!(number);
    int_u16: u16, "u16" "int", whole(), |number| json!(number);
    int_u32: u32, "u32" "int", whole(), |number| json!(number);
    not_zero_i8: NonZero<i8>, "NonZero" "int", not_zero(), |number| json!(number.get());
    not_zero_i16: NonZero<i16>, "NonZero" "int", not_zero(), |number| json!(number.get());
    not_zero_i32: NonZero<i32>, "NonZero" "int", not_zero(), |number| json!(number.get());
    not_zero_i64: NonZero<i64>, "NonZero" "int", not_zero(), |number| json!(number.get());
    not_zero_u8: NonZero<u8>, "NonZero" "int", not_zero(), |number| json!(number.get());
    not_zero_u16: NonZero<u16>, "NonZero" "int", not_zero(), |number| json!(number.get());
    not_zero_u32: NonZero<u32>, "NonZero" "int", not_zero(), |number| json!(number.get());
    double_f32: f32, "f32" "double", floats(), shortest;
    double_f64: f64, "f64" "double", doubles(), |number| json!(number);
    date: Date, "Date" "date", dates(), |date| json!(date.to_string());
    date_time: DateTime, "DateTime" "datetime", times(), epoch;
    chrono_date: NaiveDate, "NaiveDate" "date", dates().prop_map(to_chrono_date), |date| json!(date.to_string());
    chrono_date_time: NaiveDateTime, "NaiveDateTime" "datetime", times().prop_map(to_chrono_time), |time| epoch(&jiff_time(time));
    chrono_moment: chrono::DateTime<Utc>, "DateTime" "datetime", moments().prop_map(to_chrono_moment), |moment| json!(moment.timestamp().to_string());
    decimal: Decimal, "Decimal" "double", decimals(), |number| json!(number.to_string());
    timestamp: Timestamp, "Timestamp" "datetime", moments(), |moment| json!(moment.as_second().to_string());
    user: UserRef, "UserRef" "user", users(), |user| json!(user.to_string());
    file: FileRef, "FileRef" "file", whole().prop_map(FileRef), |file| json!(file.0);
    select: Format, "Select" "select", formats(), |format| json!(format.key());
    newtype_of_a_number: Deal, "newtype" "int", not_zero().prop_map(Deal), |deal| json!(deal.0.get());
    newtype_with_a_type: Money, "newtype" "UF:money", texts().prop_map(money), |money| json!(money.sum_and_currency);
}

/// `#[property(text)]` on a `String`.
const AS_TEXT: (&str, &str) = ("String", "text");

#[test]
fn string_as_text() {
    agrees_as::<String>(Some("text"), "text", texts(), |text| json!(text));
}

/// A value as it came has no form of its own; what the portal sent goes back as it was.
const RAW: (&str, &str) = ("Value", "string");

#[test]
fn raw_values_keep_their_shape() {
    let body =
        b"properties[value][0][VALUE]=a&properties[value][0][TYPE]=WORK&properties[value][2]=b";
    let form = Form::decode(body, &Limits::default());
    let culture = Culture::default();
    let field = Field::<Value>::new("value");
    let received = InputProperties::new(&form, &culture).get("value");
    let value = field.decode(received).unwrap();
    assert_eq!(
        value,
        json!({"0": {"VALUE": "a", "TYPE": "WORK"}, "2": "b"})
    );
    assert_eq!(field.encode(&value, &culture), value);
    let nothing = InputProperties::new(&form, &culture).get("other");
    assert_eq!(field.decode(nothing), Ok(Value::Null));
}

#[test]
fn every_documented_type_is_in_the_table() {
    let mut tested = TYPES.to_vec();
    tested.extend([AS_TEXT, RAW]);
    tested.retain(|(name, _)| *name != "newtype");
    tested.sort_unstable();
    tested.dedup();
    let table = documented();
    let documented: Vec<_> = table.iter().map(|(name, ty)| (&**name, &**ty)).collect();
    assert_eq!(tested, documented);
}

/// The form of a flag that is not required has a third choice, which arrives empty.
#[test]
fn an_empty_flag_is_false_unless_it_may_be_nothing() {
    let empty = FormValue::One(String::new());
    assert_eq!(decoded::<bool>(None, &empty), Ok(false));
    assert_eq!(decoded::<Option<bool>>(None, &empty), Ok(None));
    assert!(decoded::<bool>(None, &FormValue::Nothing).is_err());
}
