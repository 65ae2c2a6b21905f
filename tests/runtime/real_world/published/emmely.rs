//! Messages, proposals and currencies of one application from Brazil and Portugal.
#![expect(dead_code, reason = "the definitions are registered, never run")]

use bizproc_runtime::{ReturnValues, Robot, Select, Text};

#[derive(Robot)]
#[robot(
    code = "emmely_send_whatsapp_template",
    name = "Emmely: Enviar WhatsApp Template",
    auth_user_id = 1,
    returns = Sent,
)]
struct SendTemplate {
    /// Telefone
    ///
    /// <prose>
    phone: String,
    /// Nome do Template
    ///
    /// <prose>
    template_name: String,
    /// Idioma do Template
    ///
    /// <prose>
    #[property(id = "template_language", default = "pt_BR")]
    language: Option<String>,
    /// Parâmetros ({{1}},{{2}},...)
    ///
    /// <prose>
    #[property(id = "template_params", text)]
    params: Option<String>,
}

#[derive(ReturnValues)]
struct Sent {
    /// ID da Mensagem
    message_id: String,
    status: String,
    /// Erro
    error: Option<String>,
}

/// Emmely: Executar Flow
#[derive(Robot)]
#[robot(code = "emmely_execute_flow", auth_user_id = 1, returns = Executed)]
struct ExecuteFlow {
    /// ID do Flow
    ///
    /// <prose>
    flow_id: String,
    /// Telefone
    ///
    /// <prose>
    phone: String,
    /// Mensagem Trigger
    ///
    /// <prose>
    #[property(default = "iniciar")]
    trigger_message: Option<String>,
}

#[derive(ReturnValues)]
struct Executed {
    status: String,
    /// ID da Conversa
    conversation_id: String,
    /// Nome do Flow
    flow_name: String,
    /// Erro
    error: Option<String>,
}

#[derive(Select)]
#[select(rename_all = "lowercase")]
enum SendMethod {
    /// Link com Aceite
    Link,
    /// PDF
    Pdf,
    /// Link + PDF
    Both,
}

/// Emmely: Enviar Orçamento
#[derive(Robot)]
#[robot(code = "emmely_send_proposal", auth_user_id = 1, returns = SentProposal)]
struct SendProposal {
    /// ID da Proposta
    ///
    /// <prose>
    proposal_id: String,
    /// Método de Envio
    ///
    /// <prose>
    #[property(default = SendMethod::Link)]
    send_method: SendMethod,
    /// Telefone
    ///
    /// <prose>
    phone: Option<String>,
    /// Mensagem Personalizada
    ///
    /// <prose>
    custom_message: Option<Text>,
}

#[derive(ReturnValues)]
struct SentProposal {
    /// Status de Envio
    send_status: String,
    /// URL da Proposta
    proposal_url: String,
    /// URL do PDF
    pdf_url: Option<String>,
    /// Erro
    error: Option<String>,
}

/// Two enums, because options are shown in the order of the variants.
macro_rules! currencies {
    ($($name:ident: $($currency:ident $code:literal)+;)+) => {$(
        #[derive(Select)]
        #[select(rename_all = "UPPERCASE")]
        enum $name {
            $(#[option(title = $code)] $currency,)+
        }
    )+};
}

currencies! {
    Source: Eur "EUR" Brl "BRL" Usd "USD" Gbp "GBP" Chf "CHF" Cad "CAD";
    Target: Brl "BRL" Eur "EUR" Usd "USD" Gbp "GBP" Chf "CHF" Cad "CAD";
}

/// Emmely: Converter Moeda
#[derive(Robot)]
#[robot(code = "emmely_convert_currency", auth_user_id = 1, returns = Converted)]
struct ConvertCurrency {
    /// Valor Original
    ///
    /// <prose>
    source_value: f64,
    /// Moeda Origem
    #[property(default = Source::Eur)]
    source_currency: Source,
    /// Moeda Destino
    #[property(default = Target::Brl)]
    target_currency: Target,
    /// Spread (%)
    ///
    /// <prose>
    #[property(default = 0)]
    spread_percent: Option<f64>,
}

#[derive(ReturnValues)]
struct Converted {
    /// Valor Convertido
    #[property(id = "converted_value")]
    value: f64,
    /// Taxa de Câmbio
    exchange_rate: f64,
    /// Data da Cotação
    rate_date: String,
    /// Erro
    error: Option<String>,
}

rows! {
    w017: SendTemplate;
    w021: ExecuteFlow;
    w023: SendProposal;
    w025: ConvertCurrency;
}
