//! Switching faults on and off.

use crate::face::portal::Portal;
use crate::methods::table::TABLE;
use crate::model::faults::Fault;
use crate::rules::error::Error;
use crate::wire::rest::method;

impl Portal {
    /// Switches a fault on for this number of times; faults of responses strike
    /// `bizproc.event.send`.
    pub fn fault(&self, fault: Fault, times: usize) {
        self.shared().lock().faults.add(method::REPLY, fault, times);
        self.shared().wake();
    }

    /// Switches on a fault of the responses of one method; the method's name may be in any letter
    /// case.
    ///
    /// Faults of calls and workflows concern no method: they strike as if switched on by
    /// [`Portal::fault`].
    ///
    /// # Errors
    ///
    /// [`Error::UnknownMethod`] if the portal has no such method, whose fault would never strike.
    pub fn fault_in(&self, method: &str, fault: Fault, times: usize) -> Result<(), Error> {
        let method =
            TABLE
                .find(&self.shared().settings, method)
                .ok_or_else(|| Error::UnknownMethod {
                    method: method.to_owned(),
                })?;
        self.shared().lock().faults.add(method.name, fault, times);
        self.shared().wake();
        Ok(())
    }

    /// Switches every fault off.
    pub fn clear_faults(&self) {
        self.shared().lock().faults.clear();
        self.shared().wake();
    }
}
