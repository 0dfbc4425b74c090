// What is wrong with the page as it stands, one sentence each: layout, headings, labels, sizes, words, typography.
() => {
  const wrong = [];
  const shown = (element) => element.checkVisibility({visibilityProperty: true}) && element.getClientRects().length > 0;
  const heard = (element) => element.closest(".sr, .skip, [hidden]") !== null;
  const say = (element) => `<${element.tagName.toLowerCase()}> « ${(element.innerText || element.name || "").trim().slice(0, 60)} »`;

  if (document.documentElement.scrollWidth > window.innerWidth) {
    const wide = [...document.querySelectorAll("main *")].find((e) => shown(e) && !e.closest(".scroll, .board, .tabs, .jump") && e.getBoundingClientRect().right > window.innerWidth + 1);
    wrong.push(`scrolls sideways: ${document.documentElement.scrollWidth} px ${wide ? say(wide) : ""}`);
  }
  if (document.querySelectorAll("h1").length !== 1) wrong.push(`${document.querySelectorAll("h1").length} h1`);
  if (!document.title.trim()) wrong.push("no title");
  if (!document.documentElement.lang) wrong.push("no language");

  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  ids.filter((id, place) => ids.indexOf(id) !== place).forEach((id) => wrong.push(`the id ${id} stands twice`));
  let level = 0;
  for (const heading of document.querySelectorAll("main h1, main h2, main h3, main h4")) {
    const next = Number(heading.tagName[1]);
    if (level && next > level + 1) wrong.push(`h${level} then h${next}: ${say(heading)}`);
    level = next;
  }
  for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
    if (!field.labels.length && !field.ariaLabel) wrong.push(`no label: ${say(field)}`);
  }
  for (const pressed of document.querySelectorAll("a[href], button, summary")) {
    if (!pressed.textContent.trim() && !pressed.ariaLabel) wrong.push(`no name: ${pressed.outerHTML.slice(0, 80)}`);
  }
  document.querySelectorAll("img:not([alt])").forEach((image) => wrong.push(`no alt: ${image.src}`));

  for (const cell of document.querySelectorAll("th, td")) {
    if (shown(cell) && !cell.closest(".scroll, .fold thead") && cell.scrollWidth > cell.clientWidth + 1) wrong.push(`stands out of its cell: ${say(cell)}`);
  }
  if (window.innerWidth < 600) {
    for (const pressed of document.querySelectorAll("button:not(.as-link), .btn, summary.filter, select, .field, .nav .tab, .pop > a, .links a")) {
      if (shown(pressed) && !heard(pressed) && pressed.getBoundingClientRect().height < 43.5) wrong.push(`under 44 px: ${say(pressed)}`);
    }
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent, parent = walker.currentNode.parentElement;
    if (!text.trim() || parent.closest("script, style, iframe, pre, code, .letter") || !shown(parent)) continue;
    if (!heard(parent) && !parent.closest("sup") && parseFloat(getComputedStyle(parent).fontSize) < 12) wrong.push(`under 12 px: « ${text} »`);
    const code = text.match(/\b[a-z]+_[a-z_]+\b|\bNone\b|\bundefined\b|\bnull\b|\bTrue\b|\bFalse\b|\d{4}-\d\d-\d\d|\{|\}/);
    if (code) wrong.push(`a code: « ${code[0]} » in « ${text.trim().slice(0, 80)} »`);
    if (/\S [:;?!»]|« |\w'\w/.test(text)) wrong.push(`typography: « ${text.trim().slice(0, 80)} »`);
    if (/\b(1|un|une) (dossiers|jours|actions|demandes|binômes|personnes|rencontres|aides|quartiers)\b/i.test(text.replace(/\u00a0/g, " "))) wrong.push(`plural: « ${text.trim().slice(0, 80)} »`);
  }
  return [...new Set(wrong)];
}
