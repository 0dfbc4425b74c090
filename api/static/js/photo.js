// The photo of a shop front is made small on the telephone before it leaves: it goes over a weak network, and bears no place and no model.
"use strict";

const WIDEST = 1600; // pixels of its longer side
const QUALITY = 0.8;

async function madeSmall(photo) {
  const drawn = await createImageBitmap(photo);
  const scale = Math.min(1, WIDEST / Math.max(drawn.width, drawn.height));
  const sheet = document.createElement("canvas");
  sheet.width = Math.round(drawn.width * scale);
  sheet.height = Math.round(drawn.height * scale);
  sheet.getContext("2d").drawImage(drawn, 0, 0, sheet.width, sheet.height);
  const bytes = await new Promise((resolve) => sheet.toBlob(resolve, "image/jpeg", QUALITY));
  return new File([bytes], "vitrine.jpg", { type: "image/jpeg" });
}

for (const place of document.querySelectorAll("[data-photo]")) {
  const input = place.querySelector("input");
  const said = place.querySelector("[role=status]");
  input.addEventListener("change", async () => {
    said.textContent = "";
    if (!input.files.length) return;
    const small = await madeSmall(input.files[0]).catch(() => null); // no picture that this browser reads: it leaves as it is
    if (!small) return;
    const chosen = new DataTransfer();
    chosen.items.add(small);
    input.files = chosen.files;
    said.textContent = place.dataset.small.replace("…", Math.ceil(small.size / 1000));
  });
}
