import { equal, ok, rejects } from "node:assert/strict";
import { DeviceRig, ORIGIN } from "../testing/device_rig.ts";
import { SOURCE } from "../testing/people_rig.ts";
import { DEVICE_LIMITS } from "./limits.ts";

Deno.test("device sessions: so many at once, and one more is refused with its rule", async () => {
  await using rig = await DeviceRig.open();
  const { sessionsOfPerson, sessions } = DEVICE_LIMITS;
  for (let person = 0; person < sessions / sessionsOfPerson; person++) {
    const by = rig.people.by((await rig.people.person(`p${person}`, "technician")).token);
    for (let at = 0; at < sessionsOfPerson; at++) {
      const ticket = await rig.ticket(await rig.lease("CP001", by), by);
      await rig.ask("device.enter", { ticket, origin: ORIGIN, source: SOURCE });
    }
  }
  equal((await rig.people.call("device.sessions", { by: rig.eva })).length, sessions);
  const ticket = await rig.ticket(await rig.lease());
  await rejects(rig.ask("device.enter", { ticket, origin: ORIGIN, source: SOURCE }), { code: "UI_TICKET_REFUSED" });
  equal(rig.people.events("device.ticket.refused").at(-1)!.rule, "ticket.no-room");
});

Deno.test("device sessions: so many origins of one session; one more forgets the oldest", async () => {
  await using rig = await DeviceRig.open();
  const { token, lease } = await rig.enter();
  const origins = Array.from({ length: DEVICE_LIMITS.origins }, (_, at) => `https://127.0.0.${at + 1}:9401`);
  const tokens: string[] = [];
  for (const origin of origins) {
    const ticket = await rig.ticket(lease, rig.anna, new URL(origin).hostname);
    tokens.push((await rig.ask("device.enter", { ticket, origin, source: SOURCE })).token);
    if (tokens.length === DEVICE_LIMITS.origins - 1) ok(await rig.check(token), "as many as there may be");
  }
  await rejects(rig.check(token), { code: "SESSION_ENDED" });
  for (const [at, origin] of origins.entries()) ok(await rig.check(tokens[at]!, origin), origin);
});
