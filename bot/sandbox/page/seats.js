// The four seats: who sits there, what they see, what they may say first.

import { avatar, follow, showChat, toEnd } from "./chat.js";
import { find, h, keyed } from "./dom.js";

const CHIPS = {
  member: ["小客厅沙发买多大？", "6 个月宝宝怎么加辅食？", "火星上怎么种土豆？", "转人工", "退订"],
  group: ["小客厅沙发买多大？", "宝宝频繁夜醒怎么办？", "布艺沙发怎么清洗？"],
  operator: ["/help", "/status", "/gaps", "/plan", "/push 1", "/handoffs"],
  notes: ["/handoffs", "/help"],
  consultant: ["您好，我是顾问，正在看您的问题。", "请稍等，我核实一下。"],
};
const STATES = {
  new: ["bot", "机器人接待"],
  bot: ["bot", "机器人接待"],
  waiting: ["waiting", "等待接入"],
  human: ["human", "顾问接待中"],
  ended: ["idle", "会话已结束"],
};

const seat = (name) => find(`[data-seat="${name}"]`);
const part = (name, selector) => find(selector, seat(name));

export class Seats {
  /** `act(fields, said)` carries an action out; `said` tells which bubble to show at once. `ui` is what is selected. */
  constructor(ui, act, changed) {
    this.ui = ui;
    this.act = act;
    this.changed = changed;
    for (const name of Object.keys(this._talks())) {
      this._composer(name);
      follow(part(name, "[data-log]"), () => part(name, "[data-log]").dataset.chat !== "tasks");
    }
    this._tabs("operator", "operatorView");
    this._tabs("consultant", "consultantView");
    this._pick("group", "group", "group");
    this._pick("operator", "employee", "operator");
    this._pick("consultant", "servicer", "servicer");
    part("consultant", '[data-action="duty"]').addEventListener("click", () => this._duty());
  }

  show(state, times, pending) {
    this.state = state;
    this.times = times;
    this.pending = pending;
    this._choose();
    this._member();
    this._group();
    this._operator();
    this._consultant();
  }

  // ---- what is selected

  _choose() {
    const { state, ui } = this;
    const keep = (name, rows, first) => {
      if (!rows.some((one) => one.id === ui[name])) ui[name] = first ?? rows[0]?.id ?? "";
    };
    keep("customer", state.customers);
    keep("group", state.groups);
    keep("operator", state.employees, state.operator);
    keep("servicer", state.servicers);
    this.group = state.groups.find((one) => one.id === ui.group);
    keep("speaker", this.group.members);
    keep("session", this._sessions());
  }

  _sessions() {
    const order = { waiting: 0, human: 1, new: 2, bot: 2, ended: 3 };
    return this.state.customers.filter((one) => one.chat.length).sort((a, b) => order[a.state] - order[b.state]);
  }

  _select(name, value) {
    this.ui[name] = value;
    this.changed();
  }

  _one(rows, id) {
    return this.state[rows].find((one) => one.id === id);
  }

  // ---- the seats

  _member() {
    const customer = this._one("customers", this.ui.customer);
    const [tint, words] = STATES[customer.state];
    const pill = part("member", "[data-pill]");
    pill.dataset.pill = tint;
    pill.textContent = customer.state === "human" ? `${customer.servicer_name}接待中` : customer.chat.length ? words : "会话未开始";
    this._people("customer", this.state.customers, "customer");
    this._chat("member", `k/${customer.id}`, customer.chat, customer, {
      staff: true,
      empty: { text: `${customer.name}还没有打开过会话。`, label: "打开会话", name: "enter", action: { action: "customer_enters", customer: customer.id } },
    });
    this._ready("member", CHIPS.member, `以${customer.name}的身份发消息`);
  }

  _group() {
    this._options("group", "group", this.state.groups, this.ui.group);
    this._people("group", this.group.members, "speaker", this.group.open);
    const speaker = this.group.members.find((one) => one.id === this.ui.speaker);
    const empty = { text: this.group.open ? "在群里提问会自动 @机器人。每周内容也会出现在这里。" : "客户群里机器人不说话，每周内容由同事确认后群发。" };
    this._chat("group", `g/${this.group.id}`, this.group.chat, this.group.open ? speaker : { id: "", name: "" }, { empty, group: this.group.id });
    this._ready("group", this.group.open ? CHIPS.group : [], this.group.open ? `以${speaker.name}的身份 @机器人` : "客户群只能由同事群发", this.group.open);
  }

