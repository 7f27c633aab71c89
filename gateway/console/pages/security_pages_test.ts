import { deepEqual, equal, match, ok } from "node:assert/strict";
import { AUDIT_LINES, GARAGE_ANSWERS } from "../../../tests/support/console_answers.ts";
import { ConsoleRig, RIG_NOW } from "../../../tests/support/console_rig.ts";
import { GatewayError } from "../../core/errors.ts";
import { describeStations, describeWhen, describeWho } from "./access/grant_words.ts";

const rig = (answers: Record<string, unknown> = {}) => new ConsoleRig({ answers: { ...GARAGE_ANSWERS, ...answers } });
const argsOf = (own: ConsoleRig, what: string) => own.askedOf(what).map(({ by: _, ...args }) => args);

Deno.test("access page: nobody is offered to approve his own request (EV-04)", async () => {
  const page = await rig().text("/access");
  match(page, /action="\/access\/requests\/r1\/decision"/);
  equal(page.includes("/access/requests/r2/decision"), false);
  match(page, /action="\/access\/requests\/r2\/withdraw"/);
});

Deno.test("access page: the pressed button decides, and the note goes along", async () => {
  const own = rig();
  await own.post("/access/requests/r1/decision", { decision: "approve", note: "" });
  await own.post("/access/requests/r1/decision", { decision: "deny", note: "not today" });
  deepEqual(argsOf(own, "people.request.decide"), [
    { id: "r1", approve: true },
    { id: "r1", approve: false, note: "not today" },
  ]);
  equal((await own.post("/access/requests/r1/decision", { decision: "maybe" })).status, 422);
  equal(own.askedOf("people.request.decide").length, 2);
});

Deno.test("access page: a grant's form becomes who, stations, when and how, and says what is missing", async () => {
  const own = rig();
  const fields = {
    ...{ id: "field", because: "Field work", group: "ev-field", stations: "CP001, CP002", deviceRoles: "installer" },
    ...{ capabilities: "view", when: "schedule", days: "mon", from: "06:00", to: "20:00", maxMinutes: "60" },
  };
  equal((await own.post("/access/grants", { ...fields, secondFactor: "yes" })).status, 303);
  await own.post("/access/grants", { ...fields, allStations: "yes", when: "always", person: "mira" });
  const grants = argsOf(own, "people.grant.add").map(({ grant }) => grant);
  deepEqual(grants[0], {
    ...{ id: "field", who: { group: "ev-field" }, stations: { ids: ["CP001", "CP002"] }, deviceRoles: ["installer"] },
    ...{ capabilities: ["view"], when: { kind: "schedule", days: ["mon"], from: "06:00", to: "20:00" } },
    ...{ secondFactor: true, maxMinutes: 60, because: "Field work" },
  });
  deepEqual(grants[1].stations, { all: true });
  deepEqual(grants[1].who, { person: "mira", group: "ev-field" });
  deepEqual(grants[1].when, { kind: "always" });
  equal(grants[1].secondFactor, false);
  const wrong = await own.post("/access/grants", { ...fields, id: "Two Words", maxMinutes: "900", deviceRoles: "" });
  equal(wrong.status, 422);
  const page = await wrong.text();
  for (const name of ["id", "maxMinutes", "deviceRoles"]) match(page, new RegExp(`<code>${name}</code>`));
});

Deno.test("access page: grants in words, in both languages", () => {
  equal(describeWho({ person: "anna", group: "ops" }, "en"), "anna, Group ops");
  equal(describeWho({ role: "operator" }, "de"), "Jeder Betreiber");
  equal(describeWho({}, "en"), "Everybody");
  equal(describeStations({ ids: ["A"], vendors: ["bender"] }, "en"), "A · Made by bender");
  equal(describeStations({ all: true }, "de"), "Alle Stationen");
  equal(describeWhen({ kind: "request" }, "en"), "On approval");
  equal(
    describeWhen({ kind: "schedule", days: ["mon", "sun"], from: "06:00", to: "20:00" }, "de"),
    "Mo So 06:00–20:00",
  );
  equal(describeWhen({ kind: "schedule", from: "06:00", to: "20:00" }, "en"), "daily 06:00–20:00");
});

