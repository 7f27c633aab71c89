import { deepEqual, equal, match, ok } from "node:assert/strict";
import { CAMPAIGN_REPORT } from "../../../../tests/support/console_campaign_answers.ts";
import { GARAGE_ANSWERS } from "../../../../tests/support/console_answers.ts";
import { ConsoleRig } from "../../../../tests/support/console_rig.ts";
import { GatewayError } from "../../../core/errors.ts";

const rig = (answers: Record<string, unknown> = {}, may?: readonly string[]) =>
  new ConsoleRig({ answers: { ...GARAGE_ANSWERS, ...answers }, ...may ? { may } : {} });
const inState = (state: string, more: Record<string, unknown> = {}) =>
  rig({ "command firmware campaign report": { text: "", data: { ...CAMPAIGN_REPORT, state, holds: "", ...more } } });

Deno.test("campaigns page: lists campaigns with where they stand", async () => {
  const page = await rig().text("/campaigns");
  match(page, /href="\/campaigns\/fw-3"/);
  match(page, /Autumn update/);
  match(page, /Paused/);
  match(page, /no unit of ring canary took it/);
  match(page, /14 Confirmed/);
});

Deno.test("campaigns page: the image is chosen from those that are verified, the one of the link before the others", async () => {
  const page = await rig().text(`/campaigns?image=${"a".repeat(64)}`);
  match(page, /<select id="f-image" name="image">/);
  const options = [...page.matchAll(/<option value="([0-9a-f]{64})"( selected)?>([^<]*)/g)];
  deepEqual(options.map(([, sha256, isChosen]) => [sha256![0], isChosen !== undefined]), [["a", true]]);
  match(options[0]![3]!, /^bender 5\.33\.2 \(CC613\), ebee_firmware_5\.33\.2\.deb, a{12}$/);
});

Deno.test("campaigns page: without a verified image the form says where to get one", async () => {
  const page = await rig({ "command firmware list": { images: [], usedBytes: 0, quotaBytes: 1, sources: [] } }).text(
    "/campaigns",
  );
  match(page, /No verified image/);
  match(page, /href="\/firmware\/images"/);
  equal(page.includes('action="/campaigns/new"'), false);
});

Deno.test("campaigns page: while the vault does not answer the image is typed", async () => {
  const away = () => Promise.reject(new GatewayError("RPC_PEER_GONE", "The Worker is away"));
  const page = await rig({ "command firmware list": away }).text("/campaigns");
  match(page, /<input id="f-image" name="image"/);
  match(page, /At least six digits/);
});

Deno.test("campaigns page: a campaign is planned with one form, empty fields are left out", async () => {
  const console = rig();
  const answer = await console.post("/campaigns/new", {
    ...{ image: "3f5a9c0d", name: "", stations: "", rings: "canary:1:24h;rest:100%", parallel: "4", outPercent: "25" },
    ...{ installHours: "22:00-06:00", exclude: "" },
  });
  equal(answer.status, 303);
  equal(answer.headers.get("location"), "/campaigns/fw-5");
  deepEqual(console.askedOf("command firmware campaign new")[0].args, {
    ...{ image: "3f5a9c0d", rings: "canary:1:24h;rest:100%", parallel: "4", "out-percent": "25" },
    "install-hours": "22:00-06:00",
  });
});

Deno.test("campaign page: shows rings, units, parts with versions before and after, and keeps itself up to date", async () => {
  const page = await rig().text("/campaigns/fw-3");
  match(page, /sse-connect="\/live\/campaign\/fw-3"/);
  match(page, /canary/);
  match(page, /5\.33\.2 → 5\.33\.11-21500/);
  match(page, /CP003: it could not load the image/);
  match(page, /a transaction runs/);
  match(page, /not connected/);
  match(page, /Ring early is over and waits for a person/);
  match(page, /action="\/campaigns\/fw-3\/release"/);
  match(page, /action="\/campaigns\/fw-3\/done\/CP007-S"/);
  equal(page.includes('/done/CP007"'), false, "only the part whose turn it is by hand");
});

Deno.test("campaign page: a part that a person brings the image to names who, what to do, where the image is, in both languages", async () => {
  const console = rig();
  const page = await console.text("/campaigns/fw-3");
  match(
    page,
    /eva brings 5\.33\.11-21500 to it by hand[\s\S]*Take the verified image out of the vault, open the controller/,
  );
  match(page, /href="\/firmware\/images\/3f5a9c0d1e7b284655aa90fe31c4d7b2e8f06a1c3f5a9c0d1e7b284655aa90fe\/file"/);
  match(page, /only the word of tim/);
  match(
    await (await console.get("/campaigns/fw-3", { "accept-language": "de" })).text(),
    /Holen Sie das geprüfte Abbild/,
  );
  equal((await console.post("/campaigns/fw-3/take/CP007-S", {})).status, 303);
  deepEqual(console.askedOf("command firmware campaign take")[0].args, { id: "fw-3", station: "CP007-S" });
  const reader = await rig({}, ["command firmware campaign report"]).text("/campaigns/fw-3");
  deepEqual(["/take/", "/done/", '/file"'].filter((path) => reader.includes(path)), [], "who may not, sees no form");
});

