/**
 * The activity script in every page (EV-14): mouse and keyboard count, polling does not; it warns before the idle logout
 * and carries it out. The gateway keeps the deadline whatever happens here.
 */
const IDLE_JS = `(() => {
  "use strict";
  const { idleMs, warnMs, beatMs, person, station } = document.currentScript.dataset;
  const framed = top !== self; // old pages are made of frames: each tells of activity, the outermost shows and ends
  const german = /^de\\b/i.test(navigator.language || "");
  const words = german
    ? { warn: "Wegen Untätigkeit endet diese Sitzung in zwei Minuten.", stay: "Angemeldet bleiben", leave: "Sitzung beenden" }
    : { warn: "This session ends in two minutes because nothing happens.", stay: "Stay signed in", leave: "End session" };
  const limit = Number(idleMs), early = limit - Number(warnMs), every = Number(beatMs);
  let active = Date.now(), told = Date.now(), moved = false, over = false;
  const channel = new BroadcastChannel("bulkhead-device-activity");

  const post = (path) => fetch(path, { method: "POST", credentials: "same-origin", cache: "no-store" });
  const leave = async (why) => {
    if (over) return;
    over = true;
    try { await post("/.gw/leave"); } catch (_away) { /* the gateway ends it by itself */ }
    location.replace("/.gw/ended?why=" + why);
  };
  const beat = async () => {
    if (!moved || over) return;
    moved = false;
    told = Date.now();
    channel.postMessage(told);
    show(false);
    try {
      const answer = await post("/.gw/beat");
      if (answer.status === 401) { over = true; location.replace("/.gw/ended?why=ended"); }
    } catch (_away) { moved = true; }
  };
  const note = () => { moved = true; active = Date.now(); if (active - told >= every) beat(); };
  channel.onmessage = ({ data }) => { active = Math.max(active, Number(data) || 0); show(false); };
  for (const kind of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"]) {
    addEventListener(kind, note, { passive: true, capture: true });
  }

  let bar, warning;
  const build = () => {
    const host = document.createElement("bulkhead-session");
    const root = host.attachShadow({ mode: "closed" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(":host{all:initial;position:fixed;right:8px;bottom:8px;z-index:2147483647}" +
      "div{font:14px/1.4 system-ui,sans-serif;color:#fff;background:#1c2733;border-radius:6px;padding:6px 10px;" +
      "box-shadow:0 1px 6px #0006;display:flex;gap:10px;align-items:center}" +
      "[hidden]{display:none}button{font:inherit;color:#fff;background:#34495e;border:1px solid #7f8c9a;" +
      "border-radius:4px;padding:4px 10px;cursor:pointer;min-height:32px}button:focus-visible{outline:2px solid #fff}");
    root.adoptedStyleSheets = [sheet];
    const line = document.createElement("div");
    line.setAttribute("role", "status");
    warning = document.createElement("span");
    warning.hidden = true;
    warning.textContent = words.warn;
    const who = document.createElement("span");
    who.textContent = person + " @ " + station;
    bar = document.createElement("button");
    bar.type = "button";
    bar.textContent = words.stay;
    bar.hidden = true;
    bar.onclick = () => { note(); beat(); };
    const end = document.createElement("button");
    end.type = "button";
    end.textContent = words.leave;
    end.onclick = () => leave("left");
    line.append(warning, who, bar, end);
    root.append(line);
    document.documentElement.append(host);
  };
  const show = (on) => { if (bar) { bar.hidden = !on; warning.hidden = !on; } };
  if (framed) { /* nothing to show */ }
  else if (document.readyState === "loading") addEventListener("DOMContentLoaded", build);
  else build();
  setInterval(() => {
    const quiet = Date.now() - active;
    if (quiet >= limit && !framed) leave("idle");
    else if (quiet >= early) show(true);
    else if (moved && Date.now() - told >= every) beat();
  }, 1000);
})();
`;

const DOOR_CSS = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{margin:0 auto;max-width:40rem;padding:2rem 1rem}
h1{font-size:1.4rem;line-height:1.3;margin:0 0 1rem}
p{margin:0 0 1rem}
small,dt{color:#5b6775}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:0 0 1.5rem}
dd{margin:0;overflow-wrap:anywhere}
a{color:#0b5cad}
form{display:inline}
button,.button{font:inherit;display:inline-block;background:#0b5cad;color:#fff;border:0;border-radius:6px;padding:.6rem 1rem;margin:0 .5rem .5rem 0;text-decoration:none;cursor:pointer;min-height:44px;box-sizing:border-box}
button:focus-visible,a:focus-visible{outline:3px solid #f0a202;outline-offset:2px}
.quiet{background:transparent;color:inherit;border:1px solid #5b6775}
@media(prefers-color-scheme:dark){small,dt{color:#a9b4c0}a{color:#8cc4ff}.button,button{background:#1f6fc0}}
`;

/** One file of the gateway's own on a page's origin. */
export interface FrontAsset {
  readonly type: string;
  readonly text: string;
}

/** Files below /.gw/ by name. */
export const FRONT_ASSETS: ReadonlyMap<string, FrontAsset> = new Map([
  ["idle.js", { type: "text/javascript; charset=utf-8", text: IDLE_JS }],
  ["door.css", { type: "text/css; charset=utf-8", text: DOOR_CSS }],
]);
