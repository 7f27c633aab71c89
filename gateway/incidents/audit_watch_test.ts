import { deepEqual, equal } from "node:assert/strict";
import type { AuditEvent } from "../core/control_api.ts";
import { AuditWatch } from "./audit_watch.ts";
import type { PlacedRecord } from "./incidents.ts";
import { INCIDENT_LIMITS } from "./limits.ts";
import { RigChain } from "./testing/incident_rig.ts";

const NOW = Date.UTC(2026, 10, 21);
const record = (who: string): AuditEvent => ({ event: "incident.reported", class: "security", who, outcome: "ok" });

/** A watch over a chain, with what it took. */
function watchOf(chain: RigChain, from = 0) {
  const taken: PlacedRecord[] = [], warned: string[] = [];
  const state = { cursor: from, fault: undefined as Error | undefined, gate: undefined as Promise<void> | undefined };
  const watch = new AuditWatch({
    chain,
    log: { warn: (event) => void warned.push(event) },
    now: () => NOW,
    cursor: () => state.cursor,
    take: async (one) => {
      await state.gate;
      if (state.fault) throw state.fault;
      if (one.sequence <= state.cursor) return;
      taken.push(one);
      state.cursor = one.sequence;
    },
  });
  return { watch, taken, state, warned, names: () => taken.map(({ record: { who } }) => who).join(" ") };
}

Deno.test("audit watch: what was stored before it, and while it reads, is taken once and in order", async () => {
  const chain = new RigChain(() => NOW);
  for (const who of ["a", "b"]) chain.add(record(who));
  const { watch, taken, names } = watchOf(chain);
  chain.add(record("c"));
  await watch.catchUp();
  chain.add(record("d"));
  await watch.catchUp();
  equal(names(), "a b c d");
  deepEqual(taken.map(({ sequence, at }) => [sequence, at]), [[1, NOW], [2, NOW], [3, NOW], [4, NOW]]);
  await watch.stop();
});

Deno.test("audit watch: it begins behind the place that was stored, and stops to hear when it is stopped", async () => {
  const chain = new RigChain(() => NOW);
  for (const who of ["a", "b", "c"]) chain.add(record(who));
  const { watch, names } = watchOf(chain, 2);
  await watch.catchUp();
  await watch.stop();
  chain.add(record("d"));
  await watch.catchUp();
  equal(names(), "c");
});

Deno.test("audit watch: a record that cannot be stored is taken again, before those behind it", async () => {
  const chain = new RigChain(() => NOW);
  const { watch, state, names, warned } = watchOf(chain);
  state.fault = new Error("no room");
  chain.add(record("a"));
  chain.add(record("b"));
  await watch.catchUp();
  equal(names(), "");
  equal(warned[0], "incidents.signal.waits");
  state.fault = undefined;
  await watch.catchUp();
  equal(names(), "a b");
  await watch.stop();
});

Deno.test("audit watch: checkpoints and lines without an event are passed over", async () => {
  const chain = new RigChain(() => NOW);
  chain.lines.push({ seq: 1, kind: "checkpoint", fields: { at: "2026-11-21T00:00:00Z" } });
  chain.lines.push({ seq: 2, kind: "record", fields: { who: "x" } });
  chain.lines.push({ seq: 3, kind: "record", fields: { event: "incident.reported", who: "a", at: "nonsense" } });
  const { watch, taken } = watchOf(chain);
  await watch.catchUp();
  deepEqual(taken.map(({ sequence, at, record: { outcome } }) => [sequence, at, outcome]), [[3, NOW, ""]]);
  await watch.stop();
});

Deno.test("audit watch: as many waiting as the limit, and one past it: the chain has them, and none is lost or doubled", async () => {
  for (const more of [0, 1, 500]) {
    const chain = new RigChain(() => NOW);
    const { watch, taken, state } = watchOf(chain);
    const opened = Promise.withResolvers<void>();
    state.gate = opened.promise;
    for (let at = 0; at < INCIDENT_LIMITS.waiting + more; at++) chain.add(record(`${at}`));
    opened.resolve();
    await watch.catchUp();
    await watch.catchUp(); // those that came while the chain was read
    deepEqual(taken.map(({ sequence }) => sequence), chain.lines.map(({ seq }) => seq), `${more} more`);
    await watch.stop();
  }
});

Deno.test("audit watch: what comes in the very turn in which it comes to rest is taken, too", async () => {
  const chain = new RigChain(() => NOW);
  const { watch, names } = watchOf(chain);
  chain.add(record("a"));
  await watch.catchUp();
  for (const who of ["b", "c", "d", "e", "f"]) {
    chain.add(record(who));
    await watch.catchUp();
  }
  equal(names(), "a b c d e f");
  await watch.stop();
});
