import type { Answers } from "./console_rig.ts";
import { RIG_NOW } from "./console_rig.ts";

const DAY = 86_400_000;
const has = (station: string, has: string, more: object = {}) => ({ station, has, ...more });
const row = (subject: string, slot: string, state: string, controllers: readonly object[], more: object = {}) => ({
  ...{ subject, slot, state, controllers, since: RIG_NOW - 41 * DAY, isCovered: true, kept: 3, knownTo: [] },
  ...more,
});

/** Secrets of a garage in use: most are settled, some wait for somebody. */
export const SECRET_ROWS = [
  row("CP001", "operator", "settled", [has("CP001", "in force")], {
    ...{ dueAt: RIG_NOW + 49 * DAY, dueReason: "age", knownTo: ["anna"] },
  }),
  row("CP001", "manufacturer", "settled", [has("CP001", "in force")], {
    ...{ dueAt: RIG_NOW + 1_800_000, dueReason: "revealed", knownTo: ["eva"] },
  }),
  row("CP003", "installer", "file", [has("CP003", "that of its file")], {
    since: undefined,
    isCovered: false,
    kept: 0,
  }),
  row("CP005", "operator", "held", [has("CP005", "not known", { step: "held", why: "it refuses both secrets" })], {
    isCovered: false,
  }),
  row("bay-07", "operator", "split", [
    has("CP007", "the new one", { step: "done" }),
    has("CP007-S", "not known", { step: "check", why: "No route to the controller" }),
  ]),
  row("bay-08", "operator", "person", [
    has("CP008", "the one before", { step: "set" }),
    has("CP008-S", "the one before", { step: "prove" }),
  ]),
  row("CP009", "operator", "settled", [has("CP009", "in force")], {
    last: { outcome: "rolled-back", at: RIG_NOW - DAY, reason: "age", why: "the controller was away" },
  }),
  row("CP010", "puk", "escrow", [has("CP010", "the one before", { step: "prove" })]),
].map((one) => JSON.parse(JSON.stringify(one)));

/** What the page of secrets asks, as a garage in use answers it. */
export const SECRETS_ANSWERS: Answers = {
  "command secret cards": [
    {
      ...{ id: "1f0c9a2b", subject: "bay-07", custodian: "Anna Berg", place: "safe, office 2", by: "eva" },
      at: RIG_NOW - 200 * DAY,
    },
  ],
  "command secret card-add": { card: "1f0c9a2c", subject: "CP001" },
  "command secret card-remove": { card: "1f0c9a2b" },
  "command secret confirm": { station: "CP008-S", slot: "operator", done: true },
  "command secret escrow": {
    ...{ name: "bulkhead-g12-20261121T100000Z.escrow.age", sha256: "9f86d081".repeat(8), upTo: 41 },
    file: "-----BEGIN AGE ENCRYPTED FILE-----\nYWdlLWVuY3J5cHRpb24ub3JnL3YxCg==\n-----END AGE ENCRYPTED FILE-----\n",
  },
  "command secret escrow-ack": { sha256: "9f86d081".repeat(8), upTo: 41 },
  "command secret import": { subject: "CP005", slot: "operator", stations: ["CP005"], proven: true },
  "command secret left": { person: "anna", secrets: ["CP001 operator", "CP002 operator"] },
  "command secret list": {
    secrets: SECRET_ROWS,
    escrow: {
      ...{ isWaived: false, isDelivered: true },
      acked: { sha256: "9f86d081".repeat(8), ackedAt: RIG_NOW - 2 * DAY, ackedBy: "backup.example:/garage-12" },
      open: [{ sha256: "3f5a9c0d".repeat(8), at: RIG_NOW - 3_600_000, by: "eva" }],
    },
    recovery: [
      { station: "CP001", options: [{ kind: "copy", of: "operator", at: RIG_NOW - 2 * DAY }] },
      { station: "CP005", options: [] },
      {
        station: "CP007",
        options: [
          { kind: "puk", at: RIG_NOW - 41 * DAY },
          { kind: "reset-card", of: "1f0c9a2b", at: RIG_NOW - 200 * DAY },
        ],
      },
    ],
  },
  "command secret retry": { station: "CP005", slot: "operator" },
  "command secret reveal": {
    ...{ subject: "CP001", slot: "operator", state: "shown", changedAt: RIG_NOW + 3_600_000 },
    secrets: [{ station: "CP001", what: "now", text: "Example-Secret.42" }],
  },
  "command secret rotate": { slot: "operator", begun: ["CP001"], not: [] },
};
