import { deepEqual, equal, match } from "node:assert/strict";
import { GARAGE_ANSWERS } from "../../../../tests/support/console_answers.ts";
import { ConsoleRig } from "../../../../tests/support/console_rig.ts";
import { GatewayError } from "../../../core/errors.ts";

const PATH = "/stations/CP001/device";
const rig = (answers: Record<string, unknown> = {}, may?: readonly string[]) =>
  new ConsoleRig({ answers: { ...GARAGE_ANSWERS, ...answers }, ...may ? { may } : {} });
const PIN = { fingerprint: "ab".repeat(32), text: "CN=CP001, X.509 v3" };
const shows = (approved: object | null, presented: object | null) => ({
  "command station pin show": { station: "CP001", approved, presented },
});

Deno.test("BC-10: another certificate than the approved one stands beside it in groups of digits, and is approved by a form that names it", async () => {
  const console = rig(), page = await console.text(PATH);
  match(page, /another certificate than the approved one[\s\S]*abababab abababab[\s\S]*cdcdcdcd cdcdcdcd/);
  match(page, /name="fingerprint" value="(?:cd){32}"[\s\S]*name="compared"[^>]*required/);
  const answer = await console.post(`${PATH}/certificate`, { fingerprint: "cd".repeat(32), compared: "yes" });
  deepEqual([answer.status, answer.headers.get("location")], [303, PATH]);
  deepEqual(console.askedOf("command station pin approve")[0].args, {
    station: "CP001",
    fingerprint: "cd".repeat(32),
  });
});

for (
  const [name, approved, presented, shown, hasForm] of [
    ["nothing was seen yet", null, null, /None: its pages stay closed[\s\S]*Nothing else/, false],
    ["the first one waits", null, { ...PIN, at: 1 }, /nobody has approved yet[\s\S]*None: its pages stay closed/, true],
    ["a person's approval", { ...PIN, source: "approved", by: "anna", at: 1 }, null, /by anna[\s\S]*1970/, false],
    ["the file's", { ...PIN, source: "file" }, null, /from pinFile in site\.yaml[\s\S]*Nothing else/, false],
  ] as const
) {
  Deno.test(`BC-10: the card of a controller's certificate: ${name}`, async () => {
    const page = await rig(shows(approved, presented)).text(PATH);
    match(page, shown);
    equal(page.includes(`action="${PATH}/certificate"`), hasForm);
  });
}

Deno.test("BC-10: who may not approve sees both certificates and no form; who may not even look sees no card", async () => {
  const reads = ["device capabilities", "device jobs", "station pin show"].map((name) => `command ${name}`);
  const page = await rig({}, reads).text(PATH);
  match(page, /cdcdcdcd cdcdcdcd/);
  equal(page.includes(`action="${PATH}/certificate"`), false);
  equal((await rig({}, reads.slice(0, 2)).text(PATH)).includes('id="certificate"'), false);
});

Deno.test("BC-10: a certificate that is not presented any more is not approved, and the page says so", async () => {
  const refused = new GatewayError("DEVICE_PIN_INVALID", "That is not the fingerprint of what the device presents", {
    hint: "Compare all 64 digits",
  });
  const console = rig({ "command station pin approve": () => Promise.reject(refused) });
  const page = await (await console.post(`${PATH}/certificate`, { fingerprint: "cd".repeat(32) })).text();
  match(page, /not the fingerprint of what the device presents/);
  for (const fingerprint of ["", "cd".repeat(31), "c".repeat(129)]) {
    const own = rig(), { status } = await own.post(`${PATH}/certificate`, { fingerprint });
    deepEqual([status, own.askedOf("command station pin approve").length], [422, 0], fingerprint);
  }
});

Deno.test("EV-11: tries at a controller are given back by a person, who is told what to do first", async () => {
  const console = rig();
  match(await console.text(PATH), /Let it log in again[\s\S]*the right password first/);
  const answer = await console.post(`${PATH}/login-retry`, {});
  deepEqual([answer.status, answer.headers.get("location")], [303, PATH]);
  deepEqual(console.askedOf("command station login-retry")[0].args, { station: "CP001" });
});
