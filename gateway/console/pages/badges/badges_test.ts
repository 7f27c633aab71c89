import { deepEqual, equal, match, ok } from "node:assert/strict";
import { GARAGE_ANSWERS } from "../../../../tests/support/console_answers.ts";
import { ConsoleRig } from "../../../../tests/support/console_rig.ts";
import { GatewayError } from "../../../core/errors.ts";

const rig = (answers: Record<string, unknown> = {}) => new ConsoleRig({ answers: { ...GARAGE_ANSWERS, ...answers } });
const BADGE = "04A1B2C3D4E5F6";

Deno.test("EV-24 badges page: the lists by hash, note and end, in words", async () => {
  const page = await rig().text("/badges");
  match(
    page,
    /3f9c01ab.*blocked.*lost on 21 November.*renewed by 77aa10ce.*90b1d2e3.*31 Dec 2026.*listed.*fleet van 3/s,
  );
  const none = await rig({ "command badge list": [] }).text("/badges");
  match(none, /No badge is blocked or listed/);
});

const ACTS: readonly [form: string, fields: Record<string, string>, command: string, args: Record<string, unknown>][] =
  [
    ["block", { badge: BADGE, reason: "lost", until: "2026-12-31" }, "block", {
      badge: BADGE,
      reason: "lost",
      until: "2026-12-31",
    }],
    ["block", { badge: BADGE, reason: "lost", until: "" }, "block", { badge: BADGE, reason: "lost" }],
    ["block", { hash: "c0ffee42", reason: "copied" }, "block", { hash: "c0ffee42", reason: "copied" }],
    ["unblock", { badge: BADGE }, "unblock", { badge: BADGE }],
    ["unblock", { hash: "3f9c01ab" }, "unblock", { hash: "3f9c01ab" }],
    ["forget", { hash: "77aa10ce" }, "forget", { hash: "77aa10ce" }],
    ["renew", { badge: BADGE, new: "04FF", reason: "copied" }, "renew", {
      badge: BADGE,
      new: "04FF",
      reason: "copied",
    }],
    ["allow", { badge: BADGE, note: "van 3" }, "allow", { badge: BADGE, note: "van 3" }],
    ["forget", { badge: BADGE }, "forget", { badge: BADGE }],
    ["import", { list: "blocked", lines: "A;x\r\nB;y" }, "import", { list: "blocked", file: "A;x\r\nB;y" }],
  ];
for (const [form, fields, command, args] of ACTS) {
  Deno.test(`EV-24 badges page: the form "${form}" ${fields["until"] === "" ? "without an end " : ""}does what its command does`, async () => {
    const own = rig();
    const answer = await own.post(`/badges/${form}`, fields);
    equal(answer.status, 303);
    equal(answer.headers.get("location"), "/badges");
    deepEqual(own.askedOf(`command badge ${command}`)[0].args, args);
    ok(!`${answer.headers.get("set-cookie")}`.includes(BADGE), "a badge never comes back");
  });
}

const REFUSED: readonly [form: string, fields: Record<string, string>, field: string][] = [
  ["block", { badge: BADGE }, "reason"],
  ["block", { reason: "lost" }, "badge"],
  ["block", { badge: BADGE, reason: "lost", until: "soon" }, "until"],
  ["block", { badge: BADGE, hash: "3f9c01ab", reason: "lost" }, "badge"],
  ["block", { hash: "3f9c01a", reason: "lost" }, "hash"],
  ["unblock", {}, "badge"],
  ["check", { list: "both", lines: "A;x" }, "list"],
  ["export", { list: "all" }, "list"],
  ["block", { badge: "x".repeat(256), reason: "lost" }, "badge"],
  ["renew", { badge: BADGE, reason: "copied" }, "new"],
  ["allow", { badge: BADGE, note: "n".repeat(201) }, "note"],
  ["import", { list: "both", lines: "A;x" }, "list"],
  ["import", { list: "listed" }, "lines"],
];
for (const [form, fields, field] of REFUSED) {
  Deno.test(`badges page: "${form}" with ${JSON.stringify(Object.keys(fields))} names the field "${field}" and asks nothing`, async () => {
    const own = rig();
    const answer = await own.post(`/badges/${form}`, fields);
    equal(answer.status, 422);
    const text = await answer.text();
    match(text, new RegExp(`>${field}<`));
    equal(own.asked.some(({ args }) => `${args.command}`.startsWith("badge")), false);
  });
}

