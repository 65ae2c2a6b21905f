//! Everything that a test program logs: every level, every target, by `tracing` and by `log`.

use std::fmt;
use std::sync::{Mutex, OnceLock};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

/// One line of a log, with the fields of the spans around it; or a span that began.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) target: String,
    pub(crate) level: Level,
    /// The innermost span.
    pub(crate) span: Option<&'static str>,
    pub(crate) fields: Vec<(&'static str, String)>,
}

impl Line {
    fn new(target: &str, level: Level) -> Self {
        Self {
            target: target.to_owned(),
            level,
            span: None,
            fields: Vec::new(),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        let found = fields.find(|(field, _)| *field == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether it is the runtime's.
    pub(crate) fn is_own(&self) -> bool {
        self.target.starts_with("bizproc_runtime")
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.fields.push((field.name(), format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.push((field.name(), value.to_owned()));
    }
}

static LINES: Mutex<Vec<Line>> = Mutex::new(Vec::new());

fn keep(line: Line) {
    LINES.lock().unwrap().push(line);
}

struct Capture;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Capture {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let metadata = attributes.metadata();
        let mut line = Line::new(metadata.target(), *metadata.level());
        attributes.record(&mut line);
        keep(line.clone());
        context.span(id).unwrap().extensions_mut().insert(line);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        let mut extensions = span.extensions_mut();
        let line = extensions.get_mut::<Line>().unwrap();
        values.record(line);
        keep(line.clone());
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut line = Line::new(event.metadata().target(), *event.metadata().level());
        event.record(&mut line);
        for span in context.event_scope(event).into_iter().flatten() {
            line.span.get_or_insert_with(|| span.name());
            if let Some(outer) = span.extensions().get::<Line>() {
                line.fields.extend(outer.fields.clone());
            }
        }
        keep(line);
    }
}

/// What still tells by the crate `log`, such as reqwest.
struct Older;

impl log::Log for Older {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let level = match record.level() {
            log::Level::Error => Level::ERROR,
            log::Level::Warn => Level::WARN,
            log::Level::Info => Level::INFO,
            log::Level::Debug => Level::DEBUG,
            log::Level::Trace => Level::TRACE,
        };
        let mut line = Line::new(record.target(), level);
        line.fields.push(("message", record.args().to_string()));
        keep(line);
    }

    fn flush(&self) {}
}

/// Captures what every test of this program logs.
pub(crate) fn capture() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let subscriber = tracing_subscriber::registry().with(Capture);
        tracing::subscriber::set_global_default(subscriber).unwrap();
        log::set_logger(&Older).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
    });
}

/// What was captured so far.
pub(crate) fn lines() -> Vec<Line> {
    LINES.lock().unwrap().clone()
}
