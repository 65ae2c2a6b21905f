//! An installed application.

use crate::engine::application::lifecycle;
use crate::face::portal::Portal;
use crate::model::application::{Application, ApplicationStatus, Opened};
use crate::model::history::Delivery;
use crate::rules::error::Error;
use crate::wire::applications;

/// An installed application, seen from the portal.
///
/// ```no_run
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use bizproc_portal::Portal;
///
/// let portal = Portal::start().await?;
/// let app = portal.install("http://127.0.0.1:9000/bizproc/event").await?;
/// println!("call {}bizproc.robot.list?auth={}", portal.endpoint(), app.access_token());
/// # Ok::<(), bizproc_portal::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct Installation {
    portal: Portal,
    client_id: String,
}

impl Installation {
    pub(crate) fn new(portal: Portal, client_id: String) -> Self {
        Self { portal, client_id }
    }

    /// The application's id.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The application's secret, which the authorisation server requires.
    #[must_use]
    pub fn client_secret(&self) -> String {
        self.read(|application| &application.client_secret)
    }

    /// The portal's id, which every request to the application names.
    #[must_use]
    pub fn member_id(&self) -> &str {
        self.portal.member_id()
    }

    /// The token that proves that a request comes from the portal; an update changes it.
    #[must_use]
    pub fn application_token(&self) -> String {
        self.read(|application| &application.token)
    }

    /// The administrator's access token of the last installation, update or opening of the page.
    #[must_use]
    pub fn access_token(&self) -> String {
        self.read(|application| &application.access_token)
    }

    /// The refresh token that came with it.
    #[must_use]
    pub fn refresh_token(&self) -> String {
        self.read(|application| &application.refresh_token)
    }

