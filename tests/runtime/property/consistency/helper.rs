//! The check that every type goes through.

use std::fmt::Debug;

use bizproc_runtime::Property;
use bizproc_runtime::form::{Form, Limits};
use bizproc_runtime::property::{Culture, DecodeError, Decoder, Encoder, Field, InputProperties};
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

use super::portal::{FormValue, SITES, Site};

/// Any of `values` is registered as `type_name`, goes out as `sent` says, and comes back as it was.
pub(crate) fn agrees<T>(
    type_name: &'static str,
    values: impl Strategy<Value = T>,
    sent: impl Fn(&T) -> Value,
) where
    T: Property + Clone + PartialEq + Debug,
{
    agrees_as(None, type_name, values, sent);
}

/// As [`agrees`], for a property with a type of its own.
pub(crate) fn agrees_as<T>(
    own_type: Option<&'static str>,
    type_name: &'static str,
    values: impl Strategy<Value = T>,
    sent: impl Fn(&T) -> Value,
) where
    T: Property + Clone + PartialEq + Debug,
{
    registers::<T>(own_type, type_name, true, false);
    registers::<Option<T>>(own_type, type_name, false, false);
    registers::<Vec<T>>(own_type, type_name, false, true);
    registers::<Option<Vec<T>>>(own_type, type_name, false, true);
    nothing_is_nothing::<T>(own_type);

    let config = Config {
        cases: 96,
        failure_persistence: None,
        ..Config::default()
    };
    let lists = proptest::collection::vec(values, 0..5);
    let result = TestRunner::new(config).run(&lists, |list| {
        for site in SITES {
            let line = Line {
                site,
                own_type,
                culture: site.culture(),
            };
            let shown: Vec<_> = list
                .iter()
                .map(|value| line.single(type_name, value, &sent(value)))
                .collect();
            line.list(&list, list.iter().map(&sent).collect(), &shown);
        }
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}

fn value_field<V: Property>(own_type: Option<&'static str>) -> Field<V> {
    let field = Field::new("value");
    match own_type {
        Some(name) => field.type_name(name),
        None => field,
    }
}

fn registers<V: Property>(own: Option<&'static str>, name: &str, required: bool, multiple: bool) {
    let field = value_field::<V>(own);
    let spec = field.spec;
    let registered = (spec.property_type.as_str(), spec.required, spec.multiple);
    assert_eq!(registered, (name, required, multiple));
    assert_eq!(field.fault(), None);
    assert_eq!(name == "select", !spec.options.is_empty());
}

/// Checks a call without the property, and nothing in a reply.
fn nothing_is_nothing<T: Property + PartialEq + Debug>(own: Option<&'static str>) {
    let empty = [
        FormValue::Nothing,
        FormValue::One(String::new()),
        FormValue::List(1, vec![String::new()]),
    ];
    assert!(decoded::<T>(own, &FormValue::Nothing).is_err());
    for value in &empty {
        assert_eq!(decoded::<Option<T>>(own, value), Ok(None));
        assert_eq!(decoded::<Vec<T>>(own, value), Ok(Vec::new()));
        // To the portal an empty list and no list are one.
        assert_eq!(decoded::<Option<Vec<T>>>(own, value), Ok(None));
    }
    let culture = Culture::default();
    assert_eq!(encoded::<Option<T>>(own, &None, &culture), None);
    assert_eq!(encoded::<Option<Vec<T>>>(own, &None, &culture), None);
    let list = Some(Value::Array(Vec::new()));
    assert_eq!(encoded::<Vec<T>>(own, &Vec::new(), &culture), list);
}

struct Line<'a> {
    site: &'a Site,
    own_type: Option<&'static str>,
    culture: Culture,
}

impl Line<'_> {
    /// Checks `T` and `Option<T>`; returns how the value arrives.
    fn single<T>(&self, type_name: &str, value: &T, sent: &Value) -> String
    where
        T: Property + Clone + PartialEq + Debug,
    {
        let some = Some(value.clone());
        assert_eq!(self.encoded(value).as_ref(), Some(sent));
        assert_eq!(self.encoded(&some).as_ref(), Some(sent));
        let mut all = self.site.shows(type_name, sent);
        for shown in &all {
            // A single value also arrives as a list of one.
            for form in [
                FormValue::One(shown.clone()),
                FormValue::List(1, vec![shown.clone()]),
            ] {
                self.decodes(&form, value);
                self.decodes(&form, &some);
            }
        }
        all.remove(0)
    }

    /// Checks `Vec<T>` and `Option<Vec<T>>`.
    fn list<T>(&self, list: &Vec<T>, sent: Vec<Value>, shown: &[String])
    where
        T: Property + Clone + PartialEq + Debug,
    {
        let some = Some(list.clone());
        let sent = Some(Value::Array(sent));
        assert_eq!(self.encoded(list), sent);
        assert_eq!(self.encoded(&some), sent);
        // An empty list arrives as none.
        let expected = some.filter(|list| !list.is_empty());
        let with_empty = shown.iter().flat_map(|text| [String::new(), text.clone()]);
        let mut ways = vec![
            FormValue::List(1, shown.to_vec()),
            FormValue::List(3, shown.to_vec()),
            FormValue::List(1, with_empty.collect()),
        ];
        if let [one] = shown {
            ways.push(FormValue::One(one.clone()));
        }
        for form in &ways {
            self.decodes(form, list);
            self.decodes(form, &expected);
        }
    }

    fn encoded<V: Property>(&self, value: &V) -> Option<Value> {
        encoded(self.own_type, value, &self.culture)
    }

    fn decodes<V: Property + PartialEq + Debug>(&self, form: &FormValue, expected: &V) {
        let value = decoded_in::<V>(self.own_type, form, &self.culture);
        assert_eq!(value.as_ref(), Ok(expected), "{form:?} at {:?}", self.site);
    }
}

fn encoded<V: Property>(own: Option<&'static str>, value: &V, culture: &Culture) -> Option<Value> {
    let mut encoder = Encoder::new(culture);
    encoder.field(&value_field(own), value);
    encoder.into_values().remove("value")
}

/// What the runtime reads on a portal that it knows nothing of.
pub(crate) fn decoded<V: Property>(
    own_type: Option<&'static str>,
    value: &FormValue,
) -> Result<V, DecodeError> {
    decoded_in(own_type, value, &Culture::default())
}

fn decoded_in<V: Property>(
    own_type: Option<&'static str>,
    value: &FormValue,
    culture: &Culture,
) -> Result<V, DecodeError> {
    let body = value.body();
    let form = Form::decode(body.as_bytes(), &Limits::default());
    let properties = InputProperties::new(&form, culture);
    let mut decoder = Decoder::new(&properties);
    decoder
        .field(&value_field(own_type))
        .ok_or_else(|| decoder.into_error())
}
