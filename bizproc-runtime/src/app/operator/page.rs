//! What the page shows, and whom it lets in.

use std::sync::Arc;

use secrecy::SecretString;
use url::Url;

use super::password::Password;
use crate::app::http::{BodyReader, base_path};
use crate::app::lifecycle::StopGuard;
use crate::app::outbox::Outbox;
use crate::app::worker::Robots;
use crate::error::{Error, ErrorKind, Result};
use crate::store::{CallFilter, CallRecord, Store};

/// The parts of the application that the page shows.
#[derive(Clone)]
pub(crate) struct Operator {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) robots: Arc<Robots>,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) reader: Arc<BodyReader>,
    pub(crate) public_url: Url,
    pub(crate) _tasks: Arc<StopGuard>,
}

/// The password, and the proof that a form is the page's own. Each process makes its own proof.
pub(crate) struct Keys {
    pub(super) password: Password,
    pub(super) form_token: String,
}

/// The state of every route of the page.
pub(super) struct Page {
    operator: Operator,
    /// `None` is the page without a password.
    pub(super) keys: Option<Arc<Keys>>,
}

impl Keys {
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] when the password is too short.
    pub(crate) fn new(password: &SecretString) -> Result<Self> {
        let visit_token = random_token()?;
        Ok(Self {
            password: Password::new(password, visit_token)?,
            form_token: random_token()?,
        })
    }
}

/// 128 random bits in hexadecimal digits.
fn random_token() -> Result<String> {
    let number = || {
        getrandom::u64().map_err(|error| {
            let message = format!("the system gives no random numbers: {error}");
            Error::new(ErrorKind::Configuration, message).with_source(error)
        })
    };
    Ok(format!("{:016x}{:016x}", number()?, number()?))
}

impl Page {
    pub(super) fn new(operator: &Operator, keys: Option<Arc<Keys>>) -> Arc<Self> {
        Arc::new(Self {
            operator: operator.clone(),
            keys,
        })
    }

    /// The path of the public address.
    pub(super) fn base(&self) -> &str {
        base_path(&self.operator.public_url)
    }

    pub(super) fn public_url(&self) -> &Url {
        &self.operator.public_url
    }

    pub(super) fn store(&self) -> &dyn Store {
        &*self.operator.store
    }

    pub(super) fn robots(&self) -> &Robots {
        &self.operator.robots
    }

    pub(super) fn outbox(&self) -> &Outbox {
        &self.operator.outbox
    }

    pub(super) fn reader(&self) -> &BodyReader {
        &self.operator.reader
    }

    /// One call by its number.
    pub(super) async fn call(&self, number: u64) -> Result<Option<CallRecord>> {
        let filter = CallFilter {
            after: number.checked_sub(1),
            limit: Some(1),
            ..CallFilter::default()
        };
        let calls = self.store().calls(&filter).await?;
        Ok(calls.into_iter().find(|call| call.number == number))
    }
}
