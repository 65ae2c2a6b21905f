use crate::rules::php::array::{Array, Key};
use crate::rules::php::urldecode::urldecode;
use crate::rules::php::value::Value;

/// PHP's `max_input_vars`: later variables are dropped.
const MAX_VARIABLES: usize = 1000;

/// PHP's `max_input_nesting_level`: a variable nested deeper is dropped.
const MAX_DEPTH: usize = 64;

/// Reads a form body or a query string as PHP's `parse_str` does, whatever the bytes.
///
/// ```
/// use bizproc_portal::php::parse_str;
///
/// let form = parse_str(b"a.b=1&list[2]=x&list[]=y&open[key=z");
/// assert_eq!(form.to_json(), serde_json::json!({"a_b": "1", "list": {"2": "x", "3": "y"}, "open_key": "z"}));
/// ```
#[must_use]
pub fn parse_str(body: &[u8]) -> Value {
    let mut form = Array::new();
    let pairs = body
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty());
    for pair in pairs.take(MAX_VARIABLES) {
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let name = urldecode(halves.next().unwrap_or_default());
        let value = urldecode(halves.next().unwrap_or_default());
        add(&mut form, &name, value);
    }
    Value::Array(form)
}

/// Puts decoded variables together as PHP does, whatever encoding they came in.
///
/// ```
/// use bizproc_portal::php::from_variables;
///
/// let form = from_variables([("a[]", "1"), ("a[]", "2")]);
/// assert_eq!(form.to_json(), serde_json::json!({"a": ["1", "2"]}));
/// ```
pub fn from_variables<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Value {
    let mut form = Array::new();
    for (name, value) in variables.into_iter().take(MAX_VARIABLES) {
        add(&mut form, name, value.to_owned());
    }
    Value::Array(form)
}

fn add(form: &mut Array, name: &str, value: String) {
    if let Some((name, path)) = split_name(name) {
        // A variable without a place is dropped.
        let _ = store(form, &name, path, value);
    }
}

/// `None` if the variable is nested too deep or there is no number left for it.
fn store(form: &mut Array, name: &str, path: Vec<Option<Key>>, value: String) -> Option<()> {
    if path.len() > MAX_DEPTH {
        return None;
    }
    let mut slot = form.entry(Some(Key::from(name)))?;
    for key in path {
        if !matches!(slot, Value::Array(_)) {
            *slot = Value::Array(Array::new());
        }
        let Value::Array(array) = slot else {
            return None;
        };
        slot = array.entry(key)?;
    }
    *slot = Value::Text(value);
    Some(())
}

/// Splits `a[b][]` into `a` and its path; `None` as a step means "the next number".
fn split_name(name: &str) -> Option<(String, Vec<Option<Key>>)> {
    // PHP works with C strings here: a name ends at a zero byte.
    let name = name
        .split('\0')
        .next()
        .unwrap_or_default()
        .trim_start_matches(' ');
    let (head, mut rest) = name.find('[').map_or((name, ""), |at| name.split_at(at));
    if head.is_empty() {
        return None;
    }
    let mut head = head.replace([' ', '.'], "_");
    let mut path = Vec::new();
    while let Some(inside) = rest.strip_prefix('[') {
        let Some((key, after)) = inside.split_once(']') else {
            // A first bracket that is never closed belongs to the name.
            if path.is_empty() {
                head.push('_');
                head.push_str(&inside.replace([' ', '.', '['], "_"));
            }
            break;
        };
        let blank = key.trim_start_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
        path.push(if blank.is_empty() && key.len() <= 1 {
            None
        } else {
            Some(Key::from(key))
        });
        rest = after;
    }
    Some((head, path))
}
