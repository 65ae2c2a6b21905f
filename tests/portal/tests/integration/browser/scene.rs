use bizproc_portal::{Builder, Portal};

use crate::browser::app::LetterApp;
use crate::browser::driver::Browser;

/// A portal with an application, and a browser that looks at it.
pub(crate) struct Scene {
    pub(crate) browser: Browser,
    pub(crate) portal: Portal,
    pub(crate) app: LetterApp,
}

impl Scene {
    /// `None` without a browser on this machine.
    pub(crate) async fn start() -> Option<Self> {
        Self::with(Portal::builder()).await
    }

    pub(crate) async fn with(builder: Builder) -> Option<Self> {
        let browser = Browser::start().await?;
        let portal = builder.start().await.unwrap();
        let app = LetterApp::install(&portal).await;
        Some(Self {
            browser,
            portal,
            app,
        })
    }

    pub(crate) fn page(&self, path: &str) -> String {
        format!("{}{path}", self.portal.url())
    }

    pub(crate) fn robot(&self, code: &str) -> String {
        self.page(&format!("/robot/{}/{code}", self.app.client_id))
    }

    /// Closes the browser, which must have logged this number of errors.
    pub(crate) async fn end(self, expected_errors: usize) {
        let errors = self.browser.console_errors().await;
        assert_eq!(errors.len(), expected_errors, "{errors:#?}");
        self.browser.close().await;
    }
}