Deno.test("people page: secrets are shown once; who may only read sees no form", async () => {
  const own = rig();
  const added = await own.post("/people", { name: "mira", roles: "technician" });
  equal(added.headers.get("cache-control"), "no-store");
  match(await added.text(), /tulip-harbour-52-mint/);
  deepEqual(argsOf(own, "people.account.add"), [{ name: "mira", roles: ["technician"] }]);
  const auditor = { may: ["people.account.list"], session: { roles: ["auditor"] } } as const;
  const reader = await new ConsoleRig({ answers: GARAGE_ANSWERS, ...auditor }).text("/people");
  match(reader, /Jonas Weber/);
  equal(/<form method="post" action="\/people/.test(reader), false);
});

Deno.test("people page: nobody is offered to change himself; a locked person can be unlocked", async () => {
  const page = await rig().text("/people");
  equal(page.includes("/people/anna/change"), false);
  match(page, /action="\/people\/mira\/unlock"/);
  equal(page.includes("/people/jonas/reset"), false); // of the identity provider: no password here
  match(page, /identity provider/);
});

Deno.test("people page: a new sealed password is asked for by a form of its own", async () => {
  const own = rig();
  match(await (await own.post("/people/break-glass", {})).text(), /stone-river-amber/);
  equal(own.askedOf("people.break-glass.renew").length, 1);
});

Deno.test("account page: codes and tokens are shown once, the own session cannot be ended by mistake", async () => {
  const own = rig();
  match(await (await own.post("/account/recovery-codes", { own: "" })).text(), /K3V9-22QX-PL0M/);
  match(await (await own.post("/account/tokens", { label: "x", scopes: "read", days: "30" })).text(), /bh_3p9Qm2x7/);
  deepEqual(argsOf(own, "people.token.add"), [{ label: "x", scopes: ["read"], days: 30 }]);
  const page = await own.text("/account");
  equal(page.includes("/account/sessions/s1/end"), false);
  match(page, /action="\/account\/sessions\/s2\/end"/);
});

Deno.test("account page: a changed password gives the session a new token; a refused one changes nothing", async () => {
  const own = rig({ "people.password.rules": { rules: { rules: ["long"], maxLength: 128 }, presets: [] } });
  own.answers["people.password.change"] = () => {
    throw new GatewayError("PASSWORD_REFUSED", "Too short");
  };
  const form = { password: "old one", "next-password": "new one", again: "new one" };
  const refused = await own.post("/account/password", form);
  equal(refused.status, 422);
  match(await refused.text(), /Too short/);
  own.answers["people.password.change"] = { step: "done", token: "fresh" };
  const done = await own.post("/account/password", form);
  match(done.headers.get("set-cookie") ?? "", /__Host-bulkhead-session=fresh/);
  equal((await own.post("/account/password", { ...form, again: "other" })).status, 422);
  deepEqual(argsOf(own, "people.password.change"), [{ current: "old one", next: "new one" }, {
    current: "old one",
    next: "new one",
  }]);
});

Deno.test("policies page: a question in the address is answered, a wrong one is said beside the form", async () => {
  const own = rig();
  const page = await own.text("/policies?ask=access&person=anna&station=CP005&capability=edit&at=2026-11-21T10:00");
  match(page, /Refused/);
  match(page, /access\.request-needed/);
  const [asked] = argsOf(own, "people.access.explain");
  deepEqual(asked.wish, { station: "CP005", deviceRole: "installer", capability: "edit" });
  equal(asked.person, "anna");
  equal(Number.isInteger(asked.at), true);
  match(await own.text("/policies?ask=access&station=CP005&capability=dance"), /capability/);
  own.answers["command policy explain"] = () => {
    throw new GatewayError("STATION_UNKNOWN", 'No station "CP404" is in the inventory');
  };
  const unknown = await own.get("/policies?ask=message&station=CP404&direction=from-csms&action=Reset");
  equal(unknown.status, 200);
  match(await unknown.text(), /No station &quot;CP404&quot;/);
});

Deno.test("audit page: newest first; a search goes on behind the last record shown", async () => {
  const own = rig();
  const page = await own.text("/audit");
  ok(page.indexOf("#18204") < page.indexOf("#18199"));
  own.answers["command audit export"] = { lines: AUDIT_LINES, next: 18_204 };
  const found = await own.text("/audit?class=security&station=CP005&after=17000");
  match(found, /\/audit\?class=security&amp;station=CP005&amp;after=18204/);
  deepEqual(JSON.parse(JSON.stringify(own.askedOf("command audit export")[0].args)), {
    class: "security",
    station: "CP005",
    after: "17000",
  });
  match(await own.text("/audit?class=gossip"), /role="alert"/);
});

Deno.test("audit page: a broken chain is said loudly, with the first bad record", async () => {
  const fault = { kind: "edited", seq: 17, where: "segment-1.jsonl:17", what: "Record 17 was edited" };
  const own = rig({
    "command audit verify": {
      ...{
        ok: false,
        lines: 20,
        first: 1,
        last: 20,
        signedTo: 16,
        expired: 0,
        gaps: [],
        faults: [fault],
        faultCount: 1,
      },
    },
  });
  const page = await (await own.post("/audit/verify", {})).text();
  match(page, /NOT intact/);
  match(page, /Record 17 was edited/);
  match(page, /Keep the data disk as it is/);
});

Deno.test("certificates page: what ends soon stands out, a revoked one cannot be revoked again", async () => {
  const own = rig();
  const page = await own.text("/certificates");
  match(page, /in 12 days/);
  equal((page.match(/\/revoke"/g) ?? []).length, 2);
  equal((await own.post("/certificates/4a10/revoke", { sure: "yes" })).headers.get("location"), "/certificates");
  deepEqual(own.askedOf("command cert revoke")[0].args, { serial: "4a10" });
  match(await (await own.post("/certificates/site-ca", {})).text(), /BEGIN CERTIFICATE/);
});

Deno.test("system page: a reload is shown line by line before it is applied; a bad one cannot be applied", async () => {
  const own = rig();
  const plan = await (await own.post("/system/reload/plan", {})).text();
  match(plan, /<span class="went">- {4}- \{ listen/);
  match(plan, /ocpp-0: is replaced/);
  match(plan, /action="\/system\/reload"/);
  deepEqual(own.askedOf("command reload").map(({ args }) => args), [{ plan: true }]);
  own.answers["command reload"] = {
    applied: false,
    faults: ["site.yaml:3:1 console.listen: is missing"],
    plan: [],
    diff: ["-x"],
  };
  const bad = await own.post("/system/reload/plan", {});
  equal(bad.status, 422);
  const page = await bad.text();
  match(page, /site\.yaml:3:1/);
  equal(page.includes('action="/system/reload"'), false);
  own.answers["command reload"] = { applied: true, faults: [], plan: [], diff: [] };
  equal((await own.post("/system/reload", {})).headers.get("location"), "/system");
  match(await (await own.post("/system/reload/plan", {})).text(), /is what already runs/);
});

Deno.test("system page: the support bundle is a file to keep", async () => {
  const response = await rig().post("/system/support", {});
  match(response.headers.get("content-disposition") ?? "", /^attachment; filename="bulkhead-support-\w+\.json"$/);
  equal((await response.json()).bundle, "bulkhead-support");
  equal(new Date(RIG_NOW).getUTCFullYear(), 2026);
});

Deno.test("system page: a backup that did not arrive everywhere is no success", async () => {
  const own = rig({ "command backup": { text: "nas: no answer", data: {}, ok: false } });
  const done = await own.post("/system/backup", {});
  const cookie = /(__Host-bulkhead-flash=[^;]+)/.exec(done.headers.get("set-cookie")!)![1]!;
  const next = await own.text("/system", { cookie: `${cookie}; __Host-bulkhead-session=t` });
  match(next, /did not reach every target/);
  match(next, /nas: no answer/);
});

Deno.test("people: the presets for passwords stand side by side, the one in force by name, in both languages", async () => {
  const page = await rig().text("/people");
  match(page, /<th[^>]*>nist-63b \(in force\)<\/th><th[^>]*>evlink-pro-dc<\/th><th[^>]*>bender-strong<\/th>/);
  match(page, /Characters<.*15 to 128<.*8 to 31<.*8 to 100</s);
  match(page, /A special character<.*not wanted.*- ; , \$ &amp; @ \. \? !.*any/s);
  const german = await rig().text("/people", { "accept-language": "de" });
  match(german, /nist-63b \(in Kraft\)/);
  match(german, /15 bis 128</);
});

Deno.test("policies: the simulator repeats its question as a sentence, and reads times by the clocks of the site", async () => {
  const own = rig();
  const query = "ask=access&person=anna&station=bay-07&deviceRole=installer&capability=edit";
  match(await own.text(`/policies?${query}`), /May anna change settings at bay-07 as installer now\?/);
  match(
    await own.text(`/policies?${query}&at=2026-07-21T09:30`),
    /May anna change settings at bay-07 as installer at 21 Jul 2026, 09:30:00\?/,
  );
  equal(own.askedOf("people.access.explain").at(-1).at, Date.parse("2026-07-21T07:30:00Z"));
  match(
    await own.text(`/policies?${query}`, { "accept-language": "de" }),
    /Darf anna jetzt an bay-07 als Installateur/,
  );
  const before = own.askedOf("people.access.explain").length;
  match(await own.text(`/policies?${query}&at=soon`), /<span lang="en">at: /);
  equal(own.askedOf("people.access.explain").length, before, "a time that is none asks nothing");
});

Deno.test("access: administrators see everybody's API tokens and revoke them there; the account page has the own ones alone", async () => {
  const token = (id: string, person: string) => ({
    ...{ id, person, label: `of ${person}`, scopes: ["read"], since: RIG_NOW, expiresAt: RIG_NOW + 86_400_000 },
  });
  const answers = { "people.token.list": [token("t1", "anna"), token("t2", "mira")] };
  const own = rig(answers);
  const page = await own.text("/access");
  match(page, /of anna.*\/access\/tokens\/t1\/revoke.*of mira.*\/access\/tokens\/t2\/revoke/s);
  equal((await own.post("/access/tokens/t2/revoke", {})).headers.get("location"), "/access");
  equal(own.askedOf("people.token.revoke")[0].id, "t2");
  const account = await own.text("/account");
  equal(account.includes("of anna"), true);
  equal(account.includes("of mira"), false);
  const technician = new ConsoleRig({ answers: { ...GARAGE_ANSWERS, ...answers }, session: { roles: ["technician"] } });
  equal((await technician.text("/access")).includes("/access/tokens/"), false);
});
