//! Payments in Brazil: charges, contracts and subscriptions of Asaas.
#![expect(dead_code, reason = "the definitions are registered, never run")]

use bizproc_runtime::{ReturnValues, Robot, Select};

#[derive(Select)]
#[select(rename_all = "SCREAMING_SNAKE_CASE")]
enum PaymentMethod {
    /// PIX
    Pix,
    Boleto,
    /// Cartão
    CreditCard,
    /// Cliente escolhe
    Undefined,
}

#[derive(Select)]
enum ChargeMode {
    /// Única
    #[option(key = "unica")]
    Single,
    /// Parcelada
    #[option(key = "parcelada")]
    Instalments,
    /// Assinatura mensal
    #[option(key = "assinatura_mensal")]
    MonthlySubscription,
}

#[derive(Select)]
#[select(rename_all = "UPPERCASE")]
enum Cycle {
    /// Mensal
    Monthly,
    /// Semanal
    Weekly,
    /// Quinzenal
    #[option(key = "BIWEEKLY")]
    BiWeekly,
    /// Anual
    Yearly,
}

#[derive(Select)]
enum ContractTemplate {
    #[option(key = "__default__", title = "<dynamic>")]
    Default,
}

/// Asaas Pay by Thoth24: Gerar Contrato
#[derive(Robot)]
#[robot(code = "asaas_contract_generate", auth_user_id = 1, returns = Contract)]
struct GenerateContract {
    /// Template do contrato
    template_id: ContractTemplate,
    /// Valor total (R$)
    payment_total: f64,
    /// Qtd parcelas
    #[property(id = "payment_qty", default = 1)]
    instalments: Option<u32>,
    #[property(name = "Método (PIX/BOLETO/CREDIT_CARD)", default = PaymentMethod::Pix)]
    payment_method: Option<PaymentMethod>,
    #[property(name = "Início (YYYY-MM-DD)")]
    payment_start: Option<String>,
    /// Intervalo (dias)
    #[property(default = 30)]
    payment_interval_days: Option<u32>,
    /// Criar cobrança Asaas automaticamente
    #[property(id = "asaas_auto_charge", default = true)]
    auto_charge: Option<bool>,
    /// Tipo de cobrança
    #[property(id = "asaas_charge_mode", default = ChargeMode::Instalments)]
    charge_mode: Option<ChargeMode>,
    /// Ciclo (assinatura)
    #[property(id = "asaas_subscription_cycle", default = Cycle::Monthly)]
    cycle: Option<Cycle>,
}

#[derive(ReturnValues)]
struct Contract {
    /// Link do contrato
    #[property(id = "contract_url")]
    url: String,
    /// Link PDF
    #[property(id = "contract_pdf_url")]
    pdf_url: String,
    /// ID do contrato
    #[property(id = "contract_id")]
    id: String,
    /// Link de pagamento Asaas
    payment_link: String,
    /// ID da assinatura Asaas
    subscription_id: Option<String>,
}

#[derive(Select)]
#[select(rename_all = "lowercase")]
enum Target {
    /// Negócio
    Deal,
    Lead,
    /// Contato
    Contact,
    /// Empresa
    Company,
}

/// Asaas: Verificar Pagamento
#[derive(Robot)]
#[robot(code = "asaas_check_payment", auth_user_id = 1, returns = Payment)]
struct CheckPayment {
    /// ID da Cobrança
    charge_id: String,
    /// Tipo de Entidade Bitrix (alvo)
    #[property(id = "bitrix_entity_type", default = Target::Deal)]
    target: Option<Target>,
    /// ID do Deal/Lead (opcional)
    #[property(id = "bitrix_entity_id")]
    target_id: Option<String>,
}

#[derive(ReturnValues)]
struct Payment {
    /// Status do Pagamento
    status: String,
    /// Data do Pagamento
    paid_at: Option<String>,
    /// Valor Pago
    paid_value: Option<f64>,
    /// Mensagem de Erro
    error: Option<String>,
}

/// Asaas: Cancelar Assinatura
#[derive(Robot)]
#[robot(code = "asaas_cancel_subscription", auth_user_id = 1, returns = Cancelled)]
struct CancelSubscription {
    /// ID da Assinatura
    subscription_id: String,
    /// Tipo de Entidade Bitrix (alvo)
    #[property(id = "bitrix_entity_type", default = Target::Deal)]
    target: Option<Target>,
    /// ID do Deal/Lead (opcional)
    #[property(id = "bitrix_entity_id")]
    target_id: Option<String>,
}

#[derive(ReturnValues)]
struct Cancelled {
    /// ID da Assinatura
    #[property(id = "cancelled_id")]
    id: String,
    /// Status
    status: String,
    /// Mensagem de Erro
    error: Option<String>,
}

/// Emmely Pay: gerar cobrança (usa campos do negócio)
#[derive(Robot)]
#[robot(code = "ASAAS_CHARGE", returns = Charge)]
struct CreateCharge {
    /// Valor (override — normalmente vazio)
    value: Option<f64>,
    #[property(name = "Forma override (PIX/BOLETO/CREDIT_CARD)")]
    billing_type: Option<String>,
    /// Descrição override
    description: Option<String>,
}

#[derive(ReturnValues)]
struct Charge {
    status: String,
    /// Link de pagamento
    payment_url: String,
}

#[derive(Robot)]
#[robot(code = "ASAAS_NFSE", name = "Asaas: emitir NFSe")]
struct IssueInvoice {
    /// Valor do serviço
    value: Option<f64>,
    /// Descrição do serviço
    description: String,
    /// Código serviço municipal
    municipal_service_code: Option<String>,
}

rows! {
    w015: GenerateContract;
    w011: CheckPayment;
    w013: CancelSubscription
        => "RETURN_PROPERTIES: subscription_id, status, error -> cancelled_id, status, error",
        "RETURN_PROPERTIES.subscription_id.NAME.EN: ID da Assinatura -> nothing",
        "RETURN_PROPERTIES.subscription_id.TYPE: string -> nothing",
        "RETURN_PROPERTIES.cancelled_id.NAME.EN: nothing -> ID da Assinatura",
        "RETURN_PROPERTIES.cancelled_id.TYPE: nothing -> string";
    w028: CreateCharge
        => "AUTH_USER_ID: nothing -> 7",
        "USE_SUBSCRIPTION: N -> Y";
    w030: IssueInvoice
        => "AUTH_USER_ID: nothing -> 7",
        "RETURN_PROPERTIES: status -> nothing",
        "RETURN_PROPERTIES.status.NAME.EN: Status -> nothing",
        "RETURN_PROPERTIES.status.TYPE: string -> nothing";
}
