// Keeps what is marked data-live as the portal has it now, the clock running, and copies texts.

/** Brings `old` up to `fresh`; children with a data-key keep their place in the page, and what is open stays open. */
function update(old, fresh) {
  for (const { name, value } of fresh.attributes) old.setAttribute(name, value);
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  const keyed = [...fresh.children].some((child) => child.dataset.key);
  if (!keyed || [...old.children].some((child) => !child.dataset.key)) {
    if (old.innerHTML !== fresh.innerHTML) replace(old, fresh);
    return;
  }
  const known = new Map([...old.children].map((child) => [child.dataset.key, child]));
  const wanted = [...fresh.children];
  for (const child of old.children) {
    if (!wanted.some((one) => one.dataset.key === child.dataset.key)) known.get(child.dataset.key).remove();
  }
  wanted.forEach((child, index) => {
    const there = known.get(child.dataset.key);
    const place = old.children[index] ?? null;
    if (!there) {
      child.classList.add("fresh");
      old.insertBefore(child, place);
    } else {
      if (there !== place) old.insertBefore(there, place);
      if (there.innerHTML !== child.innerHTML || there.className.replace(" fresh", "") !== child.className) replace(there, child);
    }
  });
}

function replace(old, fresh) {
  const open = new Set([...old.querySelectorAll("details[open]")].map((one) => one.dataset.key));
  const focused = document.activeElement?.dataset?.copy ? null : document.activeElement;
  const path = focused && old.contains(focused) ? [...old.querySelectorAll("*")].indexOf(focused) : -1;
  old.className = fresh.className;
  old.replaceChildren(...fresh.childNodes);
  for (const one of old.querySelectorAll("details")) if (open.has(one.dataset.key)) one.open = true;
  if (path >= 0) old.querySelectorAll("*")[path]?.focus?.();
}

let ahead = 0;
function readClock() {
  ahead = Number(document.getElementById("clock").dataset.now) - Date.now();
}

let busy = false;
let again = false;
async function refresh() {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  do {
    again = false;
    try {
      // A page that is the response to a form is not asked for again: its own address is another page.
      const response = await fetch(location.href, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      for (const old of document.querySelectorAll("[data-live]")) {
        const fresh = page.getElementById(old.id);
        if (fresh) update(old, fresh);
      }
      readClock();
      tick();
    } catch {
      // The portal is gone; the stream below tries again.
    }
  } while (again);
  busy = false;
}

function left(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const part = (size, of) => String(Math.floor(seconds / size) % of).padStart(2, "0");
  const days = Math.floor(seconds / 86400);
  return `${days ? `${days} d ` : ""}${part(3600, 24)}:${part(60, 60)}:${part(1, 60)} left`;
}

function tick() {
  for (const one of document.querySelectorAll("[data-deadline]")) {
    one.textContent = left(Number(one.dataset.deadline) - Date.now() - ahead);
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const toast = document.getElementById("copied");
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    toast.textContent = "Copied";
  } catch {
    toast.textContent = "The browser does not let this page copy.";
  }
  setTimeout(() => (toast.textContent = ""), 2000);
});

readClock();
tick();
setInterval(tick, 1000);
new EventSource("/-/live").addEventListener("message", refresh);
// Something may have happened between the page and the stream.
refresh();
