// The service worker: the form stays at hand without a network, and what is sent from it is kept when nothing answers.
"use strict";

const STORE = `files ${FILES.join(" ")}`;
const WAIT = 8000; // ms before a network that says nothing is taken for none

self.addEventListener("install", (event) => {
  const put = async () => {
    await (await caches.open(STORE)).addAll(FILES);
    await (await caches.open(PAGES)).add(new Request("/hors-ligne", { credentials: "omit" }));
    await self.skipWaiting();
  };
  event.waitUntil(put());
});

self.addEventListener("activate", (event) => {
  const clear = async () => {
    const old = (await caches.keys()).filter((name) => name !== STORE && name !== PAGES);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(clear());
});

self.addEventListener("sync", (event) => event.waitUntil(sendKept()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    if (request.method === "GET") event.respondWith(shown(request, pathname));
    else if (request.method === "POST" && pathname === FORM) event.respondWith(sent(request));
  } else if (request.method === "GET" && pathname.startsWith("/static/")) {
    event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
  }
});

function soon(request) {
  return fetch(request, { signal: AbortSignal.timeout(WAIT) });
}

// A page as it is now; without a network, the form as it was last seen, else why there is nothing.
async function shown(request, pathname) {
  const pages = await caches.open(PAGES);
  try {
    const answer = await (pathname === FORM ? soon(request) : fetch(request));
    if (pathname === FORM && answer.ok && !answer.redirected) await pages.put(FORM, answer.clone());
    return answer;
  } catch {
    return (pathname === FORM && (await pages.match(FORM))) || (await pages.match("/hors-ligne"));
  }
}

// What is sent reaches the server, or stays here under the same key: sent again, it is logged once.
async function sent(request) {
  const copy = request.clone();
  try {
    return await soon(request);
  } catch {
    const fields = [...(await copy.formData())].filter(([name]) => name !== "csrf");
    const { key, who } = Object.fromEntries(fields);
    await keep({ key, who, at: Date.now(), fields, wrong: null });
    await self.registration.sync?.register("kept").catch(() => {});
    return Response.redirect(FORM, 303);
  }
}