  _operator() {
    const { ui, state } = this;
    const me = this._one("employees", ui.operator);
    const waiting = state.tasks.filter((one) => one.state === "waiting").length;
    this._options("operator", "employee", state.employees, ui.operator);
    this._count("operator", "tasks", waiting);
    this._mark("operator", ui.operatorView);
    const composer = part("operator", ".composer");
    composer.hidden = ui.operatorView === "tasks";
    if (ui.operatorView === "tasks") return this._tasks();
    const app = ui.operatorView === "app";
    const empty = { text: app ? "给应用发 /help，看看能做什么。" : "和 AI 机器人单独说话，也可以发指令。" };
    this._chat("operator", `${app ? "a" : "s"}/${me.id}`, app ? me.app : me.aibot, me, { empty });
    return this._ready("operator", CHIPS.operator, app ? `以${me.name}的身份发给应用` : `以${me.name}的身份和 AI 机器人单聊`);
  }

  _tasks() {
    const log = part("operator", "[data-log]");
    const items = [...this.state.tasks].reverse();
    const opened = log.dataset.chat !== "tasks";
    log.dataset.chat = "tasks";
    if (!items.length) items.push({ id: "empty", sender: "", state: "none" });
    keyed(log, items, (one) => `task/${one.id}/${one.sender}`, (one) => (one.state === "none" ? h("div", { class: "empty" }, h("p", {}, "没有要确认的群发。每周内容发往客户群时，会先在这里等同事确认。")) : this._task(one)));
    if (opened) log.scrollTop = 0; // the newest stands first
  }

  _task(one) {
    const states = { sent: "已发送", cancelled: "已取消" };
    const send = { action: "confirm_mass_task", sender: one.sender, task: one.id };
    const foot = one.state === "waiting"
      ? h("button", { type: "button", class: "primary", dataset: { action: "confirm" }, on: { click: () => this.act(send) } }, `以${one.sender_name}的身份发送`)
      : h("span", { class: "task-state" }, states[one.state]);
    return h("article", { class: "task", dataset: { task: one.state } },
      h("header", {}, h("strong", {}, `群发给 ${one.to.join("、")}`), h("time", {}, this.times.moment(new Date(one.at)))),
      h("p", { class: "plain" }, one.text), h("footer", {}, foot));
  }

  _consultant() {
    const { ui, state } = this;
    const me = this._one("servicers", ui.servicer);
    const sessions = this._sessions();
    const seated = this._one("employees", me.id);
    const notes = seated?.app ?? [];
    const duty = part("consultant", '[data-action="duty"]');
    duty.setAttribute("aria-checked", String(me.receiving));
    find("span", duty).textContent = me.receiving ? "接待中" : "已暂停";
    this._options("consultant", "servicer", state.servicers, ui.servicer);
    this._count("consultant", "waiting", sessions.filter((one) => one.state === "waiting").length);
    this._count("consultant", "notes", this._unread(me.id, notes));
    this._mark("consultant", ui.consultantView);
    const list = part("consultant", "[data-sessions]");
    list.hidden = ui.consultantView === "notes" || !sessions.length;
    if (ui.consultantView === "notes") {
      this._chat("consultant", `a/${me.id}`, notes, me, { empty: { text: "转人工的提醒会出现在这里。" } });
      return this._ready("consultant", CHIPS.notes, `以${me.name}的身份发给应用`);
    }
    keyed(list, sessions.map((one) => this._brief(one)), (one) => one.id, (one) => this._session(one, me));
    return this._serve(sessions.find((one) => one.id === ui.session), me);
  }

  _serve(customer, me) {
    const empty = { text: "还没有客户会话。让客户说一句“转人工”试试。" };
    const shown = customer ?? { id: "", chat: [], name: "" };
    this._chat("consultant", `c/${me.id}/${shown.id}`, shown.chat, me, { empty });
    const words = customer ? `回复${customer.name}${customer.state === "human" && customer.servicer === me.id ? "" : "（开口即接手）"}` : "先等一位客户";
    this._ready("consultant", customer ? CHIPS.consultant : [], words, Boolean(customer));
  }

  _brief(one) {
    const last = [...one.chat].reverse().find((line) => line.side !== "system");
    return { id: one.id, name: one.name, state: one.state, servicer: one.servicer, by: one.servicer_name, last: last?.text ?? "", chosen: one.id === this.ui.session, me: this.ui.servicer };
  }

  _session(one, me) {
    const [tint, words] = STATES[one.state];
    const mine = one.state === "human" && one.servicer === me.id;
    const can = (action, label, name) => h("button", { type: "button", dataset: { action, customer: one.id }, "aria-label": `${label}：${one.name}`, on: { click: () => this.act({ action: name, servicer: me.id, customer: one.id }) } }, label);
    return h("li", { class: `session${one.chosen ? " chosen" : ""}` },
      h("button", { type: "button", class: "session-open", "aria-pressed": String(one.chosen), dataset: { session: one.id }, on: { click: () => this._select("session", one.id) } },
        avatar(one.id, one.name, "customer"),
        h("span", { class: "session-text" }, h("span", {}, h("strong", {}, one.name), h("em", { class: "pill", dataset: { pill: tint } }, one.state === "human" ? `${one.by}接待` : words)), h("small", {}, one.last))),
      one.state !== "ended" && !mine ? can("take", "接入", "servicer_takes") : null,
      mine ? can("end", "结束会话", "servicer_ends") : null);
  }