const FORMS: readonly [state: string, has: readonly string[], hasNot: readonly string[]][] = [
  ["draft", ["approve", "abort"], ["start", "pause", "resume"]],
  ["approved", ["start", "abort"], ["approve", "pause", "resume"]],
  ["running", ["pause", "abort"], ["approve", "start", "resume"]],
  ["paused", ["resume", "abort"], ["approve", "start", "pause"]],
  ["completed", [], ["approve", "start", "pause", "resume", "abort"]],
  ["aborted", [], ["approve", "start", "pause", "resume", "abort"]],
];
for (const [state, has, hasNot] of FORMS) {
  Deno.test(`campaign page: one that is ${state} offers ${has.join(", ") || "nothing"}`, async () => {
    const page = await inState(state).text("/campaigns/fw-3");
    for (const verb of has) ok(page.includes(`action="/campaigns/fw-3/${verb}"`), verb);
    for (const verb of hasNot) equal(page.includes(`action="/campaigns/fw-3/${verb}"`), false, verb);
  });
}

for (const verb of ["approve", "start", "pause", "release", "abort"]) {
  Deno.test(`campaign page: ${verb} is one form, and the page says that it happened`, async () => {
    const console = rig();
    const answer = await console.post(`/campaigns/fw-3/${verb}`, verb === "abort" ? { because: "wrong image" } : {});
    equal(answer.status, 303);
    equal(answer.headers.get("location"), "/campaigns/fw-3");
    const expected = { id: "fw-3", ...verb === "abort" ? { because: "wrong image" } : {} };
    deepEqual(console.askedOf(`command firmware campaign ${verb}`)[0].args, expected);
  });
}

Deno.test("campaign page: resume leaves failed units out, or tries them again", async () => {
  for (const [fields, more] of [[{}, {}], [{ retryFailed: "yes" }, { "retry-failed": true }]] as const) {
    const console = rig();
    await console.post("/campaigns/fw-3/resume", fields);
    deepEqual(console.askedOf("command firmware campaign resume")[0].args, { id: "fw-3", ...more });
  }
});

Deno.test("campaign page: a part that was updated by hand is said so", async () => {
  const console = rig();
  await console.post("/campaigns/fw-3/done/CP007-S", {});
  deepEqual(console.askedOf("command firmware campaign done")[0].args, { id: "fw-3", station: "CP007-S" });
});

Deno.test("campaign page: each part says which way it takes; a person is asked only for the part that waits for one", async () => {
  const page = await rig().text("/campaigns/fw-3");
  deepEqual([...page.matchAll(/action="[^"]*\/done\/([^"]+)"/g)].map(([, station]) => station), ["CP007-S"]);
  match(page, /CP007-S(?:(?!<li>)[^])*by its page/);
  match(page, /CP001(?:(?!<li>)[^])*by OCPP/);
});

Deno.test("campaign page: before the start it shows what would happen when, and who is away", async () => {
  const page = await inState("draft").text("/campaigns/fw-3");
  match(page, /Dry run/);
  match(page, /4 of 16/);
  match(page, /CP005/);
  match(page, /it is excluded/);
  equal((await inState("running").text("/campaigns/fw-3")).includes("Dry run"), false);
});

Deno.test("campaign page: who may only look sees no form", async () => {
  const needs = ["command firmware campaign list", "command firmware campaign report"];
  const page = await rig({}, needs).text("/campaigns/fw-3");
  equal(/action="\/campaigns/.test(page), false);
  equal((await rig({}, ["command status"]).text("/")).includes('href="/campaigns"'), false);
});

Deno.test("campaign page: names and reasons are text and never markup", async () => {
  const evil = "<script>alert(1)</script>";
  const page = await inState("running", { name: evil, why: evil }).text("/campaigns/fw-3");
  equal(page.includes(evil), false);
  match(page, /&lt;script&gt;/);
});

Deno.test("versions page: marks with words, advisories and newer images", async () => {
  const page = await rig().text("/versions");
  for (const word of ["Vulnerable", "Outdated", "Unknown", "Current", "parts differ", "never told"]) {
    ok(page.includes(word), word);
  }
  match(page, /CyberDanube SR-20260528-0/);
  match(page, /R1 V2\.1/);
});

Deno.test("versions page: speaks German", async () => {
  const page = await rig().text("/versions", { "accept-language": "de" });
  for (const word of ["Angreifbar", "Veraltet", "Unbekannt", "Aktuell"]) ok(page.includes(word), word);
  for (const word of ["Vulnerable", "Outdated", "never told"]) ok(!page.includes(word), word);
});
