//! Charges and contracts of the same application, whose lists of flows, stages and templates are
//! those of one customer.
#![expect(dead_code, reason = "the definitions are registered, never run")]

use bizproc_runtime::{ReturnValues, Robot, Select};
use jiff::civil::Date;

#[derive(Select)]
enum Flow {
    #[option(key = "<flow id>", title = "<flow name>")]
    One,
}

#[derive(Select)]
enum Stage {
    #[option(key = "<stage id>", title = "<stage name>")]
    One,
}

#[derive(Select)]
#[select(rename_all = "UPPERCASE")]
enum Currency {
    /// EUR
    Eur,
    /// BRL
    Brl,
}

#[derive(Select)]
#[select(rename_all = "snake_case")]
enum Gateway {
    /// Automático
    Auto,
    /// Stripe Portugal (EUR)
    StripePt,
    /// Stripe Brasil (BRL)
    StripeBr,
    /// Asaas (Brasil)
    Asaas,
    /// Crediário Próprio
    Direto,
}

#[derive(Select)]
#[select(rename_all = "snake_case")]
enum ChargeMethod {
    /// Cartão
    Card,
    /// Multibanco (PT)
    Multibanco,
    /// MB WAY (PT)
    MbWay,
    /// Débito SEPA (PT)
    SepaDebit,
    /// PIX (BR)
    Pix,
    /// Boleto (BR)
    Boleto,
    /// Cliente escolhe (Stripe)
    CustomerChoice,
    /// Link de Pagamento
    Link,
    /// Recebimento Direto
    Direto,
}

/// Emmely: Criar Cobrança
#[derive(Robot)]
#[robot(code = "emmely_create_charge", auth_user_id = 1, returns = Charge)]
struct CreateCharge {
    /// Valor Total
    ///
    /// <prose>
    amount: f64,
    /// Moeda
    #[property(default = Currency::Eur)]
    currency: Currency,
    /// Gateway
    ///
    /// <prose>
    #[property(default = Gateway::Auto)]
    gateway: Option<Gateway>,
    /// Método de Pagamento
    #[property(default = ChargeMethod::Card)]
    payment_method: Option<ChargeMethod>,
    /// Nome do Cliente
    customer_name: Option<String>,
    /// Email do Cliente
    customer_email: Option<String>,
    /// CPF/CNPJ
    ///
    /// <prose>
    customer_cpf: Option<String>,
    /// Descrição
    description: Option<String>,
    /// Número de Parcelas
    ///
    /// <prose>
    #[property(default = 1)]
    installments: Option<u8>,
    /// Valor de Entrada
    ///
    /// <prose>
    #[property(default = 0)]
    down_payment: Option<f64>,
    /// Data 1º Vencimento
    ///
    /// <prose>
    first_due_date: Option<Date>,
    /// ID do Negócio
    ///
    /// <prose>
    deal_id: Option<String>,
    /// ID do Contacto
    ///
    /// <prose>
    contact_id: Option<String>,
    /// ID da Empresa
    ///
    /// <prose>
    company_id: Option<String>,
    /// Flow ao Confirmar Pagamento
    ///
    /// <prose>
    paid_flow_id: Option<Flow>,
    /// Etapa ao Confirmar Pagamento
    ///
    /// <prose>
    stage_on_paid: Option<Stage>,
    /// Flow ao Atrasar Pagamento
    ///
    /// <prose>
    overdue_flow_id: Option<Flow>,
    /// Etapa ao Atrasar Pagamento
    ///
    /// <prose>
    stage_on_overdue: Option<Stage>,
    /// Dias de Atraso para Flow
    ///
    /// <prose>
    #[property(default = 3)]
    overdue_days: Option<u16>,
}

#[derive(ReturnValues)]
struct Charge {
    /// ID da Cobrança
    #[property(id = "charge_id")]
    id: String,
    /// Status
    #[property(id = "charge_status")]
    status: String,
    /// URL de Pagamento
    payment_url: String,
    /// Código PIX
    pix_code: Option<String>,
    /// Gateway Utilizado
    gateway_used: String,
    /// Faturas Criadas
    invoices_created: String,
    /// Erro
    error: Option<String>,
}

