use crate::error::{Error, Kind, Result};
use crate::portal::Portal;
use secrecy::SecretString;
pub(super) struct Access;
impl Access {
    pub(super) async fn renew(&self, _m: &str, _t: &SecretString) -> Result<Portal> {
        Err(Error::new(Kind::Configuration, "no secret"))
    }
}
