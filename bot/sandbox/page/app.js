// The page's pulse: fetch the state, draw it, send what people do.

import { find, h, Times } from "./dom.js";
import { arrows, Seats } from "./seats.js";
import { WireView } from "./wire.js";

const SAVED = "fencun-sandbox";

/** What is selected on this page. All the rest lives on the server and survives a reload by itself. */
function savedUi() {
  const fresh = { tab: "member", operatorView: "app", consultantView: "sessions", filter: "all", folded: false, read: {} };
  try {
    return { ...fresh, ...JSON.parse(sessionStorage.getItem(SAVED) ?? "{}") };
  } catch {
    return fresh;
  }
}

class Page {
  constructor() {
    this.ui = savedUi();
    this.pending = [];
    this.sent = 0;
    this.told = null;
    this.wire = new WireView(this.ui);
    this.seats = new Seats(this.ui, (fields, said) => this.act(fields, said), () => this.draw());
    addEventListener("pagehide", () => sessionStorage.setItem(SAVED, JSON.stringify(this.ui)));
    this.jumps();
    this.seatTabs();
    setInterval(() => this.tick(), 500);
  }

  // ---- the state

  /** One request at a time: whoever asks while one is under way shares the next, which surely sees his change. */
  load() {
    this.queued ??= (this.loading ?? Promise.resolve()).then(() => {
      this.queued = null;
      this.loading = this.fetchState();
      return this.loading;
    });
    return this.queued;
  }

  async fetchState() {
    try {
      const answer = await fetch(`state?wire_after=${this.wire.newest}`);
      if (!answer.ok) throw new Error(String(answer.status));
      this.take(await answer.json());
    } catch {
      this.link("lost");
    }
  }

  take(state) {
    // A restarted sandbox counts from one again.
    if (state.wire.count < this.wire.newest) {
      this.wire.rows = [];
      this.told = null;
      this.load();
    }
    this.state = state;
    this.drift = new Date(state.now).getTime() - Date.now();
    if (this.times?.zone !== state.zone) this.times = new Times(state.zone, () => this.now());
    const newest = state.troubles.at(-1)?.number ?? 0;
    for (const one of state.troubles) if (this.told !== null && one.number > this.told) this.toast(one.text);
    this.told = newest;
    this.draw();
    document.documentElement.dataset.ready = "yes";
  }

  draw() {
    if (!this.state) return;
    this.seats.show(this.state, this.times, this.pending);
    this.wire.show(this.state.wire, this.times);
    this.tick();
  }

  now() {
    return new Date(Date.now() + this.drift);
  }

  tick() {
    if (!this.state) return;
    const now = this.now();
    const next = this.state.next_post ? new Date(this.state.next_post) : null;
    put('[data-clock="date"]', this.times.day(now));
    put('[data-clock="time"]', this.times.second(now));
    put('[data-clock="zone"]', this.state.zone);
    put('[data-clock="next"]', next ? this.times.moment(next) : "未安排");
    find('[data-action="jump-next"]').disabled = !next || this.jumping;
  }

  // ---- doing

  /** Carry out an action; with `said` its bubble shows at once, grey until the bot has it. */
  async act(fields, said) {
    const sent = said && { ...said, number: (this.sent += 1), at: this.now().toISOString() };
    if (sent) {
      this.pending.push(sent);
      this.draw();
    }
    const trouble = await this.post(fields);
    await this.load();
    if (sent) this.pending = this.pending.filter((one) => one !== sent);
    this.draw();
    if (trouble) this.toast(trouble);
  }

  async post(fields) {
    try {
      const answer = await fetch("do", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(fields) });
      const { ok, message } = await answer.json();
      return ok ? "" : message;
    } catch {
      return "沙盒没有应答，请看看它是否在运行。";
    }
  }

  jumps() {
    const jumps = { "jump-hour": { action: "jump", hours: 1 }, "jump-day": { action: "jump", days: 1 }, "jump-next": { action: "next_post" } };
    for (const [name, fields] of Object.entries(jumps)) {
      find(`[data-action="${name}"]`).addEventListener("click", () => this.jump(fields));
    }
  }

  async jump(fields) {
    const buttons = document.querySelectorAll('[data-action^="jump-"]');
    this.jumping = true;
    for (const button of buttons) button.disabled = true;
    await this.act(fields);
    this.jumping = false;
    for (const button of buttons) button.disabled = false;
    this.tick();
  }

  // ---- around it

  toast(text) {
    const close = () => box.remove();
    const box = h("div", { class: "toast" }, h("span", {}, text), h("button", { type: "button", "aria-label": "知道了", on: { click: close } }, "×"));
    find("[data-toasts]").append(box);
    setTimeout(close, 6000);
  }

  /** On a narrow screen one seat shows at a time. */
  seatTabs() {
    const choose = (name) => {
      this.ui.tab = name;
      document.body.dataset.tab = name;
      for (const tab of document.querySelectorAll("[data-tab][role=tab]")) tab.setAttribute("aria-selected", String(tab.dataset.tab === name));
    };
    for (const tab of document.querySelectorAll("[data-tab][role=tab]")) tab.addEventListener("click", () => choose(tab.dataset.tab));
    choose(this.ui.tab);
    for (const list of document.querySelectorAll(".seat-tabs, .segments, .people")) arrows(list);
  }

  link(state) {
    const words = { open: "已连接", lost: "重连中", waiting: "连接中" };
    const box = find("[data-link]");
    box.dataset.link = state;
    put("[data-link]", words[state]);
  }

  listen() {
    const events = new EventSource("events");
    events.addEventListener("open", () => {
      this.link("open");
      this.load();
    });
    events.addEventListener("tick", () => this.load());
    events.addEventListener("error", () => this.link("lost"));
  }
}

function put(selector, text) {
  const box = find(selector);
  if (box.textContent !== text) box.textContent = text;
}

const page = new Page();
page.load();
page.listen();
