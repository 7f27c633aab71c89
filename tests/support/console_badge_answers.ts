import { OFFLINE_SETTINGS } from "../../policies/offline_settings.ts";
import type { Answers } from "./console_rig.ts";

const EXPOSURES = [
  { station: "CP001", exposure: "everybody", at: "2026-11-21T08:00:00.000Z" },
  { station: "CP003", exposure: "known", at: "2026-11-21T08:00:00.000Z" },
  { station: "CP005", exposure: "nobody", at: "2026-11-20T08:00:00.000Z" },
  { station: "CP007", exposure: "unknown", at: null },
];
const values: Readonly<Record<string, boolean | null>> = {
  "local-authorize-offline": true,
  "unknown-offline": true,
  "cache": false,
  "ask-remote": null,
};
const OFFLINE = {
  ...{ exposure: "everybody", at: "2026-11-21T09:59:00.000Z", isConnected: true, listVersion: 12 },
  settings: OFFLINE_SETTINGS.map(({ id, key, strict }) => ({
    ...{ id, name: key, strict, on: id in values ? values[id]! : strict, value: String(values[id] ?? strict) },
    why: id === "ask-remote" ? "it answered Rejected" : null,
  })),
};

/** What control says of the badges of the garage in console_answers.ts. */
export const BADGE_ANSWERS: Answers = {
  "command badge list": [{
    ...{ list: "blocked", hash: "3f9c01ab", note: "lost on 21 November", since: "2026-11-21T09:00:00.000Z" },
    ...{ until: null, renewedBy: "77aa10ce", renews: null, by: "eva" },
  }, {
    ...{ list: "blocked", hash: "90b1d2e3", note: "on holiday", since: "2026-11-20T09:00:00.000Z" },
    ...{ until: "2026-12-31T22:59:59.000Z", renewedBy: null, renews: null, by: "eva" },
  }, {
    ...{ list: "listed", hash: "77aa10ce", note: "fleet van 3", since: "2026-11-21T09:00:00.000Z" },
    ...{ until: null, renewedBy: null, renews: "3f9c01ab", by: null },
  }],
  "command badge suspects": [{
    ...{ hash: "c0ffee42", at: "2026-11-21T09:40:00.000Z", kind: "two-places", station: "CP005", elsewhere: "CP001" },
    ...{ times: 2, stands: true },
  }, {
    ...{ hash: "3f9c01ab", at: "2026-11-21T09:20:00.000Z", kind: "renewed", station: "CP003" },
    ...{ elsewhere: "-", times: 1, stands: false },
  }],
  "command badge settings": ({ args: { station } }: { readonly args: { readonly station?: string } }) => ({
    text: "",
    data: station === undefined ? EXPOSURES : { ...OFFLINE, station },
  }),
  "command badge set": { text: "unknown-offline of CP001 is false; it was true.", data: {} },
  "command badge export": {
    text: "",
    data: { list: "blocked", badges: 1, file: "# bulkhead badges 1\nhash:x;lost\n" },
  },
  "command badge allow": { text: "Listed.", data: { listed: true } },
  "command badge block": { text: "Blocked: every station is told so from now on.", data: { blocked: true } },
  "command badge forget": { text: "Off the list.", data: {} },
  "command badge import": ({ args: { check } }: { readonly args: { readonly check?: boolean } }) =>
    check === true
      ? {
        text: "",
        data: { list: "blocked", badges: 2, added: 1, replaced: 1, repeated: 0, onOther: 0, faults: [] },
      }
      : { text: "2 badges are on the list of blocked ones.", data: {} },
  "command badge renew": { text: "Blocked. The new one stands on the site's list.", data: {} },
  "command badge unblock": { text: "Off the block list.", data: {} },
};
