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