    /// Whether the installation has finished: immediately without a page, otherwise with
    /// [`Installation::install_finished`].
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.read(|application| &application.finished)
    }

    /// The installed version, 1 at first.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.read(|application| &application.version)
    }

    /// The last request that notified the application of its installation, update or
    /// uninstallation, or opened its page, and what came back.
    ///
    /// A portal installs an application whether or not it can be reached, and whatever it responds:
    /// a test that needs the notification to have arrived looks here. If there is no one to notify,
    /// the previous request stays, and the history says why.
    #[must_use]
    pub fn last_notification(&self) -> Delivery {
        self.read(|application| &application.last_notification)
    }

    /// Issues a new access token of a user: 1 is the administrator, everyone else is an ordinary
    /// user.
    #[must_use]
    pub fn token_of(&self, user_id: u64) -> String {
        let shared = self.portal.shared();
        shared.grant(&mut shared.lock(), &self.client_id, user_id).0
    }

    /// Opens the application's page as the administrator's browser does, with new tokens, and
    /// returns what came back.
    ///
    /// Scripts on the page are not run.
    ///
    /// # Errors
    ///
    /// [`Error::NotInstalled`] after an uninstallation, [`Error::PageNotOpened`] if there was no
    /// response.
    pub async fn open(&self) -> Result<Opened, Error> {
        applications::open(self.portal.shared(), &self.client_id).await
    }

    /// Finishes the installation of an application with a page, as its page does with
    /// `BX24.installFinish`.
    ///
    /// Handlers that it has bound to `ONAPPINSTALL` by then are notified. If the installation has
    /// already finished, nothing happens.
    ///
    /// # Errors
    ///
    /// [`Error::NotInstalled`] after an uninstallation.
    pub async fn install_finished(&self) -> Result<(), Error> {
        applications::finish(self.portal.shared(), &self.client_id).await
    }

    /// Installs the application's next version: it gets new tokens, loses its robots, activities,
    /// settings pages and handlers, and receives `ONAPPUPDATE` through the handlers that it has
    /// bound to it by then.
    ///
    /// [`Builder::update_wipes_registrations`] and [`Builder::update_event`] change that. A portal
    /// that sends no event leaves the application token as it was.
    ///
    /// # Errors
    ///
    /// [`Error::NotInstalled`] after an uninstallation.
    ///
    /// [`Builder::update_wipes_registrations`]: crate::Builder::update_wipes_registrations
    /// [`Builder::update_event`]: crate::Builder::update_event
    pub async fn update(&self) -> Result<(), Error> {
        applications::update(self.portal.shared(), &self.client_id).await
    }

    /// Uninstalls the application: deletes its robots, activities, settings pages and handlers,
    /// revokes its tokens, and sends `ONAPPUNINSTALL` to the handlers that it has bound to it.
    /// `clean` asks it to delete its data as well.
    ///
    /// # Errors
    ///
    /// [`Error::NotInstalled`] if it was uninstalled before.
    pub async fn uninstall(&self, clean: bool) -> Result<(), Error> {
        applications::uninstall(self.portal.shared(), &self.client_id, clean).await
    }

    /// Installs the application again under the same client id, with new tokens; an application
    /// with a page has to finish its installation again.
    ///
    /// # Errors
    ///
    /// [`Error::AlreadyInstalled`] unless it was uninstalled.
    pub async fn reinstall(&self) -> Result<(), Error> {
        applications::reinstall(self.portal.shared(), &self.client_id).await
    }

    /// Changes the kind of the application.
    ///
    /// # Errors
    ///
    /// [`Error::NotInstalled`] after an uninstallation.
    pub fn set_status(&self, status: ApplicationStatus) -> Result<(), Error> {
        let state = &mut *self.portal.shared().lock();
        lifecycle::installed(state, &self.client_id)?.status = status;
        Ok(())
    }

    /// Sets whether the application's paid time is over. While it is, the application receives no
    /// events, and workflows fail at its steps.
    ///
    /// Handlers bound to `ONAPPPAYMENT` are notified of both; the end of the paid time is the last
    /// event the application receives.
    ///
    /// It must be called inside a tokio runtime, which sends the events.
    ///
    /// # Errors
    ///
    /// [`Error::NotInstalled`] after an uninstallation.
    pub fn set_payment_expired(&self, expired: bool) -> Result<(), Error> {
        let shared = self.portal.shared();
        lifecycle::set_payment_expired(shared, &mut shared.lock(), &self.client_id, expired)
    }

    /// Deletes the robots, activities, settings pages and message senders that the application has
    /// registered, without notifying it. Its handlers of events stay.
    pub fn wipe_registrations(&self) {
        let shared = self.portal.shared();
        let state = &mut *shared.lock();
        state.registry.wipe(&self.client_id);
        state.senders.wipe(&self.client_id);
        shared.wake();
    }

    /// Revokes a user's access to the application, which may no longer use that user's tokens.
    pub fn revoke_access(&self, user_id: u64) {
        let state = &mut *self.portal.shared().lock();
        state.users.revoke_access(&self.client_id, user_id);
    }

    fn read<T: Clone + Default>(&self, field: fn(&Application) -> &T) -> T {
        self.portal
            .shared()
            .lock()
            .installations
            .get(&self.client_id)
            .map(field)
            .cloned()
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Installation;
    use crate::face::portal::Portal;

    fn refresh_tokens(portal: &Portal, of: &Installation) -> Vec<(String, u64)> {
        let state = portal.shared().lock();
        let known = state.grants.refresh_tokens.iter();
        known
            .filter(|(_, grant)| {
                grant.client_id == of.client_id() && grant.expires > portal.shared().now()
            })
            .map(|(token, grant)| (token.clone(), grant.user_id))
            .collect()
    }

    #[tokio::test]
    async fn refresh_tokens_are_good_until_they_expire_or_their_application_goes() {
        let portal = Portal::start().await.unwrap();
        let nowhere = "http://127.0.0.1:1/event";
        let [one, two] = [
            portal.install(nowhere).await.unwrap(),
            portal.install(nowhere).await.unwrap(),
        ];
        assert_eq!(refresh_tokens(&portal, &one), [(one.refresh_token(), 1)]);

        portal.advance(Duration::from_hours(180 * 24 - 1));
        one.update().await.unwrap();
        assert_eq!(refresh_tokens(&portal, &one).len(), 2);
        portal.advance(Duration::from_hours(2));
        two.update().await.unwrap();
        assert_eq!(refresh_tokens(&portal, &one), [(one.refresh_token(), 1)]);

        one.uninstall(true).await.unwrap();
        assert_eq!(refresh_tokens(&portal, &one), []);
        assert_eq!(refresh_tokens(&portal, &two), [(two.refresh_token(), 1)]);
    }
}
