//! `GET`, `POST /robot/{client_id}/{code}`: the dialog in which an author sets a robot or an
//! activity up.

use askama::Template;
use axum::extract::{Path, Request, State as Extract};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use crate::engine::lint::finding::Finding;
use crate::engine::lint::findings::findings;
use crate::face::control::input;
use crate::face::control::input::Input;
use crate::face::control::refusal::Refusal;
use crate::face::page::field::Field;
use crate::face::page::frame::{Frame, html, refused, see_other, segment};
use crate::face::page::guard::POLICY;
use crate::face::page::overview::{kind_name, text_of};
use crate::face::page::placement::Placement;
use crate::face::page::saved_steps::SavedStep;
use crate::face::page::step_form::Posted;
use crate::face::page::{placement, step_form};
use crate::face::site::Site;
use crate::model::registry::Registration;
use crate::model::shared::Shared;
use crate::model::users::{PEOPLE, Person};
use crate::rules::dialog::{DOCUMENT_KINDS, DocumentKind, Property, languages, shown, shows};
use crate::rules::php;
use crate::rules::registration::kind::Kind;
use crate::rules::settings::Culture;

#[derive(Debug, Template)]
#[template(path = "step.html")]
struct StepPage {
    frame: Frame,
    kind: &'static str,
    code: String,
    name: String,
    description: String,
    language: String,
    languages: Vec<String>,
    fields: Vec<Field>,
    placement: Option<Placement>,
    outputs: Vec<(String, String, String)>,
    designer: Option<Designer>,
    step: SavedStep,
    error: Option<String>,
    has_complaints: bool,
    is_saved: bool,
    people: &'static [Person],
    kinds: &'static [DocumentKind],
    offered: Vec<(&'static str, bool)>,
    findings: Vec<Finding>,
    payload: String,
    /// How dates are written, for the pickers.
    culture: &'static str,
}

/// The fields of the designer's dialog only.
#[derive(Debug)]
struct Designer {
    /// The registered waiting mode, which the author cannot change.
    locked: bool,
    waits: bool,
    has_timeout: bool,
}

impl Designer {
    fn from_row(row: &Registration, step: &SavedStep) -> Option<Self> {
        (row.kind == Kind::Activity).then(|| Self {
            locked: !row.text("USE_SUBSCRIPTION").is_empty(),
            waits: step_form::waits(row, step),
            has_timeout: row.text("USE_SUBSCRIPTION") != "N",
        })
    }
}

/// Where a step's dialog is.
type At = Path<(String, String)>;

pub(crate) async fn show(Extract(site): Extract<Site>, Path(at): At, request: Request) -> Response {
    let query = php::parse_str(request.uri().query().unwrap_or_default().as_bytes());
    let language = text_of(query.as_array().and_then(|query| query.get("language")));
    let dialog = Dialog::open(&site, &at, &language);
    let Some(dialog) = dialog else {
        return unknown(&site.shared);
    };
    let step = site.saved().step(&at.0, &at.1);
    let fields = dialog.properties.iter().map(|property| {
        let value = step
            .values
            .as_ref()
            .and_then(|values| values.get(&property.id));
        Field::stored(property, value, &dialog.language, &site.shared.settings)
    });
    dialog.page(StatusCode::OK, step.clone(), fields.collect(), None)
}

pub(crate) async fn save(Extract(site): Extract<Site>, Path(at): At, request: Request) -> Response {
    let here = format!("/robot/{}/{}", segment(&at.0), segment(&at.1));
    let input = match input::read(request).await {
        Ok(input) => input,
        Err(refusal) => return refused(&site.shared, &refusal, &here),
    };
    let language = input.text("language").unwrap_or_default();
    let Some(dialog) = Dialog::open(&site, &at, &language) else {
        return unknown(&site.shared);
    };
    let posted = Posted::read(
        &input,
        &dialog.row,
        &dialog.properties,
        &site.shared.settings,
    );
    if !posted.is_sound() {
        let fields = dialog.properties.iter().map(|property| {
            let complaints = &posted.complaints;
            Field::posted(
                property,
                input.fields(),
                complaints,
                &dialog.language,
                &site.shared.settings,
            )
        });
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return dialog.page(status, posted.step, fields.collect(), posted.error);
    }
    dialog.saved(&input, posted.step, &here)
}

fn unknown(shared: &Shared) -> Response {
    let text = "This robot or activity is no longer registered.";
    refused(shared, &Refusal::not_found(text), "/")
}

/// An open dialog.
struct Dialog<'a> {
    site: &'a Site,
    row: Registration,
    properties: Vec<Property>,
    language: String,
}

