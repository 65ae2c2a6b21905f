//! What a stranger may know, and what a stranger makes up.

/// Stands in every token that is made up.
pub(crate) const FORGED: &str = "zqForgedToken";

/// Stands in every value of a property.
pub(crate) const TYPED: &str = "zq what a person typed";

/// A stranger knows addresses and ids, has seen event tokens, and has tokens of an ordinary user.
/// It does not know any application token.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The portal, and another one that installed the application too.
    pub(crate) members: [String; 2],
    /// The event token of a workflow that waits, on each of them.
    pub(crate) event_tokens: [String; 2],
    pub(crate) code: String,
    /// An access token of the application, of a user who may not install it.
    pub(crate) ordinary: String,
    /// An administrator's access token of another application.
    pub(crate) foreign: String,
    /// The real addresses of the portal and its authorisation server.
    pub(crate) client: String,
    pub(crate) server: String,
    /// An address that must never be called.
    pub(crate) trap: String,
}

/// A form's fields, in order.
pub(crate) type Fields = Vec<(String, String)>;

fn fields(pairs: &[(&str, &str)]) -> Fields {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

pub(crate) fn form(fields: &Fields) -> String {
    let pairs = fields.iter().map(|(key, value)| {
        let value = url::form_urlencoded::byte_serialize(value.as_bytes());
        format!("{key}={}", value.collect::<String>())
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// The same with other values; an empty one takes the field away.
pub(crate) fn with(mut all: Fields, changes: &[(&str, &str)]) -> Fields {
    for (key, value) in changes {
        all.retain(|(own, _)| own != key);
        if !value.is_empty() {
            all.push(((*key).to_owned(), (*value).to_owned()));
        }
    }
    all
}

impl Facts {
    /// A call that is right but for its application token.
    pub(crate) fn call(&self) -> Fields {
        fields(&[
            ("workflow_id", "664fa13bbbb410.99176768"),
            ("code", &self.code),
            ("document_id[0]", "crm"),
            ("document_id[1]", "CCrmDocumentDeal"),
            ("document_id[2]", "DEAL_1"),
            ("event_token", &self.event_tokens[0]),
            ("properties[text]", TYPED),
            ("use_subscription", "Y"),
            ("timeout_duration", "0"),
            ("ts", "1738149352"),
            ("auth[access_token]", &format!("{FORGED}access")),
            ("auth[refresh_token]", &format!("{FORGED}refresh")),
            ("auth[domain]", &self.trap),
            (
                "auth[server_endpoint]",
                &format!("http://{}/rest/", self.trap),
            ),
            (
                "auth[client_endpoint]",
                &format!("http://{}/rest/", self.trap),
            ),
            ("auth[member_id]", &self.members[0]),
            ("auth[application_token]", &format!("{FORGED}application")),
        ])
    }

    /// An event that no authorisation server confirms.
    pub(crate) fn event(&self, name: &str) -> Fields {
        let portal = format!("http://{}/rest/", self.trap);
        fields(&[
            ("event", name),
            ("data[VERSION]", "1"),
            ("data[LANGUAGE_ID]", "en"),
            ("ts", "1738149352"),
            ("auth[access_token]", &format!("{FORGED}access")),
            ("auth[refresh_token]", &format!("{FORGED}refresh")),
            ("auth[domain]", &self.trap),
            ("auth[SERVER_ENDPOINT]", &portal),
            ("auth[server_endpoint]", &self.server),
            ("auth[client_endpoint]", &portal),
            ("auth[member_id]", &self.members[0]),
            ("auth[application_token]", &format!("{FORGED}application")),
        ])
    }
}
