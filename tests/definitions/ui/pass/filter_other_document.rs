//! A document that the derive does not know is named in full.
use bizproc_runtime::{DocumentType, Robot};

const BOOKING: DocumentType = DocumentType::custom("vendor", "Vendor\\Booking", "BOOKING");

#[derive(Robot)]
#[robot(
    code = "acme_booking",
    filter(
        include = [BOOKING, ["disk"], ["crm", "Bitrix\\Crm\\Integration\\BizProc\\Document\\Quote"]],
        exclude = [["lists", "BizprocDocument", "iblock_7"]],
    ),
)]
struct Book;

fn main() {
    assert_eq!(Book::DEFINITION.code(), "acme_booking");
}
