/// How a portal writes dates, and the zone it writes them in.
///
/// Dates arrive as text in the format of the portal's site. Forms that only mean one thing are
/// read without being told: `31.12.2025`, `2025-12-31`, `12/31/2025`. What remains is `05/12/2025`,
/// an error until the format is known.
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
    /// The portal's date format, in its own notation: `YYYY`, `MM` and `DD` in some order, with
    /// any separators. What follows a space, the time, is not needed: times only have one form.
    #[must_use]
    pub fn with_date_format(mut self, format: &str) -> Self {
        let date = format.split_whitespace().next().unwrap_or_default();
        self.date_format = Some(date.to_owned());
        self
    }

    /// The zone of the times that the portal sends. Without it, a [`jiff::Timestamp`] can only be
    /// read from texts that carry their own offset.
    #[cfg(feature = "jiff")]
    #[must_use]
    pub fn with_time_zone(mut self, zone: jiff::tz::TimeZone) -> Self {
        self.time_zone = Some(zone);
        self
    }

    /// The portal's date format, when it is known.
    #[must_use]
    pub fn date_format(&self) -> Option<&str> {
        self.date_format.as_deref()
    }

    /// The zone of the portal's times, when it is known.
    #[cfg(feature = "jiff")]
    #[must_use]
    pub fn time_zone(&self) -> Option<&jiff::tz::TimeZone> {
        self.time_zone.as_ref()
    }
}
