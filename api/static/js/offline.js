// In the street: the worker is set up, what this telephone keeps is shown and sent, and a kept form is opened again.
"use strict";

navigator.serviceWorker?.register("/service-worker.js");

const place = document.querySelector("[data-kept]");
const form = document.querySelector("form[data-street]");

// Each noting has a key of its own, though the page may come from the telephone's memory; and the day on which it was made.
window.addEventListener("pageshow", () => {
  if (form) form.elements.key.value = crypto.randomUUID();
});
form?.addEventListener("submit", () => {
  form.elements.filled_in_on.value = new Date().toLocaleDateString("sv-SE"); // 2026-11-24
});

// The form is at hand as soon as somebody is at work here, under their own name.
async function keepTheForm() {
  if (sessionStorage.getItem("form")) return;
  await (await caches.open(PAGES)).add(FORM);
  sessionStorage.setItem("form", "kept");
}

// Who signs out takes the form's page along.
document.querySelector("form[action='/deconnexion']")?.addEventListener("submit", () => caches.delete(PAGES));

function named(entry) {
  return Object.fromEntries(entry.fields).name || place.dataset.unnamed;
}

function fillPhoto(input, photo) {
  const chosen = new DataTransfer();
  if (photo?.size) chosen.items.add(photo);
  input.files = chosen.files;
}

function fillIn(entry) {
  for (const input of form.elements) {
    const values = entry.fields.filter(([name]) => name === input.name).map(([, value]) => value);
    if (["key", "csrf", "who"].includes(input.name)) continue;
    if (input.type === "file") fillPhoto(input, values[0]);
    else if (input.type === "checkbox" || input.type === "radio") input.checked = values.includes(input.value);
    else if (values.length) input.value = values[0];
  }
  for (const more of form.querySelectorAll("details")) more.open = true;
  form.elements.name.focus();
}

function line(entry) {
  const item = place.querySelector("template").content.cloneNode(true);
  const at = new Date(entry.at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  item.querySelector("[data-name]").textContent = named(entry);
  item.querySelector("[data-at]").textContent = at;
  item.querySelector("[data-wrong]").textContent = entry.wrong ?? "";
  const open = item.querySelector("[data-open]");
  open.addEventListener("click", async () => {
    await forget(entry.key);
    fillIn(entry);
    await show();
  });
  return item;
}

async function show() {
  const kept = await allKept();
  if (!place) return kept.length;
  place.querySelector("[data-waiting]").hidden = !kept.length;
  place.querySelector("ul").replaceChildren(...kept.map(line));
  return kept.length;
}

async function sendAndShow() {
  const before = await show();
  await sendKept().catch(() => {}); // no network yet: it is tried again
  const after = await show();
  if (place && after < before) place.querySelector("[data-gone]").hidden = false;
}

window.addEventListener("online", sendAndShow);
if (window.caches && navigator.locks) {
  sendAndShow();
  keepTheForm().catch(() => {}); // no network now: the next page does it
}
