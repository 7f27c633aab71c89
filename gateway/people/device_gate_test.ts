import { deepEqual, equal, match, rejects } from "node:assert/strict";
import type { PeopleFeature } from "./feature.ts";
import { PeopleRig } from "./testing/people_rig.ts";

const SOURCE = { source: "10.99.0.7" };
const steadyNow = (feature: unknown): number =>
  (feature as { deviceGate: { people: { clock: { now(): number } } } }).deviceGate.people.clock.now();

async function crew(rig: PeopleRig) {
  const eva = await rig.person("eva", "administrator");
  await rig.person("olga", "operator");
  const lena = await rig.person("lena", "administrator");
  const { deviceGate: gate } = rig.feature as PeopleFeature;
  return {
    gate,
    lena: rig.by(lena.token),
    eva: rig.by(eva.token),
    proven: () => ({ ...SOURCE, secondFactorAt: steadyNow(rig.feature) }),
  };
}
const wish = (deviceRole: "manufacturer" | "operator" | "user", capability: "edit" | "firmware" | "view") => ({
  ...{ station: "CP001", deviceRole, capability, reason: "advisory 7" },
});

Deno.test("device gate: a grant lets in at once, a second factor where it wants one, and nobody without a grant", async () => {
  await using rig = await PeopleRig.open();
  const { gate, proven } = await crew(rig);
  await gate.enter("olga", SOURCE, wish("user", "view"));
  await gate.enter("eva", proven(), wish("operator", "edit"));
  await rejects(gate.enter("eva", SOURCE, wish("operator", "edit")), { code: "STEP_UP_NEEDED" });
  await rejects(gate.enter("olga", proven(), wish("operator", "firmware")), { code: "ACCESS_REFUSED" });
});

Deno.test("device gate: the maker's account waits for another person: one request, however often it is asked; approved, it is let in", async () => {
  await using rig = await PeopleRig.open();
  const { gate, proven, lena, eva } = await crew(rig);
  const asked = async (): Promise<string> => {
    const error = await gate.enter("eva", proven(), wish("manufacturer", "firmware")).then(
      () => undefined,
      (error: { code: string; message: string }) => error,
    );
    if (!error) return "in";
    equal(error.code, "ACCESS_REFUSED");
    match(error.message, /Another person has to approve it: request \S+ waits/);
    return /request (\S+)/.exec(error.message)![1]!;
  };
  const id = await asked();
  equal(await asked(), id);
  await rejects(rig.call("people.request.decide", { by: eva, id, approve: true }), { code: "ACCESS_REFUSED" });
  await rig.call("people.request.decide", { by: lena, id, approve: true });
  deepEqual([await asked(), await asked()], ["in", "in"], "for its time");
  rig.time.advance(60 * 60_000);
  equal(await asked() === "in", false);
});
