// One chat: bubbles, grey notices, times in between.

import { h, keyed } from "./dom.js";
import { inline, markdown } from "./markdown.js";

const PAUSE = 5 * 60 * 1000; // after so long a time is shown again
const NEAR = 120; // pixels from the end within which somebody reads the newest

/** A rounded square with the first character of a name; the colour follows from the id. */
export function avatar(who, name, side) {
  if (side === "bot") return h("span", { class: "avatar bot", "aria-hidden": "true" }, h("img", { src: "icon.svg", alt: "" }));
  let sum = 0;
  for (const letter of who) sum = (sum * 11 + letter.codePointAt(0)) % 9973;
  return h("span", { class: "avatar", dataset: { hue: String(sum % 6) }, "aria-hidden": "true" }, [...name][0] ?? "?");
}

/** The lines with times between them and with what is not acknowledged yet. */
function withTimes(lines, times) {
  const items = [];
  let last = 0;
  for (const line of lines) {
    const at = new Date(line.at).getTime();
    const otherDay = last && times.day(last) !== times.day(at);
    if (!last || at - last > PAUSE || otherDay) items.push({ id: `t:${line.id}`, time: at, first: !last || otherDay });
    items.push(line);
    last = at;
  }
  return items;
}

/**
 * Show `lines` in `log`. `view`: me (id of who sits here), times, pending (own texts on their way), empty (node shown for
 * no lines), act (called with an action), person (id for card clicks).
 */
export function showChat(log, lines, view) {
  const items = withTimes(own(lines, view), view.times);
  const scope = `${view.chat}/`;
  const switched = log.dataset.chat !== view.chat;
  const near = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
  log.dataset.chat = view.chat;
  if (!items.length) items.push({ id: "empty", empty: view.empty });
  const changed = keyed(log, items, (item) => scope + item.id, (item) => build(item, view));
  if (switched || (changed && near)) toEnd(log);
}

/** Down to the last line; one taller than the window is shown from its beginning. */
export function toEnd(log) {
  log.scrollTop = end(log);
}

function end(log) {
  return Math.min(log.scrollHeight - log.clientHeight, (log.lastElementChild?.offsetTop ?? 0) - 36);
}

function sizeOf(log) {
  return `${log.clientWidth} ${log.clientHeight}`;
}

/** Keep the last line in sight when the window or the tab changes what fits, for who was reading there. */
export function follow(log, wanted) {
  let there = true;
  let size = sizeOf(log);
  log.addEventListener("scroll", () => {
    // the event of an earlier scroll may come when the size has already changed: that says nothing of who was reading where
    if (log.clientHeight && sizeOf(log) === size) there = log.scrollTop > end(log) - NEAR;
  });
  new ResizeObserver(() => {
    size = sizeOf(log);
    if (log.clientHeight && there && wanted()) toEnd(log);
  }).observe(log);
}

/** Own bubbles that the bot has not acknowledged are grey: the real line once it is there, else one of our own. */
function own(lines, view) {
  const shown = lines.map((line) => (line.feedback ? { ...line, by: view.me } : { ...line })); // who presses its thumbs
  for (const sent of view.pending) {
    const real = shown.find((line) => line.who === view.me && !sent.before.has(line.id) && line.text.endsWith(sent.text));
    if (real) real.pending = true;
    else shown.push({ id: `p:${sent.number}`, at: sent.at, who: view.me, name: "", side: "me", text: sent.text, pending: true });
  }
  return shown;
}

function build(item, view) {
  if (item.empty) return h("div", { class: "empty" }, h("p", {}, item.empty.text), item.empty.action ? emptyButton(item.empty, view) : null);
  if (item.time) return h("p", { class: "time" }, item.first ? `${view.times.day(item.time)} ${view.times.minute(item.time)}` : view.times.minute(item.time));
  if (item.side === "system") return h("p", { class: "notice", dataset: { bubble: "system" } }, item.text);
  return bubble(item, view);
}

