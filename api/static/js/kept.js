// What was noted without a network: kept on this telephone, and sent once there is one. For the pages and the service worker.
"use strict";

const FORM = "/dossiers/nouveau";
const KEPT = "/dossiers/gardes";
const PAGES = "pages";

function opened() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open("quartiers", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("kept", { keyPath: "key" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function inTheStore(mode, act) {
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction("kept", mode);
      const asked = act(transaction.objectStore("kept"));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

// One entry: {key, who, at, fields: [[name, words or photo]…], wrong: null or why it could not be logged}.
const keep = (entry) => inTheStore("readwrite", (store) => store.put(entry));
const forget = (key) => inTheStore("readwrite", (store) => store.delete(key));
const allKept = () => inTheStore("readonly", (store) => store.getAll());

async function sendOne(entry, csrf) {
  const body = new FormData();
  for (const [name, value] of entry.fields) body.append(name, value);
  body.set("csrf", csrf);
  const answer = await fetch(KEPT, { method: "POST", body, redirect: "manual" });
  if (answer.status === 201) return forget(entry.key);
  if (answer.status !== 422) throw new Error(`answered ${answer.status}`);
  const { reasons } = await answer.json();
  return keep({ ...entry, wrong: reasons.map((reason) => reason.message).join(" ") });
}

// Send what waits, one page or worker at a time; what somebody else noted on this telephone waits for them.
function sendKept() {
  return navigator.locks.request("kept", async () => {
    const waiting = (await allKept()).filter((entry) => !entry.wrong);
    if (!waiting.length) return;
    const asked = await fetch(KEPT, { redirect: "manual" });
    if (asked.status !== 200) return;
    const { who, csrf } = await asked.json();
    for (const entry of waiting) if (entry.who === who) await sendOne(entry, csrf);
  });
}
