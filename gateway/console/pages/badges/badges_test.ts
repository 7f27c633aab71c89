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
    ["unblock", { badge: BADGE }, "unblock", { badge: BADGE }],
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
