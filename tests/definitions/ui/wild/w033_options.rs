// select without Options
use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "PdfFromHtml")]
struct PdfFromHtml {
    #[property(id = "documentRegionList", type = "select")]
    document_region: String,
}

fn main() {}
