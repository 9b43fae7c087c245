// The wire: every request and answer between WeCom and the bot.

import { find, h, keyed } from "./dom.js";

const KEPT = 500;
const MEANING = {
  kf_msg_or_event: "客服有新消息",
  template_card_event: "点了卡片",
  stream: "取流式回复",
  text: "文字消息",
  verify: "校验地址",
  enter_chat: "打开单聊",
  feedback_event: "评价回答",
  change_external_contact: "客户变更",
  change_external_chat: "客户群变更",
  gettoken: "取凭证",
  "kf/sync_msg": "拉取客服消息",
  "kf/send_msg": "发客服消息",
  "kf/send_msg_on_event": "发事件回复",
  "kf/service_state/get": "查会话状态",
  "kf/service_state/trans": "转会话",
  "kf/servicer/list": "查接待人员",
  "kf/account/list": "查客服账号",
  "kf/customer/batchget": "查客户资料",
  "message/send": "发应用消息",
  "message/update_template_card": "更新卡片",
  "message/recall": "撤回应用消息",
  "webhook/send": "群机器人发消息",
  "aibot/response": "AI 机器人主动回复",
  "externalcontact/add_msg_template": "建群发任务",
  "externalcontact/get_groupmsg_task": "查群发任务",
  "externalcontact/get_groupmsg_send_result": "查群发结果",
  "externalcontact/remind_groupmsg_send": "提醒群发",
  "externalcontact/cancel_groupmsg_send": "停止群发",
  "externalcontact/groupchat/list": "查客户群",
  "externalcontact/groupchat/get": "查客户群",
  "user/get": "查成员",
  "ws/ping": "长连接心跳",
  "ws/aibot_subscribe": "长连接订阅",
  "ws/aibot_msg_callback": "长连接消息",
  "ws/aibot_event_callback": "长连接事件",
  "ws/aibot_respond_msg": "长连接回复",
  "ws/aibot_send_msg": "长连接主动发送",
};

export const wrong = (row) => row.errcode !== 0 || (row.status !== 200 && row.status !== 101) || Boolean(row.note);

export class WireView {
  constructor(ui) {
    this.ui = ui;
    this.rows = [];
    this.list = find("[data-wire-list]");
    this.detail = find("[data-wire-detail]");
    for (const button of document.querySelectorAll("[data-filter]")) button.addEventListener("click", () => this._filter(button.dataset.filter));
    find('[data-action="wire"]').addEventListener("click", () => this._toggle());
    this._fold();
  }

  /** The number above which the next snapshot's rows are wanted. */
  get newest() {
    return this.rows.at(-1)?.number ?? 0;
  }

  show(wire, times) {
    const known = this.newest;
    this.rows = [...this.rows, ...wire.rows.filter((row) => row.number > known)].slice(-KEPT);
    this.times = times;
    this.count = wire.count;
    this._render();
  }

  _render() {
    const { filter } = this.ui;
    const fits = (row) => filter === "all" || row.direction === filter || (filter === "wrong" && wrong(row));
    const items = this.rows.filter(fits).reverse().map((row) => ({ ...row, request: null, response: null, chosen: row.number === this.chosen }));
    if (!items.length) items.push({ number: 0 });
    keyed(this.list, items, (row) => String(row.number), (row) => (row.number ? this._row(row) : h("li", { class: "wire-empty" }, "还没有记录。")));
    find("[data-wire-count]").textContent = `共 ${this.count} 条`;
    for (const button of document.querySelectorAll("[data-filter]")) button.setAttribute("aria-checked", String(button.dataset.filter === filter));
    if (!this.chosen && !this.detail.firstChild) this.detail.append(hint());
  }

  _row(row) {
    const callback = row.direction === "to_bot";
    return h("li", {},
      h("button", { type: "button", class: "wire-row", "aria-expanded": String(row.chosen), dataset: { wire: String(row.number), direction: row.direction, what: row.what }, on: { click: () => this._choose(row.number) } },
        h("time", {}, this.times.second(new Date(row.at))),
        h("span", { class: `arrow ${callback ? "in" : "out"}` }, callback ? "回调 →" : "← 接口"),
        h("code", {}, row.what), h("span", { class: "meaning" }, MEANING[row.what] ?? ""), this._verdict(row)));
  }

  _verdict(row) {
    if (row.status === 0) return h("b", { class: "verdict bad" }, "无应答");
    if (row.status !== 200) return h("b", { class: "verdict bad" }, `HTTP ${row.status}`);
    if (row.errcode) return h("b", { class: "verdict bad" }, String(row.errcode));
    if (row.note) return h("b", { class: "verdict odd" }, row.note);
    return h("b", { class: "verdict" }, row.direction === "to_bot" ? "200" : "ok");
  }

  _choose(number) {
    this.chosen = this.chosen === number ? 0 : number;
    const row = this.rows.find((one) => one.number === this.chosen);
    this.detail.replaceChildren(...(row ? this._open(row) : [hint()]));
    this.detail.scrollTop = 0;
    this._render();
  }

  _open(row) {
    const head = h("p", { class: "wire-title" }, h("code", {}, row.what), ` 第 ${row.number} 条 · ${this.times.day(new Date(row.at))} ${this.times.second(new Date(row.at))} · HTTP ${row.status}`, row.note ? ` · ${row.note}` : "");
    const from = row.direction === "to_bot" ? ["企业微信发来", "机器人应答"] : ["机器人请求", "企业微信应答"];
    return [head, h("div", { class: "wire-pair" }, [[from[0], row.request], [from[1], row.response]].map(([label, value]) => h("section", {}, h("h3", {}, label), h("pre", {}, pretty(value)))))];
  }

  _filter(filter) {
    this.ui.filter = filter;
    this._render();
  }

  _toggle() {
    this.ui.folded = !this.ui.folded;
    this._fold();
  }

  _fold() {
    find("[data-drawer]").classList.toggle("folded", this.ui.folded);
    find('[data-action="wire"]').setAttribute("aria-expanded", String(!this.ui.folded));
  }
}

function hint() {
  const steps = [
    ["客户", "点一个问题，看机器人怎样引用指南回答，不知道时怎样说不知道。"],
    ["转人工", "让客户说“转人工”，再到顾问席接入、回复、结束会话。"],
    ["快进", "点“到下一次推送”，看每周内容怎样到群里，运营怎样确认群发。"],
    ["线路", "左边选一条记录，这里看它的请求和应答。"],
  ];
  return h("dl", { class: "wire-hint" }, steps.map(([name, words]) => [h("dt", {}, name), h("dd", {}, words)]));
}

const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi;

/** JSON with its keys, strings and numbers told apart. */
function pretty(value) {
  if (value === null || value === "") return h("span", { class: "j-null" }, "（空）");
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  if (typeof value === "string") return text;
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(TOKEN)) {
    const kind = found[2] ? "j-key" : found[1] ? "j-text" : "j-number";
    nodes.push(text.slice(end, found.index), h("span", { class: kind }, found[1] ?? found[0]), found[2] ?? "");
    end = found.index + found[0].length;
  }
  return [...nodes, text.slice(end)];
}
