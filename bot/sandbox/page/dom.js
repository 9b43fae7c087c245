// Building and updating the page. Data only ever becomes text nodes and attributes, never markup.

/** An element: `props` may hold class, dataset, on (listeners), and any attribute; false and null leave one out. */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "class") node.className = value;
    else if (name === "dataset") Object.assign(node.dataset, value);
    else if (name === "on") for (const [type, listen] of Object.entries(value)) node.addEventListener(type, listen);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== false && one !== ""));
  return node;
}

export const find = (selector, root = document) => root.querySelector(selector);

/** Show `items` in `box`, keeping every node whose item did not change. Returns whether anything did. */
export function keyed(box, items, keyOf, build) {
  const old = new Map([...box.children].map((node) => [node.dataset.key, node]));
  let changed = false;
  items.forEach((item, place) => {
    const key = keyOf(item);
    const print = JSON.stringify(item);
    let node = old.get(key);
    if (!node || node.print !== print) {
      const made = build(item);
      made.dataset.key = key;
      made.print = print;
      if (node) swap(node, made);
      node = made;
      changed = true;
    }
    old.delete(key);
    if (box.children[place] !== node) box.insertBefore(node, box.children[place] ?? null);
  });
  for (const node of old.values()) {
    node.remove();
    changed = true;
  }
  return changed;
}

/** Put `made` in the place of `node`; the keyboard's focus stays on the same button. */
function swap(node, made) {
  const buttons = (root) => [root, ...root.querySelectorAll("button, a")];
  const focus = buttons(node).indexOf(document.activeElement);
  node.replaceWith(made);
  buttons(made)[focus]?.focus();
}

/** Times as people in the tenant's zone read them. */
export class Times {
  /** `now` tells the sandbox's time. */
  constructor(zone, now) {
    const format = (options) => new Intl.DateTimeFormat("zh-CN", { timeZone: zone, hourCycle: "h23", ...options });
    this.zone = zone;
    this.now = now;
    this._day = format({ month: "long", day: "numeric" });
    this._week = format({ weekday: "short" });
    this._minute = format({ hour: "2-digit", minute: "2-digit" });
    this._second = format({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
  }

  day(at) {
    return `${this._day.format(at)} ${this._week.format(at)}`;
  }

  minute(at) {
    return this._minute.format(at);
  }

  second(at) {
    return this._second.format(at);
  }

  /** A day is named only where it is another one than today. */
  moment(at) {
    const day = this.day(at);
    return day === this.day(this.now()) ? this.minute(at) : `${day} ${this.minute(at)}`;
  }
}