function emptyButton(empty, view) {
  return h("button", { type: "button", class: "ghost", dataset: { action: empty.name }, on: { click: () => view.act(empty.action) } }, empty.label);
}

function bubble(line, view) {
  const mine = line.who === view.me;
  const kind = mine ? "me" : line.side === "bot" ? "bot" : "human";
  const head = mine ? null : h("span", { class: "who" }, line.name, line.side === "bot" ? h("b", { class: "badge" }, line.badge) : null,
    line.side === "colleague" && view.staff ? h("b", { class: "badge staff" }, "顾问") : null);
  const classes = ["line", kind, line.pending ? "pending" : "", line.tag === "每周内容" ? "post" : ""].join(" ");
  return h("div", { class: classes.trim(), dataset: { bubble: kind, side: line.side }, title: view.times.moment(new Date(line.at)) },
    avatar(line.who, mine ? view.name : line.name, line.side),
    h("div", { class: "said" }, head, h("div", { class: "bubble" }, line.tag ? h("span", { class: "tag" }, line.tag) : null, content(line, view)),
      line.feedback && !line.growing ? thumbs(line, view) : null,
      line.pending ? h("span", { class: "sending" }, "发送中…") : null));
}

/** Below an AI bot's bubble; pressing the one that is set takes it back, as in the client. */
function thumbs(line, view) {
  const rate = (kind) => view.act({ action: "aibot_rates", employee: line.by, group: view.group ?? "", bot: line.bot, feedback: line.feedback, kind: line.rated === kind ? 3 : kind });
  const thumb = (kind, words) => h("button", { type: "button", "aria-pressed": String(line.rated === kind), dataset: { action: "thumb", kind: String(kind) }, on: { click: () => rate(kind) } }, words);
  return h("span", { class: "thumbs" }, thumb(1, "有用"), thumb(2, "没用"));
}

function content(line, view) {
  if (line.format === "card") return card(line.card, view);
  if (line.format === "menu") return menu(line.menu, view);
  if (line.format === "picture") return h("img", { class: "picture", src: `media/${line.media}`, alt: line.text });
  if (line.growing && !line.text) return h("span", { class: "typing", role: "img", "aria-label": "正在输入" }, h("i"), h("i"), h("i"));
  if (line.format === "markdown") return h("div", { class: `md${line.growing ? " growing" : ""}` }, markdown(line.text));
  return h("div", { class: "plain" }, linked(line.text));
}

/** Plain text keeps its line breaks; only addresses become links, as in the real clients. */
function linked(text) {
  return text.split(/(https?:\/\/[^\s，。；：！？）》]+)/).map((piece, place) => (place % 2 ? inline(piece) : piece));
}

function card(it, view) {
  const press = (button) => view.act({ action: "employee_clicks", employee: view.me, task: it.task, key: button.key });
  const buttons = it.replaced
    ? h("button", { type: "button", disabled: true }, it.replaced)
    : it.buttons.map((one) => h("button", { type: "button", dataset: { action: "card" }, on: { click: () => press(one) } }, one.text));
  return h("div", { class: "card" }, h("strong", {}, it.title), it.note ? h("p", { class: "card-note" }, it.note) : null,
    it.text ? h("p", { class: "plain" }, it.text) : null,
    it.rows.length ? h("dl", {}, it.rows.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])) : null,
    it.buttons.length || it.replaced ? h("div", { class: "card-buttons" }, buttons) : null);
}

function menu(it, view) {
  const press = (one) => view.act({ action: "customer_says", customer: view.me, text: one.text, menu_id: one.id });
  return h("div", { class: "menu" }, it.head ? h("p", { class: "plain" }, linked(it.head)) : null,
    it.entries.map((one) => one.kind === "click"
      ? h("button", { type: "button", dataset: { action: "menu" }, on: { click: () => press(one) } }, one.text)
      : h("p", {}, one.text)),
    it.tail ? h("p", { class: "plain" }, it.tail) : null);
}