Deno.test("badges page: what control refuses is said, and the badge is not", async () => {
  const own = rig({
    "command badge block": () => {
      throw new GatewayError("CTL_REFUSED", "The list of blocked badges is full: 5000 entries");
    },
  });
  const answer = await own.post("/badges/block", { badge: BADGE, reason: "lost" });
  equal(answer.status, 403);
  const text = await answer.text();
  match(text, /list of blocked badges is full/);
  equal(text.includes(BADGE), false);
});

Deno.test("badges page: who may only read sees the lists and no form", async () => {
  const auditor = new ConsoleRig({ answers: GARAGE_ANSWERS, may: ["command badge list"] });
  const page = await auditor.text("/badges");
  match(page, /3f9c01ab/);
  equal(page.includes('action="/badges/'), false);
  equal((await new ConsoleRig({ answers: GARAGE_ANSWERS, may: [] }).get("/badges")).status, 403);
});

Deno.test("EV-24 badges page: what looks copied stands first, with both places, and is blocked by its hash there", async () => {
  const page = await rig().text("/badges");
  match(
    page,
    /look copied.*c0ffee42.*at two places.*\/stations\/CP005.*and at.*\/stations\/CP001.*name="hash" value="c0ffee42"/s,
  );
  match(page, /3f9c01ab.*shown after its renewal.*another badge was given out/s);
  ok(page.indexOf("look copied") < page.indexOf("On the lists"));
  equal((await rig({ "command badge suspects": [] }).text("/badges")).includes("look copied"), false);
});

Deno.test("EV-24 badges page: a list is checked before anything of it is kept; what can be taken is taken by a second press", async () => {
  const own = rig();
  const answer = await own.post("/badges/check", { list: "blocked", lines: "A;x\r\nB;y" });
  equal(answer.status, 200);
  const page = await answer.text();
  match(page, /The list can be taken.*Nothing is kept yet.*New.*action="\/badges\/import".*Take 2 badges/s);
  deepEqual(own.askedOf("command badge import").map(({ args }) => args), [
    { list: "blocked", file: "A;x\r\nB;y", check: true },
  ]);
});

Deno.test("EV-24 badges page: a list with faults shows each line and no way to take it", async () => {
  const counts = { list: "blocked", badges: 0, added: 0, replaced: 0, repeated: 0, onOther: 0 };
  const own = rig({
    "command badge import": {
      text: "",
      data: { ...counts, faults: ["line 2: the note is missing"], refusal: "cannot" },
    },
  });
  const page = await (await own.post("/badges/check", { list: "blocked", lines: "A" })).text();
  match(page, /cannot be taken.*line 2: the note is missing/s);
  equal(page.includes('action="/badges/import"'), false);
});

Deno.test("EV-24 badges page: a list is kept as a file of hashes", async () => {
  const answer = await rig().post("/badges/export", { list: "blocked" });
  match(`${answer.headers.get("content-disposition")}`, /badges-blocked\.csv/);
  match(await answer.text(), /^# bulkhead badges 1/);
});

Deno.test("EV-24 badges page: whom each station lets charge by itself, with the way to its settings", async () => {
  const page = await rig().text("/badges");
  match(
    page,
    /\/badges\/stations\/CP001.*everybody, blocked badges too.*CP003.*known badges.*CP005.*nobody.*CP007.*not known.*Never/s,
  );
});

Deno.test("EV-24 settings of a station: shown with the safer value and a change each; the CSMS's list by its version alone", async () => {
  const page = await rig().text("/badges/stations/CP001");
  match(page, /everybody, blocked badges too.*version 12.*never changes it.*AllowOfflineTxForUnknownId.*Turn off/s);
  equal(page.match(/action="\/badges\/stations\/CP001\/set"/g)?.length, 6, "one could not be read");
  const away = { exposure: "unknown", at: null, isConnected: false, listVersion: null, settings: [], station: "CP001" };
  const gone = await rig({ "command badge settings": { text: "", data: away } }).text("/badges/stations/CP001");
  match(gone, /never asked/);
  equal(gone.includes("/set"), false);
});

Deno.test("EV-24 settings of a station: a change runs its command with a reason, and says what the station has afterwards", async () => {
  const own = rig();
  const answer = await own.post("/badges/stations/CP001/set", {
    setting: "cache",
    value: "false",
    reason: "blocked badges",
  });
  equal(answer.headers.get("location"), "/badges/stations/CP001");
  deepEqual(own.askedOf("command badge set")[0].args, {
    ...{ station: "CP001", setting: "cache", value: "false", reason: "blocked badges" },
  });
  for (const fields of [{ setting: "cache", value: "false" }, { setting: "x", value: "false", reason: "y" }]) {
    equal((await own.post("/badges/stations/CP001/set", fields)).status, 422);
  }
});
