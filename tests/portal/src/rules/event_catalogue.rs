//! The events that this portal knows, and their particular features.
//!
//! A real portal has some hundreds more. Here are those of an application's own life, and those of
//! the things that workflows run on: the CRM's items, tasks, and users.

use crate::rules::settings::CallTokens;

/// An event that handlers can be bound to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Known {
    /// In upper case, as it is stored and sent.
    pub(crate) name: &'static str,
    /// The scope that an application needs; `None` if it needs none.
    pub(crate) scope: Option<&'static str>,
    /// The tokens that its request carries.
    pub(crate) tokens: CallTokens,
    /// Whether it carries the application token.
    pub(crate) application_token: bool,
    /// Whether it can be queued for `event.offline.get` instead of sent.
    pub(crate) offline: bool,
}

impl Known {
    const fn of_scope(scope: &'static str, name: &'static str) -> Self {
        Self {
            name,
            scope: Some(scope),
            tokens: CallTokens::AccessOnly,
            application_token: true,
            offline: true,
        }
    }

    const fn common(name: &'static str) -> Self {
        Self {
            scope: None,
            ..Self::of_scope("", name)
        }
    }

    const fn with_refresh_token(self) -> Self {
        Self {
            tokens: CallTokens::Both,
            ..self
        }
    }

    const fn without_tokens(self) -> Self {
        Self {
            tokens: CallTokens::None,
            ..self
        }
    }

    const fn without_application_token(self) -> Self {
        Self {
            application_token: false,
            ..self
        }
    }

    const fn never_offline(self) -> Self {
        Self {
            offline: false,
            ..self
        }
    }

    pub(crate) fn is_granted(&self, scope: &[String]) -> bool {
        self.scope
            .is_none_or(|needed| scope.iter().any(|granted| granted == needed))
    }
}

/// An application was installed.
pub(crate) static INSTALL: Known = Known::common("ONAPPINSTALL").with_refresh_token();

/// An application was updated.
pub(crate) static UPDATE: Known = Known::common("ONAPPUPDATE").with_refresh_token();

/// An application was uninstalled.
pub(crate) static UNINSTALL: Known = Known::common("ONAPPUNINSTALL").without_tokens();

/// An application was paid for.
pub(crate) static PAYMENT: Known = Known::common("ONAPPPAYMENT")
    .without_tokens()
    .without_application_token();

/// `event.test` was called.
pub(crate) static TEST: Known = Known::common("ONAPPTEST").with_refresh_token();

/// Events were queued.
pub(crate) static OFFLINE: Known = Known::common("ONOFFLINEEVENT")
    .with_refresh_token()
    .never_offline();

static OTHERS_OF_APPLICATIONS: [Known; 2] = [
    Known::common("ONAPPMETHODCONFIRM").without_tokens(),
    Known::common("ONSUBSCRIPTIONRENEW").with_refresh_token(),
];

static OF_SCOPES: [Known; 25] = [
    Known::of_scope("crm", "ONCRMLEADADD"),
    Known::of_scope("crm", "ONCRMLEADUPDATE"),
    Known::of_scope("crm", "ONCRMLEADDELETE"),
    Known::of_scope("crm", "ONCRMDEALADD"),
    Known::of_scope("crm", "ONCRMDEALUPDATE"),
    Known::of_scope("crm", "ONCRMDEALDELETE"),
    Known::of_scope("crm", "ONCRMCONTACTADD"),
    Known::of_scope("crm", "ONCRMCONTACTUPDATE"),
    Known::of_scope("crm", "ONCRMCONTACTDELETE"),
    Known::of_scope("crm", "ONCRMCOMPANYADD"),
    Known::of_scope("crm", "ONCRMCOMPANYUPDATE"),
    Known::of_scope("crm", "ONCRMCOMPANYDELETE"),
    Known::of_scope("crm", "ONCRMQUOTEADD"),
    Known::of_scope("crm", "ONCRMQUOTEUPDATE"),
    Known::of_scope("crm", "ONCRMQUOTEDELETE"),
    Known::of_scope("crm", "ONCRMDYNAMICITEMADD"),
    Known::of_scope("crm", "ONCRMDYNAMICITEMUPDATE"),
    Known::of_scope("crm", "ONCRMDYNAMICITEMDELETE"),
    Known::of_scope("crm", "ONCRMACTIVITYADD"),
    Known::of_scope("crm", "ONCRMACTIVITYUPDATE"),
    Known::of_scope("crm", "ONCRMACTIVITYDELETE"),
    Known::of_scope("task", "ONTASKADD"),
    Known::of_scope("task", "ONTASKUPDATE"),
    Known::of_scope("task", "ONTASKDELETE"),
    Known::of_scope("user", "ONUSERADD"),
];

/// All of them, those of applications first.
pub(crate) fn all() -> impl Iterator<Item = &'static Known> {
    [&UNINSTALL, &INSTALL, &UPDATE, &PAYMENT, &TEST, &OFFLINE]
        .into_iter()
        .chain(&OTHERS_OF_APPLICATIONS)
        .chain(&OF_SCOPES)
}

/// Finds an event by its name in any letter case.
pub(crate) fn find(name: &str) -> Option<&'static Known> {
    let upper = name.to_uppercase();
    all().find(|known| known.name == upper)
}
