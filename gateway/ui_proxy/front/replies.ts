import type { ServerResponse } from "node:http";
import type { Door } from "../upstream/mod.ts";
import { canTakeOver, doorText } from "../upstream/door_text.ts";
import type { HeaderField } from "../device_headers.ts";
import type { HeaderFields } from "../request_head.ts";
import type { UiProxyWorkerConfig } from "../worker_config.ts";
import { DOOR_HEADERS, type DoorPage, languageOf, lineOf, readsPages, renderDoor } from "./door_page.ts";
import { sendText } from "./exchange.ts";
import { type FrontText, frontText, LABELS } from "./front_texts.ts";

/** What a reply is made for. */
export interface ReplyTo {
  readonly response: ServerResponse;
  /** Absent: the head was refused. */
  readonly fields?: HeaderFields;
  readonly method?: string;
  readonly config: UiProxyWorkerConfig;
}

/** How a page of ours is sent. */
export interface ReplyOptions {
  readonly status: number;
  readonly rule?: string;
  readonly facts?: Readonly<Record<string, string>>;
  readonly shown?: NonNullable<DoorPage["facts"]>;
  readonly acts?: NonNullable<DoorPage["acts"]>;
  readonly goesTo?: string;
  readonly headers?: readonly HeaderField[];
  /** The rest of the request is not read: no other may follow on this connection. */
  readonly closes?: boolean;
}

const NO_FIELDS: HeaderFields = new Map();

/** Sends one of the gateway's own pages, in the reader's language; scripts and tools get one line. */
export function replyWith(to: ReplyTo, name: FrontText, options: ReplyOptions): void {
  const language = languageOf(to.fields ?? NO_FIELDS);
  sendPage(to, { ...frontText(name, language, options.facts), ...options, facts: options.shown ?? [] }, options);
}

/** Sends the page of a door of the device's side; `mayTake` offers to take the device over. */
export function replyWithDoor(to: ReplyTo, door: Door, mayTake: boolean): void {
  const language = languageOf(to.fields ?? NO_FIELDS), labels = LABELS[language];
  const acts = mayTake && canTakeOver(door) ? [{ label: labels.takeOver, post: "/.gw/take-over" }] : [];
  sendPage(to, { ...doorText(door, language), status: door.status, rule: door.rule, acts }, {
    status: door.status,
    closes: true,
  });
}

function sendPage(to: ReplyTo, page: DoorPage, options: ReplyOptions): void {
  const { response, config, method } = to, fields = to.fields ?? NO_FIELDS;
  const { siteName, consoleOrigin, contact } = config;
  const isPage = readsPages(fields);
  const text = isPage
    ? renderDoor(page, { language: languageOf(fields), siteName, consoleOrigin, contact })
    : lineOf(page);
  const type = isPage ? "text/html; charset=utf-8" : "text/plain; charset=utf-8";
  const close: readonly HeaderField[] = options.closes ? [["connection", "close"]] : [];
  sendText(response, options.status, [...DOOR_HEADERS, ...close, ...options.headers ?? []], {
    type,
    text,
    isHead: method === "HEAD",
  });
}
