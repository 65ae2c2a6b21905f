// Small dialogs in which a person picks what a settings page asks for. A cancelled one gives nothing.
const dialog = document.getElementById("picker");
const title = document.getElementById("picker-title");
const body = document.getElementById("picker-body");

function ask(text, controls) {
  title.textContent = text;
  body.replaceChildren(...controls);
  dialog.returnValue = "cancel";
  dialog.showModal();
  return new Promise((done) => dialog.addEventListener("close", () => done(dialog.returnValue === "ok"), { once: true }));
}

function choice(kind, value, text, checked = false) {
  const label = document.createElement("label");
  const input = document.createElement("input");
  label.className = "choice";
  Object.assign(input, { type: kind, name: "choice", value, checked });
  label.append(input, text);
  return label;
}

const chosen = () => [...body.querySelectorAll("input:checked")].map((input) => input.value);

export async function chooseUsers(people, several) {
  const choices = people.map((one) => choice(several ? "checkbox" : "radio", one.id, `${one.name}, ${one.position}`));
  if (!(await ask(several ? "Choose users" : "Choose a user", choices))) return undefined;
  const found = people
    .filter((one) => chosen().includes(String(one.id)))
    .map((one) => ({ id: String(one.id), name: one.name, photo: "", position: one.position, url: `/company/personal/user/${one.id}/`, sub: false, sup: false }));
  return several ? found : found[0];
}

export async function chooseAccess(people, before) {
  const all = [["G2", "All users"], ...people.map((one) => [`U${one.id}`, one.name])];
  const choices = all.map(([id, name]) => choice("checkbox", id, name, before.includes(id)));
  if (!(await ask("Choose who has access", choices))) return undefined;
  return all.filter(([id]) => chosen().includes(id)).map(([id, name]) => ({ id, name }));
}

const PREFIXES = { lead: "L", contact: "C", company: "CO", deal: "D", quote: "Q" };

export async function chooseCrm(types, several) {
  const kinds = types.length ? types : Object.keys(PREFIXES);
  const select = document.createElement("select");
  select.ariaLabel = "Kind";
  select.append(...kinds.map((kind) => new Option(kind, kind)));
  const numbers = document.createElement("input");
  Object.assign(numbers, { value: "17", ariaLabel: several ? "Numbers, separated by commas" : "Number", required: true });
  if (!(await ask(several ? "Choose items of CRM" : "Choose an item of CRM", [select, numbers]))) return undefined;
  const type = select.value;
  const ids = numbers.value.split(",").map((one) => one.trim()).filter((one) => /^\d+$/.test(one));
  const items = (several ? ids : ids.slice(0, 1)).map((id) => ({
    id: `${PREFIXES[type] ?? type}_${id}`, type, title: `${type} #${id}`, place: type, desc: "", url: `/crm/${type}/details/${id}/`,
  }));
  return { [type]: { ...items } };
}

export async function tell(text, detail) {
  const pre = document.createElement("pre");
  pre.textContent = detail;
  await ask(text, [pre]);
}
