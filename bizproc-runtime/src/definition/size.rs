//! The bytes that the portal needs to store properties: the length of PHP's `serialize` of the map,
//! with names of attributes and languages in upper case.
#![allow(clippy::indexing_slicing, reason = "iterators do not run in constants")]

use super::{DefaultValue, Label, PropertyList, PropertySpec, SelectOption};

/// The size of `a:<n>:{…}` with the properties that `payload` registers.
pub(super) const fn serialized_size(list: PropertyList, are_returns: bool) -> usize {
    let mut size = map(list.len());
    let mut index = 0;
    while let Some(spec) = list.get(index) {
        size += text(spec.id.len()) + property(spec, are_returns);
        index += 1;
    }
    size
}

const fn property(spec: &PropertySpec, is_return: bool) -> usize {
    let mut attributes = 3;
    let mut size = text("NAME".len()) + texts_size(spec.name);
    size += text("TYPE".len()) + text(spec.property_type.as_str().len());
    size += text("MULTIPLE".len()) + text(1);
    if !spec.description.is_empty() {
        attributes += 1;
        size += text("DESCRIPTION".len()) + texts_size(spec.description);
    }
    if !spec.options.is_empty() {
        attributes += 1;
        size += text("OPTIONS".len()) + options_size(spec.options);
    }
    if !is_return {
        attributes += 1;
        size += text("REQUIRED".len()) + text(1);
    }
    let default = match spec.default {
        DefaultValue::None if is_return => "N;".len(),
        DefaultValue::None => 0,
        DefaultValue::One(value) => text(value.len()),
        DefaultValue::List(values) => values_size(values),
    };
    if default > 0 {
        attributes += 1;
        size += text("DEFAULT".len()) + default;
    }
    map(attributes) + size
}

const fn texts_size(label: Label) -> usize {
    let texts = label.texts();
    let mut size = map(texts.len());
    let mut index = 0;
    while index < texts.len() {
        size += text(texts[index].0.len()) + text(texts[index].1.len());
        index += 1;
    }
    size
}

const fn options_size(options: &[SelectOption]) -> usize {
    let mut size = map(options.len());
    let mut index = 0;
    while index < options.len() {
        size += text(options[index].key.len()) + text(options[index].title.len());
        index += 1;
    }
    size
}

const fn values_size(values: &[&str]) -> usize {
    let mut size = map(values.len());
    let mut index = 0;
    while index < values.len() {
        size += "i:;".len() + digits(index) + text(values[index].len());
        index += 1;
    }
    size
}

/// The size of `a:<n>:{` and `}`.
const fn map(entries: usize) -> usize {
    "a::{}".len() + digits(entries)
}

/// The size of `s:<bytes>:"…";`.
const fn text(bytes: usize) -> usize {
    "s::\"\";".len() + digits(bytes) + bytes
}

const fn digits(number: usize) -> usize {
    if number < 10 {
        1
    } else {
        1 + digits(number / 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::PropertyType;

    /// The texts are the output of PHP's `serialize`.
    #[test]
    fn sizes_are_those_of_php() {
        const OPTIONS: &[SelectOption] = &[SelectOption::new("pdf", "PDF")];
        const LIST: PropertyList =
            PropertyList::new(&[PropertySpec::new("q", PropertyType::Select)
                .name(&[("en", "Да")])
                .options(OPTIONS)]);
        let input = r#"a:1:{s:1:"q";a:5:{s:4:"NAME";a:1:{s:2:"EN";s:4:"Да";}s:4:"TYPE";s:6:"select";s:8:"MULTIPLE";s:1:"N";s:7:"OPTIONS";a:1:{s:3:"pdf";s:3:"PDF";}s:8:"REQUIRED";s:1:"N";}}"#;
        assert_eq!(serialized_size(LIST, false), input.len());
        let output = r#"a:1:{s:1:"q";a:5:{s:4:"NAME";a:1:{s:2:"EN";s:4:"Да";}s:4:"TYPE";s:6:"select";s:8:"MULTIPLE";s:1:"N";s:7:"OPTIONS";a:1:{s:3:"pdf";s:3:"PDF";}s:7:"DEFAULT";N;}}"#;
        assert_eq!(serialized_size(LIST, true), output.len());
    }

    #[test]
    fn lists_have_indexes() {
        assert_eq!(
            values_size(&["a", "bc"]),
            r#"a:2:{i:0;s:1:"a";i:1;s:2:"bc";}"#.len()
        );
        assert_eq!((digits(0), digits(10), digits(65_534)), (1, 2, 5));
    }
}