  /** How many lines of the app this consultant has not looked at. */
  _unread(servicer, notes) {
    if (this.ui.consultantView === "notes") this.ui.read[servicer] = notes.length;
    return Math.max(0, notes.length - (this.ui.read[servicer] ?? 0));
  }

  _duty() {
    const me = this._one("servicers", this.ui.servicer);
    this.act({ action: "servicer_on_duty", servicer: me.id, receiving: !me.receiving });
  }

  // ---- what the seats share

  _chat(name, chat, lines, me, more) {
    const log = part(name, "[data-log]");
    const act = (fields) => this.act(fields);
    const pending = this.pending.filter((one) => one.chat === chat);
    this.shown = { ...this.shown, [name]: { chat, lines, me } };
    showChat(log, lines, { chat, me: me.id, name: me.name, times: this.times, pending, act, ...more });
  }

  _ready(name, chips, hint, open = true) {
    const input = part(name, "[data-input]");
    input.placeholder = hint;
    input.disabled = !open;
    find("[data-action=send]", input.form).disabled = !open;
    keyed(part(name, "[data-chips]"), chips.map((text) => ({ text })), (one) => one.text, ({ text }) => h("button", { type: "button", class: "chip", dataset: { chip: text }, on: { click: () => this._say(name, text) } }, text));
  }

  _talks() {
    const { ui } = this;
    return {
      member: () => ({ action: "customer_says", customer: ui.customer }),
      group: () => ({ action: "aibot_says", employee: ui.speaker, group: ui.group }),
      operator: () => (ui.operatorView === "app" ? { action: "employee_says", employee: ui.operator } : { action: "aibot_says", employee: ui.operator }),
      consultant: () => (ui.consultantView === "notes" ? { action: "employee_says", employee: ui.servicer } : { action: "servicer_says", servicer: ui.servicer, customer: ui.session }),
    };
  }

  async _say(name, text) {
    const { chat, lines, me } = this.shown[name];
    const said = { chat, text, me: me.id, before: new Set(lines.map((line) => line.id)) };
    const log = part(name, "[data-log]");
    const done = this.act({ ...this._talks()[name](), text }, said);
    toEnd(log);
    return done;
  }

  _composer(name) {
    const form = find(`[data-form="${name}"]`);
    const input = find("textarea", form);
    const grow = () => {
      input.style.height = "auto";
      input.style.height = `${Math.min(input.scrollHeight + 2, 96)}px`; // and its border
    };
    input.addEventListener("input", grow);
    input.addEventListener("keydown", (event) => {
      // Enter also ends a word in a Chinese input method: that one must not send.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = input.value.trim();
      if (!text || !this.shown?.[name]) return;
      input.value = "";
      grow();
      this._say(name, text);
    });
  }

  _people(box, rows, chosen, open = true) {
    const id = this.ui[chosen];
    const items = rows.map((one) => ({ id: one.id, name: one.name, open, chosen: open && one.id === id }));
    keyed(find(`[data-people="${box}"]`), items, (one) => one.id, (one) => h("button", { type: "button", role: "radio", "aria-checked": String(one.chosen), disabled: !one.open, dataset: { person: one.id }, on: { click: () => this._select(chosen, one.id) } }, avatar(one.id, one.name, "human"), one.name));
  }

  _options(name, pick, rows, chosen) {
    const select = part(name, `[data-pick="${pick}"]`);
    keyed(select, rows.map((one) => ({ id: one.id, name: one.name })), (one) => one.id, (one) => h("option", { value: one.id }, one.name));
    select.value = chosen;
  }

  _pick(name, pick, chosen) {
    part(name, `[data-pick="${pick}"]`).addEventListener("change", (event) => this._select(chosen, event.target.value));
  }

  _tabs(name, view) {
    for (const tab of seat(name).querySelectorAll("[data-view]")) tab.addEventListener("click", () => this._select(view, tab.dataset.view));
    arrows(part(name, "[role=tablist]"));
  }

  _mark(name, view) {
    for (const tab of seat(name).querySelectorAll("[data-view]")) {
      tab.setAttribute("aria-selected", String(tab.dataset.view === view));
      tab.tabIndex = tab.dataset.view === view ? 0 : -1;
    }
  }

  _count(name, what, number) {
    const box = part(name, `[data-count="${what}"]`);
    box.textContent = number || "";
    box.hidden = !number;
  }
}

/** Arrow keys move between the buttons of a list of tabs or radios. */
export function arrows(list) {
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const buttons = [...list.querySelectorAll("button")];
    const next = buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length];
    event.preventDefault();
    next.focus();
    next.click();
  });
}
