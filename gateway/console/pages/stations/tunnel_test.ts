import { deepEqual, equal, match } from "node:assert/strict";
import { GARAGE_ANSWERS } from "../../../../tests/support/console_answers.ts";
import { ConsoleRig } from "../../../../tests/support/console_rig.ts";
import { IdentityError } from "../../../core/errors.ts";

const rig = (answers: Record<string, unknown> = {}) => new ConsoleRig({ answers: { ...GARAGE_ANSWERS, ...answers } });

Deno.test("tunnel card: only a station with declared ports has one, with its ports and what is open", async () => {
  const page = await rig().text("/stations/CP001");
  match(page, /Engineering tunnel/);
  match(page, /<option value="8022"/);
  match(page, /mira<\/strong> · CP001, port 22/);
  match(page, /1 connections · 18204 B to the station/);
  equal((await rig().text("/stations/CP002")).includes("Engineering tunnel"), false);
});

Deno.test("tunnel card: the token is the answer of the form, once, with the command that uses it", async () => {
  const own = rig();
  const answer = await own.post("/stations/CP001/tunnel", { port: "22", reason: "read the logs", minutes: "20" });
  equal(answer.status, 200);
  const page = await answer.text();
  match(page, /<pre class="secret">Xk3d9s_vTz5KqWcd/);
  match(page, /connect CP001 --port 22 --gateway https:\/\/gw\.garage-12\.example --ca/);
  equal(answer.headers.get("cache-control"), "no-store");
  const { by: _, ...asked } = own.askedOf("people.tunnel.open")[0];
  deepEqual(asked, { station: "CP001", port: 22, reason: "read the logs", minutes: 20 });
});

for (
  const [what, fields] of [
    ["without a reason", { port: "22", reason: "" }],
    ["with a port that is none", { port: "0", reason: "logs" }],
    ["with a port beyond all", { port: "65536", reason: "logs" }],
    ["with text for a port", { port: "ssh", reason: "logs" }],
    ["with minutes beyond the longest way", { port: "22", reason: "logs", minutes: "481" }],
  ] as const
) {
  Deno.test(`tunnel card: a form ${what} opens nothing`, async () => {
    const own = rig();
    equal((await own.post("/stations/CP001/tunnel", fields)).status, 422);
    deepEqual(own.askedOf("people.tunnel.open"), []);
  });
}

Deno.test("tunnel card: what control refuses stands on the page, and a second factor is asked for in place", async () => {
  const refuse = (code: "ACCESS_REFUSED" | "STEP_UP_NEEDED") => () => {
    throw new IdentityError(code, "No grant of yours opens tunnels", { hint: "Ask an administrator" });
  };
  const fields = { port: "22", reason: "logs" };
  const refused = await rig({ "people.tunnel.open": refuse("ACCESS_REFUSED") }).post("/stations/CP001/tunnel", fields);
  equal(refused.status, 403);
  match(await refused.text(), /No grant of yours opens tunnels.*Ask an administrator/s);
  const proof = await rig({ "people.tunnel.open": refuse("STEP_UP_NEEDED") }).post("/stations/CP001/tunnel", fields);
  equal(proof.status, 422);
  match(await proof.text(), /name="reason" value="logs"/);
});
