import { deepEqual, equal, match, ok } from "node:assert/strict";
import { GARAGE_ANSWERS } from "../../../../tests/support/console_answers.ts";
import { ConsoleRig } from "../../../../tests/support/console_rig.ts";
import { SEGMENTATION_ANSWER } from "../../../../tests/support/segmentation_answer.ts";
import { GatewayError } from "../../../core/errors.ts";

const rig = (answers: Record<string, unknown> = {}, may?: readonly string[]) =>
  new ConsoleRig({ answers: { ...GARAGE_ANSWERS, ...answers }, ...may ? { may } : {} });
const shown = (part: object) => ({ "command segmentation show": { ...SEGMENTATION_ANSWER, ...part } });

Deno.test("flows page: state, matrix, refused flows with how to allow them, openings, flows", async () => {
  const page = await rig().text("/flows");
  match(page, /In force/);
  match(page, /segmentation\.redirect: \{ id: NAME, zone: ot, udp: 53/);
  match(page, /Shared segment: its stations reach each other/);
  match(page, /ticket 4711/);
  match(page, /the EMS reads the meter itself/);
});

Deno.test("flows page: rules that wait can be kept or undone, and nothing is planned meanwhile", async () => {
  const waiting = shown({ differs: true, state: { isLoaded: true, pending: { digest: "a", secondsLeft: 42 } } });
  const console = rig(waiting);
  const page = await console.text("/flows");
  match(page, /Waits to be confirmed: 42 s left/);
  ok(
    page.includes('action="/flows/confirm"') && page.includes('action="/flows/undo"') && !page.includes("/flows/apply"),
  );
  deepEqual(console.askedOf("command segmentation plan"), []);
  equal((await console.post("/flows/confirm", {})).headers.get("location"), "/flows");
  equal(console.askedOf("command segmentation confirm").length, 1);
});

Deno.test("flows page: a difference shows its plan and can be applied for a while", async () => {
  const plan = {
    added: SEGMENTATION_ANSWER.flows.slice(0, 1),
    removed: [],
    dryRun: "ok",
    warnings: ["zone ot2 is shared"],
  };
  const console = rig({
    ...shown({ differs: true }),
    "command segmentation plan": plan,
    "command segmentation apply": { applied: true },
  });
  const page = await console.text("/flows");
  match(page, /Added: 1 · Taken away: 0/);
  match(page, /zone ot2 is shared/);
  equal((await console.post("/flows/apply", {})).status, 303);
});

Deno.test("flows page: a dry run that failed is said before anybody applies", async () => {
  const plan = { added: [], removed: [], dryRun: "nft: no such thing", warnings: [] };
  match(
    await rig({ ...shown({ differs: true }), "command segmentation plan": plan }).text("/flows"),
    /nft: no such thing/,
  );
});

Deno.test("flows page: a site without segmentation is told how to begin", async () => {
  const off = () => {
    throw new GatewayError("SEGMENTATION_OFF", "This site has no segmentation");
  };
  match(await rig({ "command segmentation show": off }).text("/flows"), /No segmentation yet/);
});

Deno.test("flows page: who may only look gets no form, and what comes from outside is text", async () => {
  const reader = rig(
    shown({ openings: [{ ...SEGMENTATION_ANSWER.openings[0], reason: "<script>alert(1)</script>" }] }),
    ["command segmentation show"],
  );
  const page = await reader.text("/flows");
  ok(!page.includes('method="post" action="/flows'), "no form of this page");
  ok(!page.includes("<script>alert(1)"));
});

Deno.test("flows page: an open port is closed with one form", async () => {
  const console = rig();
  await console.post("/flows/openings/CP001/close", {});
  deepEqual(console.askedOf("command segmentation close")[0].args, { station: "CP001" });
});
