// The settings form: rows of lists, expressions, dates.
const form = document.getElementById("step");
const culture = form.dataset.culture;
let next = 1000;

form.addEventListener("click", (event) => {
  const button = event.target.closest("button[type=button]");
  if (!button) return;
  const rows = button.closest("[data-rows]");
  if ("add" in button.dataset) {
    const row = rows.querySelector("template").content.cloneNode(true);
    for (const one of row.querySelectorAll("[name]")) one.name = one.name.replace("[#]", `[${next}]`);
    next += 1;
    const first = row.querySelector("input, select, textarea");
    rows.querySelector("template").before(row);
    first.focus();
  } else if ("remove" in button.dataset) {
    button.closest("[data-row]").remove();
    rows.querySelector("[data-add]").focus();
  } else if ("pick" in button.dataset) {
    button.previousElementSibling.showPicker();
  }
});

form.addEventListener("change", (event) => {
  const { target } = event;
  if ("calendar" in target.dataset) {
    target.closest("[data-row]").querySelector("input[name]").value = written(target.value);
  } else if ("insert" in target.dataset && target.value) {
    const field = target.closest("[data-field]");
    insert(field.querySelector("[data-target]:focus") ?? lastIn(field) ?? field.querySelector("[data-target]"), target.value);
    target.value = "";
  }
});

let last = null;
form.addEventListener("focusin", (event) => {
  if ("target" in event.target.dataset) last = event.target;
});
const lastIn = (field) => (last && field.contains(last) ? last : null);

function insert(control, text) {
  control.setRangeText(text, control.selectionStart, control.selectionEnd, "end");
  control.focus();
}

/** What a native picker gives, in the portal's format. */
function written(value) {
  if (!value) return "";
  const [day, clock] = value.split("T");
  const [year, month, date] = day.split("-");
  const us = culture === "month";
  const text = us ? `${month}/${date}/${year}` : `${date}.${month}.${year}`;
  if (!clock) return text;
  const [hour, minute, second = "00"] = clock.split(":");
  if (!us) return `${text} ${hour}:${minute}:${second}`;
  return `${text} ${hour % 12 || 12}:${minute}:${second} ${hour < 12 ? "am" : "pm"}`;
}

// A form that was refused: begin where it is wrong.
document.querySelector("[aria-invalid]")?.focus();
