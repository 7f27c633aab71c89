import { createHash } from "node:crypto";
import geist from "@fontsource-variable/geist/files/geist-latin-wght-normal.woff2" with { type: "bytes" };
import geistMono from "@fontsource-variable/geist-mono/files/geist-mono-latin-wght-normal.woff2" with {
  type: "bytes",
};
import htmxSse from "htmx-ext-sse/dist/sse.min.js" with { type: "text" };
import htmx from "htmx.org/dist/htmx.min.js" with { type: "text" };
import base from "./css/base.css" with { type: "text" };
import commissioningCss from "./css/commissioning.css" with { type: "text" };
import forms from "./css/forms.css" with { type: "text" };
import layout from "./css/layout.css" with { type: "text" };
import parts from "./css/parts.css" with { type: "text" };
import planCss from "./css/plan.css" with { type: "text" };
import print from "./css/print.css" with { type: "text" };
import tokens from "./css/tokens.css" with { type: "text" };
import { MARK_SVG } from "./mark.ts";
import commissioning from "./js/commissioning.js" with { type: "text" };
import idle from "./js/idle.js" with { type: "text" };
import live from "./js/live.js" with { type: "text" };
import passkey from "./js/passkey.js" with { type: "text" };
import plan from "./js/plan.js" with { type: "text" };

/** One file that browsers load. It came in with the code of the Worker, which may read no file. */
export interface Asset {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Names these very bytes. */
  readonly tag: string;
}

const CSS = "text/css; charset=utf-8";
const SCRIPT = "text/javascript; charset=utf-8";
const FONT = "font/woff2";

/** All files below /assets/, by name. */
export const ASSETS: ReadonlyMap<string, Asset> = new Map([
  entry("console.css", CSS, [tokens, base, layout, parts, forms, planCss, commissioningCss, print].join("\n")),
  entry("console.js", SCRIPT, [idle, live, passkey, plan, commissioning].join("\n")),
  entry("geist-latin.woff2", FONT, geist),
  entry("geist-mono-latin.woff2", FONT, geistMono),
  entry("mark.svg", "image/svg+xml", MARK_SVG),
  entry("htmx.js", SCRIPT, `${htmx}\n${htmxSse}`),
]);

/** Path of an asset; it changes with its bytes, so browsers may keep it for ever. */
export const assetPath = (name: string): string => `/assets/${name}?v=${ASSETS.get(name)!.tag}`;

function entry(name: string, type: string, content: string | Uint8Array): [string, Asset] {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : new Uint8Array(content);
  return [name, { type, bytes, tag: createHash("sha256").update(bytes).digest("base64url").slice(0, 16) }];
}
