import { presetTable } from "../../gateway/people/passwords.ts";
import type { Answers } from "./console_rig.ts";
import { GatewayError } from "../../gateway/core/errors.ts";
import { RIG_NOW } from "./console_rig.ts";

const PERSON = { groups: [], state: "active", mustChange: false };
const SESSION = { agent: "Mozilla/5.0 (X11) Firefox/146.0", endsAt: RIG_NOW + 9e6, idleAt: RIG_NOW + 1.5e6 };
const REQUEST = { deviceRole: "installer", capability: "edit", grant: "g1", minutes: 60 };
const DEVICE_SESSION = {
  ...{ id: "d1", person: "mira", station: "CP001", deviceRole: "installer", capabilities: ["view", "edit"] },
  ...{ grant: "field-7", lease: "l2", source: "10.99.0.51", since: RIG_NOW - 1_200_000, grantsLegacy: false },
  ...{ lastActivity: RIG_NOW - 20_000, idleAt: RIG_NOW + 1_780_000, endsAt: RIG_NOW + 2_400_000 },
};
const DEVICE_REQUEST = {
  method: "GET",
  capability: "view",
  decision: "allowed",
  rule: "field-7",
  status: 200,
  count: 1,
};
const DEVICE_EVENTS = [
  {
    sequence: 1,
    request: { ...DEVICE_REQUEST, at: RIG_NOW - 60_000, page: "/dashboard", bytesIn: 0, bytesOut: 18_204 },
  },
  {
    sequence: 2,
    request: {
      ...{
        ...DEVICE_REQUEST,
        at: RIG_NOW - 30_000,
        method: "POST",
        page: "/rest/config",
        capability: "edit",
        bytesIn: 61,
      },
      ...{ bytesOut: 2, count: 2, settings: ["CurrentLimit", "RFIDGroupId"] },
    },
  },
  {
    sequence: 3,
    request: {
      ...{ ...DEVICE_REQUEST, at: RIG_NOW - 20_000, method: "POST", page: "/rest/reboot", capability: "reset" },
      ...{ decision: "refused", rule: "ui.page.capability", status: 403, bytesIn: 12, bytesOut: 900 },
    },
  },
  {
    sequence: 4,
    request: { ...DEVICE_REQUEST, at: RIG_NOW - 5_000, page: "/status", status: 0, bytesIn: 0, bytesOut: 0 },
  },
];
const RECORDING = {
  ...{ id: "d1", person: "mira", station: "CP001", deviceRole: "installer", grant: "field-7" },
  ...{ since: RIG_NOW - 1_200_000, isFull: false },
};
const RECORDED = DEVICE_EVENTS.map(({ request }, at) =>
  at !== 1 ? request : {
    ...request,
    fields: [{ name: "CurrentLimit", value: "16" }, { name: "UserPassword", value: "••••" }, {
      name: "Note",
      value: "",
    }],
  }
);
/** What pages ask about people, as a garage in use answers it. */
export const PEOPLE_ANSWERS: Answers = {
  "command user policy": { inForce: "nist-63b", presets: presetTable() },
  "people.account.list": [
    {
      ...PERSON,
      ...{ name: "anna", displayName: "Anna Berg", origin: "local", roles: ["administrator"], factors: ["passkey"] },
      ...{ lastLogin: RIG_NOW - 900_000, sessions: 1 },
    },
    {
      ...PERSON,
      ...{
        name: "jonas",
        displayName: "Jonas Weber",
        origin: "oidc",
        roles: ["operator"],
        factors: [],
        groups: ["ev-ops"],
      },
      ...{ lastLogin: RIG_NOW - 86_400_000, sessions: 1 },
    },
    {
      ...PERSON,
      ...{ name: "mira", displayName: "Mira Koch", origin: "local", roles: ["technician"], factors: ["totp"] },
      ...{ sessions: 0, lockedUntil: RIG_NOW + 600_000 },
    },
  ],
  "people.account.add": ({ name }: { name: string }) => ({
    person: { name },
    temporaryPassword: "tulip-harbour-52-mint",
  }),
  "people.account.change": {
    ...PERSON,
    name: "mira",
    displayName: "Mira Koch",
    origin: "local",
    roles: [],
    factors: [],
    sessions: 0,
  },
  "people.account.reset": { temporaryPassword: "tulip-harbour-52-mint" },
  "people.account.unlock": {
    ...PERSON,
    name: "mira",
    displayName: "Mira",
    origin: "local",
    roles: [],
    factors: [],
    sessions: 0,
  },
  "people.account.remove": null,
  "people.break-glass.renew": { password: "stone-river-amber-falcon-8812-quiet" },
  "people.session.list": [
    {
      ...SESSION,
      ...{
        id: "s1",
        person: "anna",
        displayName: "Anna Berg",
        origin: "local",
        roles: ["administrator"],
        stage: "done",
      },
      ...{ source: "10.99.0.31", since: RIG_NOW - 900_000, lastActivity: RIG_NOW - 1_000 },
    },
    {
      ...SESSION,
      ...{ id: "s2", person: "jonas", displayName: "Jonas Weber", origin: "oidc", roles: ["operator"], stage: "done" },
      ...{ source: "10.99.0.44", since: RIG_NOW - 7_200_000, lastActivity: RIG_NOW - 240_000 },
    },
  ],
  "people.session.end": { ended: 1 },
  "people.token.list": [{
    ...{ id: "t1", person: "anna", label: "Grafana", scopes: ["read"], since: RIG_NOW - 8e8, expiresAt: RIG_NOW + 7e9 },
    lastUsed: RIG_NOW - 30_000,
  }],
  "people.token.add": ({ label }: { label: string }) => ({
    token: { id: "t2", person: "anna", label, scopes: ["read"], since: RIG_NOW, expiresAt: RIG_NOW + 7e9 },
    secret: "bh_3p9Qm2x7Vd0kYtR5sW8uZa1cE4gH6jL",
  }),
  "people.token.revoke": null,
  "people.factor.list": {
    factors: [{ id: "f1", kind: "passkey", label: "Notebook 7", since: RIG_NOW - 9e8 }],
    recoveryCodes: 6,
  },
  "people.factor.remove": null,
  "people.recovery.renew": { codes: ["K3V9-22QX-PL0M", "9TR4-ZZ81-WQ3B", "M1C7-0XKD-55RT"] },
  "people.request.list": [
    {
      ...REQUEST,
      ...{ id: "r1", person: "mira", station: "CP005", reason: "Ticket 4711: TLS settings after the update" },
      ...{ state: "pending", createdAt: RIG_NOW - 300_000 },
    },
    {
      ...REQUEST,
      ...{ id: "r2", person: "anna", station: "CP001", reason: "Look at the meter settings", state: "pending" },
      createdAt: RIG_NOW - 120_000,
    },
    {
      ...REQUEST,
      ...{ id: "r3", person: "mira", station: "CP002", reason: "Swap of a connector", state: "approved" },
      ...{ createdAt: RIG_NOW - 9e6, decidedBy: "jonas", decidedAt: RIG_NOW - 8.9e6 },
    },
  ],
  "people.request.add": {
    ...REQUEST,
    id: "r4",
    person: "anna",
    station: "CP005",
    reason: "x",
    state: "pending",
    createdAt: RIG_NOW,
  },
  "people.request.decide": {
    ...REQUEST,
    id: "r1",
    person: "mira",
    station: "CP005",
    reason: "x",
    state: "approved",
    createdAt: RIG_NOW,
  },
  "people.request.withdraw": {
    ...REQUEST,
    id: "r2",
    person: "anna",
    station: "CP001",
    reason: "x",
    state: "withdrawn",
    createdAt: RIG_NOW,
  },
  "device.pages": [{
    ...{ station: "CP001", driver: "bender", title: "Bender charge controllers" },
    ...{ roles: ["user", "operator", "installer", "manufacturer"], cleartext: true, recorded: ["manufacturer"] },
    pages: [{ station: "CP001", port: 443, origin: "https://cp001.gw.garage-12.example:8447" }],
  }],
  "device.recordings": [RECORDING, { ...RECORDING, id: "d0", person: "jonas", isFull: true }],
  "device.replay": { recording: RECORDING, requests: RECORDED },
  "device.open": { url: "https://cp001.gw.garage-12.example:8447/.gw/open?ticket=abc", expiresAt: RIG_NOW + 10_000 },
  "device.join": { url: "https://cp001.gw.garage-12.example:8447/.gw/open?ticket=look", expiresAt: RIG_NOW + 10_000 },
  "device.end": { ended: 1 },
  "device.sessions": [DEVICE_SESSION, { ...DEVICE_SESSION, id: "d2", person: "anna", watches: "d1" }],
  "device.watch": ({ session }: { session: string }) => {
    if (session !== "d1") throw new GatewayError("UI_SESSION_UNKNOWN", "There is no such device session");
    return { session: DEVICE_SESSION, events: DEVICE_EVENTS };
  },
  "people.access.open": {
    ...{ id: "l1", person: "anna", station: "CP001", deviceRole: "installer", capabilities: ["view", "edit"] },
    ...{ grant: "field-7", reason: "meter replaced", since: RIG_NOW, until: RIG_NOW + 3_600_000 },
  },
  "people.tunnel.list": {
    open: [{
      ...{
        id: "pX3vQ0a1Tz5KqWcd",
        person: "mira",
        station: "CP001",
        port: 22,
        reason: "Reads the logs of the controller",
      },
      ...{ since: RIG_NOW - 600_000, until: RIG_NOW + 1_200_000, connections: 1, up: 18_204, down: 1_482_001 },
    }],
    declared: { CP001: [22, 8022] },
  },
  "people.tunnel.open": ({ station, port }: { station: string; port: number }) => ({
    tunnel: {
      ...{ id: "pX3vQ0a1Tz5KqWcd", person: "anna", station, port, reason: "Reads the logs of the controller" },
      ...{ since: RIG_NOW, until: RIG_NOW + 1_800_000, connections: 0, up: 0, down: 0 },
    },
    token: "Xk3d9s_vTz5KqWcd0a1pX3vQ0a1Tz5KqWcd9sXk3d8e",
  }),
  "people.access.list": [{
    ...{
      id: "l1",
      person: "mira",
      station: "CP002",
      deviceRole: "installer",
      capabilities: ["view", "edit"],
      grant: "g1",
    },
    ...{ reason: "Swap of a connector", since: RIG_NOW - 6e5, until: RIG_NOW + 3e6 },
  }],
  "people.access.end": null,
  "people.access.explain": ({ wish }: { wish: { station: string; deviceRole: string; capability: string } }) => ({
    decision: wish.station === "CP005"
      ? { effect: "deny", rule: "access.request-needed" }
      : wish.deviceRole === "manufacturer"
      ? { effect: "deny", rule: "access.four-eyes", next: { kind: "request", grant: "g1" } }
      : wish.deviceRole === "user" && wish.capability !== "view"
      ? { effect: "deny", rule: "access.no-grant" }
      : { effect: "allow", rule: "g1" },
    text:
      "anna may not edit CP005 as installer now: the grant g1 allows it after approval.\nAsk for approval under g1.",
  }),
  "people.grant.add": ({ grant }: { grant: Record<string, unknown> }) => ({
    ...grant,
    createdBy: "anna",
    createdAt: RIG_NOW,
  }),
  "people.grant.remove": null,
};
