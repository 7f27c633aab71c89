import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { OneLook } from "./one_look.ts";

Deno.test("one look: who asks while it runs waits for a run that began after, and all of them for the same one", async () => {
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let runs = 0, atOnce = 0, most = 0;
  const look = new OneLook(async () => {
    most = Math.max(most, ++atOnce);
    await gates[runs++]?.promise;
    atOnce--;
  });
  const first = look.run(), others = [look.run(), look.run()];
  gates[0]!.resolve();
  gates[1]!.resolve();
  await Promise.all([first, ...others]);
  deepEqual([runs, most], [2, 1]);
  await look.run();
  equal(runs, 3);
});

Deno.test("one look: a run that fails is told, and the next one runs", async () => {
  let runs = 0;
  const look = new OneLook(() => ++runs === 1 ? Promise.reject(new Error("no disk")) : Promise.resolve());
  await rejects(look.run(), /no disk/);
  await look.run();
  equal(runs, 2);
});

Deno.test("one look: whenever it is asked for, also in the turn in which the last run ends, a run begins after that", async () => {
  for (let turns = 0; turns < 20; turns++) {
    let begun = 0;
    const look = new OneLook(async () => {
      begun++;
      await Promise.resolve();
    });
    const first = look.run();
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    const before = begun;
    await look.run();
    ok(begun > before, `${turns} turns after the first`);
    await first;
  }
});
