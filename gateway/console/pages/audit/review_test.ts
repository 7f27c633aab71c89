import { deepEqual, equal, match } from "node:assert/strict";
import { GARAGE_ANSWERS } from "../../../../tests/support/console_answers.ts";
import { ConsoleRig, RIG_NOW } from "../../../../tests/support/console_rig.ts";
import { GatewayError } from "../../../core/errors.ts";

const rig = (more: ConstructorParameters<typeof ConsoleRig>[0] = {}) =>
  new ConsoleRig({ answers: GARAGE_ANSWERS, ...more });
const DIGEST = GARAGE_ANSWERS["command audit digest"] as Record<string, unknown>;

Deno.test("EV-27: the review page says who consulted the chain last, that it is overdue, and what happened since the last digest", async () => {
  const page = await rig().text("/audit/review");
  match(page, /by ida, up to record 16002[\s\S]*Overdue since/);
  match(page, /Every Monday at 7:00[\s\S]*hook, ops-mail[\s\S]*1204/);
  match(page, /Sign-ins that failed[\s\S]*people\.login\.refused[\s\S]*otto, anna/);
  match(page, /Refused, by rule[\s\S]*modbus\.default[\s\S]*311/);
  match(page, /Restarts[\s\S]*None/);
  match(page, /three refused logins, all of otto/);
  match(await rig().text("/audit"), /href="\/audit\/review"/);
});

Deno.test("review page: a review is said with a note, in the person's name, and the page says up to where", async () => {
  const own = rig(), answer = await own.post("/audit/review", { note: "all of otto" });
  deepEqual([answer.status, answer.headers.get("location")], [303, "/audit/review"]);
  deepEqual(own.askedOf("command audit review").at(-1).args, { note: "all of otto" });
  await own.post("/audit/review", { note: "" });
  deepEqual(own.askedOf("command audit review").at(-1).args, {}, "a note is optional");
  equal((await own.post("/audit/review", { note: "x".repeat(501) })).status, 422);
});

Deno.test("review page: a digest is sent now; what hinders it is said", async () => {
  const own = rig(), answer = await own.post("/audit/digest", {});
  deepEqual([answer.status, own.askedOf("command audit digest-send").length], [303, 1]);
  const none = new GatewayError("CTL_REFUSED", "The site wants no digest");
  const answers = { ...GARAGE_ANSWERS, "command audit digest-send": () => Promise.reject(none) };
  match(await (await rig({ answers }).post("/audit/digest", {})).text(), /The site wants no digest/);
});

Deno.test("review page: without settings it names the keys of site.yaml, and offers nothing to send", async () => {
  const { settings: _, reviewDays: __, reviewDueAt: ___, ...bare } = DIGEST;
  const answers = { ...GARAGE_ANSWERS, "command audit digest": bare, "command audit review": [] };
  const page = await rig({ answers }).text("/audit/review");
  match(page, /audit\.digest in site\.yaml[\s\S]*No review yet/);
  match(page, /No reminder \(audit\.reviewDays in site\.yaml\)/);
  match(page, /Nobody has consulted it yet/);
  equal(page.includes('action="/audit/digest"'), false);
  const unheard = { ...DIGEST, settings: { every: "daily", hour: 6, receivers: [] }, reviewDueAt: RIG_NOW + 1 };
  const other = await rig({ answers: { ...GARAGE_ANSWERS, "command audit digest": unheard } }).text("/audit/review");
  match(other, /Every day at 6:00[\s\S]*None \(notify in site\.yaml\)/);
  match(other, /Next review due/);
  equal(other.includes('action="/audit/digest"'), false, "nobody would get it");
});

Deno.test("review page: who may only read sees no form, and no history that they may not read", async () => {
  const page = await rig({ may: ["command audit digest"] }).text("/audit/review");
  equal(page.includes('<form method="post" action="/audit'), false);
  match(page, /No review yet/);
  equal((await rig({ may: [] }).get("/audit/review")).status, 403);
});
