//! Requests byte for byte: valid ones, and those that no client sends by accident.

/// A request to the application, and what the response may be.
#[derive(Debug, Clone)]
pub(crate) struct Attack {
    pub(crate) what: String,
    pub(crate) bytes: Vec<u8>,
    /// It asks for what everyone may see.
    pub(crate) is_harmless: bool,
}

impl Attack {
    pub(crate) fn new(what: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            what: what.into(),
            bytes: bytes.into(),
            is_harmless: false,
        }
    }

    pub(crate) fn post(what: &str, path: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::new(what, Request::post(path, body).bytes())
    }

    pub(crate) fn harmless(what: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            is_harmless: true,
            ..Self::new(what, bytes)
        }
    }
}

/// How the end of a body is marked.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Framing {
    Length,
    /// A length that is not the body's.
    Wrong(usize),
    Chunked(usize),
    /// Both, as clients do that smuggle requests past a proxy.
    Both,
    Nothing,
}

/// A request, part by part.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) version: &'static str,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) framing: Framing,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn post(path: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            method: "POST".to_owned(),
            target: path.to_owned(),
            version: "HTTP/1.1",
            headers: vec![("Host".to_owned(), b"app.example".to_vec())],
            framing: Framing::Length,
            body: body.into(),
        }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn framed(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let line = format!("{} {} {}\r\n", self.method, self.target, self.version);
        let mut bytes = line.into_bytes();
        let mut header = |name: &str, value: &[u8]| {
            bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        };
        for (name, value) in &self.headers {
            header(name, value);
        }
        let length = self.body.len().to_string();
        match self.framing {
            Framing::Length => header("Content-Length", length.as_bytes()),
            Framing::Wrong(length) => header("Content-Length", length.to_string().as_bytes()),
            Framing::Chunked(_) => header("Transfer-Encoding", b"chunked"),
            Framing::Both => {
                header("Content-Length", length.as_bytes());
                header("Transfer-Encoding", b"chunked");
            }
            Framing::Nothing => {}
        }
        bytes.extend(b"\r\n");
        match self.framing {
            Framing::Chunked(size) => bytes.extend(chunked(&self.body, size)),
            Framing::Both => bytes.extend(chunked(&self.body, 100)),
            _ => bytes.extend(&self.body),
        }
        bytes
    }
}

fn chunked(body: &[u8], size: usize) -> Vec<u8> {
    body.chunks(size.max(1))
        .flat_map(|chunk| {
            let head = format!("{:x}\r\n", chunk.len()).into_bytes();
            [head, chunk.to_vec(), b"\r\n".to_vec()].concat()
        })
        .chain(b"0\r\n\r\n".iter().copied())
        .collect()
}
