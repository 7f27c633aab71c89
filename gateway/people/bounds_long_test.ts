import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { SESSION_TIMES } from "../../policies/session_times.ts";
import { systemRandom } from "../core/timers.ts";
import { openStore } from "../store/kv_store.ts";
import type { Store } from "../store/store.ts";
import { PEOPLE_LIMITS } from "./limits.ts";
import { Lockouts } from "./lockouts.ts";
import { Sessions } from "./sessions.ts";
import { steadyClock } from "./steady_clock.ts";
import { PeopleRig } from "./testing/people_rig.ts";
import { SoftwarePasskey } from "./testing/software_passkey.ts";

async function withStore(test: (store: Store, time: ManualTime) => Promise<void>): Promise<void> {
  const time = new ManualTime(), store = await openStore({ path: ":memory:", clock: time, timers: time });
  try {
    await test(store, time);
  } finally {
    await store.close();
  }
}

Deno.test("bounds: so many names and addresses are remembered; what is locked is forgotten last", () =>
  withStore(async (store, time) => {
    const digest = (_: string, secret: string) => Promise.resolve(secret.padEnd(40, "-"));
    const lockouts = await Lockouts.open(store, { clock: steadyClock(time), digest, scope: () => "person" });
    const victim = { name: "anna", source: "10.0.0.1" };
    for (let at = 0; at < 6; at++) await lockouts.fail(victim);
    // every try is a name and an address of its own
    for (let at = 0; lockouts.size < PEOPLE_LIMITS.lockouts; at++) {
      await lockouts.fail({ name: `n${at}`, source: `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}` });
    }
    equal(lockouts.size, PEOPLE_LIMITS.lockouts);
    for (let at = 0; at < 50; at++) await lockouts.fail({ name: `m${at}`, source: `11.0.0.${at}` });
    equal(lockouts.size, PEOPLE_LIMITS.lockouts);
    ok(await lockouts.lockedMs(victim) > 0, "a flood opens no lock");
  }));

Deno.test("bounds: one session past the limit ends the one that nobody has used for longest, unfinished logins first", () =>
  withStore(async (store, time) => {
    const ended: string[] = [];
    const sessions = await Sessions.open({
      store,
      clock: steadyClock(time),
      random: systemRandom,
      digest: (_, secret) => Promise.resolve(secret),
      times: () => SESSION_TIMES,
      onEnd: ({ person }) => Promise.resolve(void ended.push(person)),
    });
    const start = async (at: number, stage: "done" | "second-factor") => {
      await sessions.start({ person: `p${at}`, stage, source: "a", agent: "" });
      time.advance(1);
    };
    await start(0, "done");
    await start(1, "second-factor");
    for (let at = 2; at < PEOPLE_LIMITS.sessions; at++) await start(at, "done");
    deepEqual([sessions.living().length, ended], [PEOPLE_LIMITS.sessions, []]);
    await start(-1, "done");
    await start(-2, "done");
    deepEqual([sessions.living().length, ended], [PEOPLE_LIMITS.sessions, ["p1", "p0"]]);
  }));

Deno.test("bounds: a person has ten passkeys, the eleventh is refused", async () => {
  await using rig = await PeopleRig.open();
  let { token } = await rig.person("anna", "technician");
  for (let at = 0; at < PEOPLE_LIMITS.passkeys; at++) {
    const key = await SoftwarePasskey.make("https://gw.lab.example:8443");
    const { ceremony, options } = await rig.call("people.passkey.begin", { by: rig.by(token) });
    const response = await key.create(options);
    const by = rig.by(token);
    token = (await rig.call("people.passkey.finish", { by, ceremony, response, label: `key ${at}` })).token;
  }
  await rejects(rig.call("people.passkey.begin", { by: rig.by(token) }), { code: "PERSON_INVALID" });
});