impl<'a> Dialog<'a> {
    /// In the portal's language, unless another one is asked for.
    fn open(site: &'a Site, at: &(String, String), language: &str) -> Option<Self> {
        let shared = &site.shared;
        let state = shared.lock();
        let row = state.registry.by_code(&at.1, Some(&at.0))?.clone();
        let [module, ..] = site.saved().step(&at.0, &at.1).document.document_type();
        drop(state);
        let own = row
            .fields
            .get("DOCUMENT_TYPE")
            .and_then(php::Value::as_array);
        let module = own
            .and_then(|triple| triple.at(0))
            .map_or(module, php::Value::to_text);
        let base = shared.settings.platform.base_types;
        let properties = Property::all(&row.properties("PROPERTIES"), base, &module);
        let language = if language.is_empty() {
            shared.settings.language.clone()
        } else {
            language.to_owned()
        };
        Some(Self {
            site,
            row,
            properties,
            language,
        })
    }

    /// Saves the step, and runs it if asked to.
    fn saved(&self, input: &Input, step: SavedStep, here: &str) -> Response {
        let client_id = &self.row.client_id;
        let code = &self.row.code;
        let run = input.text("do").is_some_and(|what| what == "run");
        let started = run.then(|| step_form::run(&self.row, &step)?.start(self.site));
        self.site.saved().save(client_id, code, step);
        match started {
            None => see_other(&format!("{here}?language={}", segment(&self.language))),
            Some(Ok(id)) => see_other(&format!("/workflow/{}", segment(&id))),
            Some(Err(refusal)) => refused(&self.site.shared, &refusal, here),
        }
    }

    fn page(
        &self,
        status: StatusCode,
        step: SavedStep,
        fields: Vec<Field>,
        error: Option<String>,
    ) -> Response {
        let shared = &self.site.shared;
        let row = &self.row;
        let name = self.label("NAME");
        let title = if name.is_empty() { &row.code } else { &name };
        let frame = Frame::new(shared, title, placement::page(row));
        let state = &mut *shared.lock();
        let saved = self.site.saved().step(&row.client_id, &row.code);
        let page = StepPage {
            frame,
            kind: kind_name(row.kind),
            code: row.code.clone(),
            name,
            description: self.label("DESCRIPTION"),
            language: self.language.clone(),
            languages: self.languages(),
            has_complaints: error.is_some() || fields.iter().any(|field| field.error.is_some()),
            fields,
            placement: Placement::open(shared, state, row, &self.properties, &step),
            outputs: self.outputs(),
            designer: Designer::from_row(row, &step),
            is_saved: saved.values.is_some(),
            step,
            error,
            people: &PEOPLE,
            kinds: &DOCUMENT_KINDS,
            offered: self.offered(),
            findings: findings(row, &shared.settings),
            payload: format!("{:#}", php::Value::Array(row.fields.clone()).to_json()),
            culture: match shared.settings.culture() {
                Culture::DayMonthYear => "day",
                Culture::MonthDayYear => "month",
            },
        };
        let mut response = html(status, &page);
        if page.placement.is_some() {
            let policy = header::CONTENT_SECURITY_POLICY;
            response.headers_mut().insert(policy, framing());
        }
        response
    }

    /// A label of the registration, in the language of the dialog.
    fn label(&self, column: &str) -> String {
        let label = self.row.fields.get(column);
        label
            .map(|label| shown(label, &self.language))
            .unwrap_or_default()
    }

    fn languages(&self) -> Vec<String> {
        let mut all = languages(&self.row.fields);
        for language in [&self.site.shared.settings.language, &self.language] {
            if !all.contains(language) {
                all.push(language.clone());
            }
        }
        all
    }

    fn outputs(&self) -> Vec<(String, String, String)> {
        let base = self.site.shared.settings.platform.base_types;
        let outputs = Property::all(&self.row.properties("RETURN_PROPERTIES"), base, "crm");
        let row = |output: Property| {
            let name = shown(&output.name, &self.language);
            (output.id, name, output.type_as_sent)
        };
        outputs.into_iter().map(row).collect()
    }

    fn offered(&self) -> Vec<(&'static str, bool)> {
        let edition = self.site.shared.settings.edition.code();
        let filter = self.row.fields.get("FILTER");
        DOCUMENT_KINDS
            .iter()
            .map(|kind| (kind.title, shows(filter, Some(kind.document_type), edition)))
            .collect()
    }
}

/// A settings page may be anywhere and may lead elsewhere, so the frame may load what a real portal
/// allows.
fn framing() -> HeaderValue {
    let policy = POLICY.replace(
        "form-action 'self'",
        "form-action 'self' http: https:; frame-src http: https:",
    );
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static(POLICY))
}
