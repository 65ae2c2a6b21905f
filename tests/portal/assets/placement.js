// The parent of an application's settings page: opens the frame and answers what its script asks.
import { chooseAccess, chooseCrm, chooseUsers, tell } from "./pickers.js";

const place = document.getElementById("placement");
const frame = document.createElement("iframe");
const opening = document.getElementById("placement-form");
const values = document.getElementById("placement-values");
const note = document.getElementById("frame-note");
const parent = JSON.parse(place.dataset.parent);
const sid = place.dataset.sid;
const button = document.getElementById("open-placement");
const action = URL.parse(place.dataset.action);
const protocol = location.protocol === "https:" ? 1 : 0;

function open() {
  // A frame's script finds its portal in the frame's name, which counts from the moment the frame is in the page.
  frame.name = `${location.host}|${protocol}|${sid}`;
  frame.id = "placement-frame";
  frame.title = place.dataset.title;
  place.append(frame);
  opening.action = action.href;
  opening.target = frame.name;
  opening.submit();
}

/** `command[:JSON]:callback:sid`; names with a colon in them come as an object. */
function parse(data) {
  if (typeof data !== "string") return null;
  const parts = data.split(":");
  if (parts.length < 3) return null;
  const [command, from, callback] = [parts.shift(), parts.pop(), parts.pop()];
  if (from !== sid) return null;
  try {
    return { command, callback, params: parts.length ? JSON.parse(parts.join(":")) : {} };
  } catch {
    return null;
  }
}

/** Hidden controls of the properties that are registered; what else is set is dropped. */
function setPropertyValue(params) {
  let known = 0;
  for (const [id, value] of Object.entries(params ?? {})) {
    const property = parent.properties.find((one) => one.id === id);
    if (!property) continue;
    known += 1;
    for (const old of [...values.children]) {
      if (old.name === property.name || old.name === `${property.name}[]`) old.remove();
    }
    const list = Array.isArray(value) ? value : [value];
    for (const one of list) {
      const input = document.createElement("input");
      input.type = "hidden";
      input.name = Array.isArray(value) || property.multiple ? `${property.name}[]` : property.name;
      input.value = one === null || one === undefined ? "" : String(one);
      values.append(input);
    }
  }
  if (known) note.textContent = `It has set ${known === 1 ? "a value" : `${known} values`}; saving the form stores ${known === 1 ? "it" : "them"}.`;
}

function resize({ width, height }) {
  const size = (value) => (typeof value === "number" || /^\d+$/.test(value) ? `${value}px` : /^\d+%$/.test(value) ? value : null);
  frame.style.maxWidth = "100%";
  if (size(width)) frame.style.width = size(width);
  if (size(height)) frame.style.height = size(height);
  return { width: frame.offsetWidth, height: frame.offsetHeight };
}

async function post(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return (await response.json()).result;
}

const own = { client_id: parent.client_id, user_id: parent.user_id };

/** A command without an answer, or one the page does not know, is met with silence, as on a portal. */
const commands = {
  getInitData: () => ({ ...parent.init, DOMAIN: location.host, PROTOCOL: protocol }),
  getInterface: () => ({ command: ["setPropertyValue"], event: [] }),
  setPropertyValue,
  refreshAuth: () => post("/-/tokens", own),
  resizeWindow: resize,
  setInstall: (params) => params,
  async setInstallFinish() {
    await post("/-/install-finish", own);
    location.assign(document.getElementById("step").action);
  },
  setScroll(params) {
    scrollTo({ top: Number(params.scroll) || 0 });
    return params;
  },
  reloadWindow: () => location.assign(document.getElementById("step").action),
  selectUser: (params) => chooseUsers(parent.people, Boolean(params.mult)),
  selectAccess: (params) => chooseAccess(parent.people, params.value ?? []),
  selectCRM: (params) => chooseCrm(params.entityType ?? [], Boolean(params.multiple)),
  openPath: () => ({ result: "error", errorCode: "PATH_NOT_AVAILABLE" }),
  async openApplication(params) {
    await tell("The application would open here", JSON.stringify(params, null, 2));
    return "";
  },
  closeApplication: () => "",
};

addEventListener("message", async (event) => {
  if (!action || event.source !== frame.contentWindow || event.origin !== action.origin) return;
  const message = parse(event.data);
  if (!message || !Object.hasOwn(commands, message.command)) return;
  const result = await commands[message.command](message.params);
  if (result === undefined) return;
  const text = result === "" ? "" : JSON.stringify(result);
  frame.contentWindow.postMessage(`${message.callback}:${text}`, action.origin);
});

// The platform takes addresses that no browser opens.
if (action && button) {
  const dialog = document.getElementById("placement-dialog");
  dialog.prepend(place);
  button.addEventListener("click", () => {
    dialog.showModal();
    // Closed and opened again, the page is as it was left.
    if (!frame.isConnected) open();
  });
} else if (action) open();
else note.textContent = `A browser cannot open its address: ${place.dataset.action}`;
