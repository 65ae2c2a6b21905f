//! Bodies that try every rule of PHP's form reader, the same ones on each run.

use std::collections::BTreeSet;

use bizproc_runtime::form::FaultKind;

/// What the bodies without structure are made of.
const SOUP: &[&[u8]] = &[
    b"a",
    b"b",
    b"[",
    b"]",
    b"[",
    b"]",
    b"=",
    b"&",
    b"=",
    b"&",
    b"+",
    b".",
    b"%5B",
    b"%5D",
    b"%5b",
    b"%5d",
    b"%00",
    b"%20",
    b"%zz",
    b"%",
    b"0",
    b"1",
    b"7",
    b"-",
    b"_",
    b";",
    "é".as_bytes(),
    b"%C3%A9",
    b"\xFF",
    b"%FF",
    b"%C3",
    b"\xA9",
    b" ",
    b"\t",
    b"%0A",
    b"\0",
    b"%26",
    b"%3D",
    b"%2B",
    b"%2",
    "😀".as_bytes(),
    b"[]",
    b"[ ]",
    b"[0]",
    b"[a]",
    b"a[",
    b"a=1&",
    b"&a[]=",
    b"&a[1]=",
    b"][",
    b"__Host-",
    b"&a[__Secure-",
    b"9223372036854775807",
    b"9223372036854775808",
];

const NAMES: &[&[u8]] = &[
    b"a",
    b"a",
    b"a",
    b"b",
    b"a.b",
    b"a_b",
    b"+a",
    b"1",
    b"01",
    b"-1",
    b"%61",
    b"a%00x",
    b"",
    b"\xD0\x96",
    b"%D0%96",
    b"%D0",
    b"__Host-",
    b"_.Host-x",
    b"a]",
    b"a[",
];

const GROUPS: &[&[u8]] = &[
    b"[]",
    b"[]",
    b"[]",
    b"[0]",
    b"[1]",
    b"[2]",
    b"[-1]",
    b"[-5]",
    b"[-0]",
    b"[01]",
    b"[a]",
    b"[a]",
    b"[b]",
    b"[+]",
    b"[++]",
    b"[%0B]",
    b"[\x0C]",
    b"[a.b]",
    b"[a+b]",
    b"[[]",
    b"[a[b]]",
    b"[a]x",
    b"[a]%00",
    b"[",
    b"[a",
    b"]",
    b"%5Ba%5D",
    b"%5B%5D",
    b"%5B0]",
    b"[%C3%A9]",
    b"[\xC3]",
    b"[%00]",
    b"[__Host-]",
    b"[9223372036854775807]",
    b"[9223372036854775807]",
    b"[9223372036854775806]",
    b"[-9223372036854775808]",
    b"[-9223372036854775807]",
    b"[18446744073709551615]",
    b"[%5D]",
    b"[%5B]",
];

const VALUES: &[&[u8]] = &[
    b"=",
    b"=1",
    b"=2",
    b"",
    b"=a=b",
    b"=+%2B",
    b"=%",
    b"=%4",
    b"=%zz",
    b"=%00x",
    b"=\xFF",
    b"=%D0%96",
    b"=a%5Bb%5D",
    b"=a[b]",
    b"==",
    b"=%e2%82%ac",
    b"=%E2%82",
    b"=;",
    b"=%26",
];

/// Sebastiano Vigna's `SplitMix64`: the same numbers on every machine and in every version.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    fn pick<'t>(&mut self, from: &[&'t [u8]]) -> &'t [u8] {
        from[self.below(from.len())]
    }
}

/// Half of the bodies are soup, half pairs; some keys are near the limits.
pub(crate) fn bodies(count: usize) -> Vec<Vec<u8>> {
    let mut random = Random(20_221_205);
    (0..count)
        .map(|at| match at % 40 {
            0 => deep(&mut random),
            10 => crowded(&mut random),
            20 => long(&mut random),
            at if at % 2 == 0 => soup(&mut random),
            _ => pairs(&mut random),
        })
        .collect()
}

fn soup(random: &mut Random) -> Vec<u8> {
    let length = 1 + random.below(40);
    (0..length)
        .flat_map(|_| random.pick(SOUP).iter().copied())
        .collect()
}

fn pairs(random: &mut Random) -> Vec<u8> {
    let count = 1 + random.below(9);
    let pairs: Vec<Vec<u8>> = (0..count).map(|_| pair(random)).collect();
    pairs.join(&b'&')
}

fn pair(random: &mut Random) -> Vec<u8> {
    let mut pair = random.pick(NAMES).to_vec();
    for _ in 0..random.below(4) {
        pair.extend(random.pick(GROUPS));
    }
    pair.extend(random.pick(VALUES));
    pair
}

fn deep(random: &mut Random) -> Vec<u8> {
    let mut body = pair(random);
    body.push(b'&');
    body.extend(b"deep");
    for _ in 0..62 + random.below(5) {
        body.extend(random.pick(&[b"[]", b"[0]", b"[a]", b"%5Bb%5D"]));
    }
    body.extend(random.pick(&[b"", b"[", b"x[a]", b"]"]));
    body.extend(b"=1");
    body
}

fn crowded(random: &mut Random) -> Vec<u8> {
    let mut body = b"full[9223372036854775807]=1&".to_vec();
    for _ in 0..=random.below(3) {
        body.extend(random.pick(&[
            b"full[]=2&",
            b"full[][a]=3&",
            b"full[+][]&",
            b"full[][=%FF&",
        ]));
        body.extend(pair(random));
        body.push(b'&');
    }
    body
}

fn long(random: &mut Random) -> Vec<u8> {
    let mut body = b"long[".to_vec();
    body.resize(1_018 + random.below(9), b'k');
    body.extend(random.pick(&[b"]", b"", b"%5D", b"][]"]));
    body.extend(b"=1&");
    body.extend(pair(random));
    body
}

/// How many things a body tries, to choose those worth recording.
pub(crate) fn score(body: &[u8], kinds: &[FaultKind]) -> usize {
    let special: BTreeSet<_> = body
        .iter()
        .filter(|byte| !byte.is_ascii_alphanumeric())
        .collect();
    let kinds: BTreeSet<_> = kinds.iter().map(|kind| format!("{kind:?}")).collect();
    special.len() + 4 * kinds.len()
}
