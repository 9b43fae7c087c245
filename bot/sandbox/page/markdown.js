// The Markdown that AI bots, robots and the app show, as DOM nodes. No HTML passes but WeCom's <font color="…">.

import { h } from "./dom.js";

const INLINE = new RegExp(
  [
    "`(?<code>[^`\\n]+)`",
    "\\[(?<label>[^\\]\\n]+)\\]\\((?<url>https?:\\/\\/[^\\s)]+)\\)",
    "\\*\\*(?<bold>[^\\n]+?)\\*\\*",
    "~~(?<gone>[^~\\n]+)~~",
    "(?<![\\w*])\\*(?<slant>[^*\\s][^*\\n]*)\\*(?![\\w*])",
    "<font color=\"?(?<color>info|comment|warning)\"?>(?<tinted>[^<]*)<\\/font>",
    "<@(?<at>[\\w.@-]+)>",
    "(?<bare>https?:\\/\\/[^\\s<>，。；：！？）》]+)",
  ].join("|"),
  "g",
);

function link(url, label) {
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, label);
}

function mark({ code, label, url, bold, gone, slant, color, tinted, at, bare }) {
  if (code) return h("code", {}, code);
  if (url) return link(url, inline(label));
  if (bold) return h("strong", {}, inline(bold));
  if (gone) return h("del", {}, inline(gone));
  if (slant) return h("em", {}, inline(slant));
  if (color) return h("span", { class: `font-${color}` }, inline(tinted));
  if (at) return h("span", { class: "at" }, `@${at}`);
  return link(bare, bare);
}

/** One line of text as a list of nodes and strings. */
export function inline(text) {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(INLINE)) {
    nodes.push(text.slice(end, found.index), mark(found.groups));
    end = found.index + found[0].length;
  }
  nodes.push(text.slice(end));
  return nodes;
}

const ITEM = /^(\s*)(?:([-*+•·])|(\d+)[.)、])\s+(.*)$/;
const RULE = /^\s*([-*_])(\s*\1){2,}\s*$/;
const CELLS = /^\s*\|.*\|\s*$/;

/** A whole text as a fragment. */
export function markdown(text) {
  const box = document.createDocumentFragment();
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  for (let at = 0; at < lines.length; ) at = block(box, lines, at);
  return box;
}

function block(box, lines, at) {
  const line = lines[at];
  const heading = line.match(/^(#{1,6})\s+(.*)$/);
  if (!line.trim()) return at + 1;
  if (line.startsWith("```")) return fence(box, lines, at);
  if (RULE.test(line)) return box.append(h("hr")), at + 1;
  if (heading) return box.append(h(`h${Math.min(6, heading[1].length + 2)}`, {}, inline(heading[2]))), at + 1;
  if (line.startsWith(">")) return quote(box, lines, at);
  if (CELLS.test(line) && /^[\s|:-]+$/.test(lines[at + 1] ?? "")) return table(box, lines, at);
  if (ITEM.test(line)) return list(box, lines, at);
  return paragraph(box, lines, at);
}

function run(lines, at, fits) {
  let end = at;
  while (end < lines.length && fits(lines[end], end)) end += 1;
  return end;
}

function fence(box, lines, at) {
  const end = run(lines, at + 1, (line) => !line.startsWith("```"));
  box.append(h("pre", {}, lines.slice(at + 1, end).join("\n")));
  return end + 1;
}

function quote(box, lines, at) {
  const end = run(lines, at, (line) => line.startsWith(">"));
  const inner = lines.slice(at, end).map((line) => line.replace(/^>\s?/, ""));
  box.append(h("blockquote", {}, markdown(inner.join("\n"))));
  return end;
}

function table(box, lines, at) {
  const end = run(lines, at, (line) => CELLS.test(line));
  const cells = (line, tag) => h("tr", {}, line.trim().slice(1, -1).split("|").map((cell) => h(tag, {}, inline(cell.trim()))));
  const rows = lines.slice(at + 2, end).map((line) => cells(line, "td"));
  box.append(h("div", { class: "table" }, h("table", {}, h("thead", {}, cells(lines[at], "th")), h("tbody", {}, rows))));
  return end;
}

function list(box, lines, at) {
  const [, indent, , first] = lines[at].match(ITEM);
  const top = first ? h("ol", { start: first }) : h("ul");
  const end = run(lines, at, (line) => {
    const item = line.match(ITEM);
    if (item) return item[1].length > indent.length || Boolean(item[3]) === Boolean(first);
    return /^\s{2,}\S/.test(line);
  });
  let item = null;
  let inner = [];
  const close = () => item && top.append(h("li", {}, inline(item), inner.length ? markdown(inner.join("\n")) : null));
  for (const line of lines.slice(at, end)) {
    const found = line.match(ITEM);
    if (found && found[1].length <= indent.length) {
      close();
      [item, inner] = [found[4], []];
    } else inner.push(line.slice(Math.min(line.length - line.trimStart().length, indent.length + 2)));
  }
  close();
  box.append(top);
  return end;
}

function paragraph(box, lines, at) {
  const special = (line) => !line.trim() || /^(#{1,6}\s|>|```)/.test(line) || ITEM.test(line) || CELLS.test(line);
  const end = Math.max(at + 1, run(lines, at, (line) => !special(line)));
  const nodes = lines.slice(at, end).flatMap((line, place) => (place ? [h("br"), ...inline(line)] : inline(line)));
  box.append(h("p", {}, nodes));
  return end;
}
