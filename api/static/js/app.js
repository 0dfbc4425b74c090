// What the pages gain with JavaScript; they work without it.
"use strict";

const PATIENCE = 8000; // ms after which a form may be sent again: an answer may have been a download, or nothing

function release(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
}

// A form is sent once: the second click of a double click is refused. The button keeps its name, its value and the focus.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented) return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "yes";
  event.submitter?.setAttribute("aria-disabled", "true");
  setTimeout(() => release(form), PATIENCE);
});

// A page that comes back from the browser's memory may be sent again.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(release);
});

// An open menu closes with Escape, which gives the focus back, and with a click elsewhere.
function closeMenus(keep) {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(keep)) menu.open = false;
}
document.addEventListener("click", (event) => closeMenus(event.target));
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (!menu) return;
  closeMenus(null);
  menu.querySelector("summary").focus();
});

// « Je suis devant »: the telephone's own position is sent with the form, once the person asks for it.
for (const place of navigator.geolocation ? document.querySelectorAll("[data-locate]") : []) {
  const said = place.querySelector("[role=status]");
  place.hidden = false;
  place.querySelector("button").addEventListener("click", () => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        place.querySelector("input").value = `${coords.longitude},${coords.latitude}`;
        said.textContent = said.dataset.found;
      },
      () => (said.textContent = said.dataset.lost),
      { enableHighAccuracy: true, timeout: 10000 },
    );
  });
}

// A long work: how far it is follows by itself, and what it made is shown once it is done.
async function follow(work) {
  const answer = await fetch(location.href);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-running]");
  if (!fresh) return location.reload();
  work.replaceChildren(...fresh.childNodes);
  setTimeout(follow, 2000, work);
}
for (const work of document.querySelectorAll("[data-running]")) setTimeout(follow, 1000, work);

// Keys, for who works with both hands: / searches, j and k go through the page's list, x chooses, ? tells. They may be turned off in the help.
const OFF = "touches-coupées";
const rows = () => [...document.querySelectorAll("main a.name, main .task h3 > a, main .ticket, main .cast a")].filter((row) => row.checkVisibility());
function move(by) {
  const all = rows();
  const at = all.findIndex((row) => row === document.activeElement);
  all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)]?.focus();
}
function search() {
  const field = document.querySelector("main input[type=search]");
  if (field) return field.select(), field.focus();
  const way = document.querySelector("[data-search]");
  if (way) location.assign(`${way.href}#q`);
}
if (location.hash === "#q") search();
const KEYS = {
  "/": search,
  j: () => move(1),
  k: () => move(-1),
  x: () => document.activeElement?.closest("tr")?.querySelector("input[type=checkbox]")?.click(),
  "?": () => location.assign("/aide#clavier"),
};
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || localStorage.getItem(OFF)) return;
  if (!KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
});
for (const box of document.querySelectorAll("[data-keys]")) {
  box.hidden = false;
  const tick = box.querySelector("input");
  tick.checked = !localStorage.getItem(OFF);
  tick.addEventListener("change", () => (tick.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1")));
}

// Cases that are chosen in a list: one box ticks them all, and how many there are is said.
for (const form of document.querySelectorAll("[data-picks]")) {
  const boxes = [...form.querySelectorAll("td input[type=checkbox]")];
  const said = form.querySelector(".pick-bar label");
  const words = said.textContent;
  const all = Object.assign(document.createElement("input"), { type: "checkbox", ariaLabel: form.querySelector("th.pick").textContent });
  form.querySelector("th.pick").replaceChildren(all);
  const count = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    all.checked = chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
    said.textContent = chosen ? `${words} (${chosen})` : words;
  };
  all.addEventListener("change", () => { for (const box of boxes) box.checked = all.checked; count(); });
  form.addEventListener("change", count);
  count();
}

// A page that is read on paper prints by its own button.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
