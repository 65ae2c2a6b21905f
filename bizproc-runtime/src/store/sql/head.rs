//! The head of a call as a database keeps it: columns, and the rest as one value beside the body.

use bytes::Bytes;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::envelope::{Document, Envelope};
use crate::error::{Error, ErrorKind, Result};
use crate::form::Limits;
use crate::store::model::CallHead;

/// What no column holds of a head. It is encrypted like the body: it holds a token.
#[derive(Default, Serialize, Deserialize)]
struct Rest {
    workflow_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    document_id: Option<[String; 3]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    document_type: Option<[String; 3]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
}

/// Writes what no column holds of a head.
pub(in crate::store) fn to_json(head: &CallHead) -> Result<Bytes> {
    let document = head.document.as_ref();
    let rest = Rest {
        workflow_id: head.workflow_id.clone(),
        document_id: document.map(|document| document.id.clone().into()),
        document_type: document.and_then(|document| document.document_type.clone()),
        access_token: head
            .access_token
            .as_ref()
            .map(|token| token.expose_secret().to_owned()),
    };
    let json = serde_json::to_vec(&rest).map_err(|error| {
        Error::new(ErrorKind::Store, "the head of a call cannot be written").with_source(error)
    })?;
    Ok(json.into())
}

/// Completes a head that was read from its columns.
pub(in crate::store) fn complete(head: &mut CallHead, json: &[u8]) -> Result<()> {
    let rest: Rest = serde_json::from_slice(json).map_err(|error| {
        Error::new(ErrorKind::Store, "the head of a call cannot be read").with_source(error)
    })?;
    let document_type = rest.document_type;
    head.workflow_id = rest.workflow_id;
    head.document = rest.document_id.map(|id| Document {
        id: id.into(),
        document_type,
    });
    head.access_token = rest.access_token.map(SecretString::from);
    Ok(())
}

/// Completes the head of a call that was accepted before heads were kept. Its body was read when
/// it was accepted; one that is no call has nothing more to say.
pub(in crate::store) fn complete_from_body(head: &mut CallHead, body: &[u8]) {
    if let Ok(envelope) = Envelope::from_body(body, &Limits::default()) {
        head.complete(envelope);
    }
}