#[derive(Select)]
#[select(rename_all = "lowercase")]
enum Entity {
    /// Negócio
    Deal,
    Lead,
}

#[derive(Select)]
enum Template {
    #[option(key = "<template id>", title = "<template name>")]
    One,
}

#[derive(Select)]
#[select(rename_all = "lowercase")]
enum SendMethod {
    /// Não enviar
    None,
    /// Enviar Link de Assinatura
    Link,
    /// Enviar PDF
    Pdf,
    /// Link + PDF
    Both,
}

#[derive(Select)]
enum SendPayment {
    /// Sim — enviar link de pagamento automaticamente
    #[option(key = "Y")]
    Yes,
    /// Não
    #[option(key = "N")]
    No,
}

#[derive(Select)]
#[select(rename_all = "snake_case")]
enum PaymentMethod {
    /// Cartão
    Card,
    Multibanco,
    #[option(title = "MB Way")]
    MbWay,
    Pix,
    Boleto,
    /// Cliente escolhe (Stripe)
    CustomerChoice,
}

/// Emmely: Gerar Contrato
#[derive(Robot)]
#[robot(code = "emmely_generate_contract", auth_user_id = 1, returns = Contract)]
struct GenerateContract {
    /// ID da Proposta
    ///
    /// <prose>
    proposal_id: Option<String>,
    /// ID do Negócio
    ///
    /// <prose>
    deal_id: Option<String>,
    /// Tipo de Entidade
    #[property(default = Entity::Deal)]
    entity_type: Option<Entity>,
    /// Modelo de Contrato
    ///
    /// <prose>
    template_name: Option<Template>,
    /// Data de Início
    ///
    /// <prose>
    starts_at: Option<Date>,
    /// Duração (meses)
    ///
    /// <prose>
    #[property(default = 12)]
    duration_months: Option<u16>,
    /// Método de Envio
    ///
    /// <prose>
    #[property(default = SendMethod::None)]
    send_method: Option<SendMethod>,
    /// Telefone para Envio
    ///
    /// <prose>
    send_to_phone: Option<String>,
    /// Flow ao Aceitar
    ///
    /// <prose>
    accept_flow_id: Option<Flow>,
    /// Flow ao Assinar
    ///
    /// <prose>
    signed_flow_id: Option<Flow>,
    /// Enviar Cobrança Após Assinatura
    ///
    /// <prose>
    #[property(id = "send_payment_after_sign", default = SendPayment::No)]
    send_payment: Option<SendPayment>,
    /// Método de Pagamento (cobrança automática)
    #[property(default = PaymentMethod::Card)]
    payment_method: Option<PaymentMethod>,
    /// Número de Parcelas
    #[property(id = "payment_installments", default = 1)]
    installments: Option<u8>,
}

#[derive(ReturnValues)]
struct Contract {
    /// URL de Assinatura
    #[property(id = "contract_url")]
    url: String,
    /// URL do PDF
    #[property(id = "contract_pdf")]
    pdf: Option<String>,
    /// ID do Contrato
    #[property(id = "contract_id")]
    id: String,
    status: String,
    /// Status de Envio
    send_status: Option<String>,
    /// Erro
    error: Option<String>,
}

rows! {
    w019: CreateCharge
        => r#"PROPERTIES.paid_flow_id.OPTIONS: {"":"(none)","<flow id>":"<flow name>"} -> {"<flow id>":"<flow name>"}"#,
        r#"PROPERTIES.overdue_flow_id.OPTIONS: {"":"(none)","<flow id>":"<flow name>"} -> {"<flow id>":"<flow name>"}"#;
    w027: GenerateContract
        => r#"PROPERTIES.accept_flow_id.OPTIONS: {"":"(none)","<flow id>":"<flow name>"} -> {"<flow id>":"<flow name>"}"#,
        r#"PROPERTIES.signed_flow_id.OPTIONS: {"":"(none)","<flow id>":"<flow name>"} -> {"<flow id>":"<flow name>"}"#;
}
