//! Registered message senders.

/// A registered sender.
#[derive(Debug, Clone)]
pub(crate) struct Sender {
    pub(crate) client_id: String,
    pub(crate) code: String,
    pub(crate) handler: String,
}

/// The senders of all applications.
#[derive(Debug, Default)]
pub(crate) struct Senders(pub(crate) Vec<Sender>);

impl Senders {
    pub(crate) fn place(&self, client_id: &str, code: &str) -> Option<usize> {
        self.0
            .iter()
            .position(|sender| sender.client_id == client_id && sender.code == code)
    }

    /// The application and the handler of the first sender with a code.
    pub(crate) fn by_code(&self, code: &str) -> Option<(String, String)> {
        let sender = self.0.iter().find(|sender| sender.code == code)?;
        Some((sender.client_id.clone(), sender.handler.clone()))
    }

    /// Removes everything of an application.
    pub(crate) fn wipe(&mut self, client_id: &str) {
        self.0.retain(|sender| sender.client_id != client_id);
    }
}
