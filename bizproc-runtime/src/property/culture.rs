//! The format and the time zone of a portal's dates.

/// The format and the time zone of a portal's dates.
///
/// A portal sends dates as text in the format of its site. Unambiguous texts are decoded without the
/// format: `31.12.2025`, `2025-12-31`, `12/31/2025`. An ambiguous one such as `05/12/2025` is an error
/// unless the format is set.
///
/// ```
/// use bizproc_runtime::property::Culture;
///
/// let american = Culture::default().with_date_format("MM/DD/YYYY");
/// ```
#[derive(Debug, Clone, Default)]
pub struct Culture {
    pub(super) date_format: Option<String>,
    #[cfg(feature = "jiff")]
    pub(super) time_zone: Option<jiff::tz::TimeZone>,
}

impl Culture {
    /// Sets the portal's date format, in its own notation: `YYYY`, `MM` and `DD` in any order, with
    /// any separators. The part after a space, the format of times, is ignored: times are
    /// unambiguous.
    #[must_use]
    pub fn with_date_format(mut self, format: &str) -> Self {
        let date = format.split_whitespace().next().unwrap_or_default();
        self.date_format = Some(date.to_owned());
        self
    }

    /// Sets the time zone of the portal's times. Without it, a [`jiff::Timestamp`] can be decoded from
    /// texts with an offset only.
    #[cfg(feature = "jiff")]
    #[must_use]
    pub fn with_time_zone(mut self, zone: jiff::tz::TimeZone) -> Self {
        self.time_zone = Some(zone);
        self
    }

    /// The portal's date format, if it is known.
    #[must_use]
    pub fn date_format(&self) -> Option<&str> {
        self.date_format.as_deref()
    }

    /// The time zone of the portal's times, if it is known.
    #[cfg(feature = "jiff")]
    #[must_use]
    pub fn time_zone(&self) -> Option<&jiff::tz::TimeZone> {
        self.time_zone.as_ref()
    }
}
