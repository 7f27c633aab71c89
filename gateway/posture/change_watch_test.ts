import { deepEqual, equal } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import { ChangeWatch } from "./change_watch.ts";

function up(judge: (subject: string) => Promise<unknown> = () => Promise.resolve()) {
  const time = new ManualTime(), judged: string[] = [], faults: unknown[] = [];
  const watch = new ChangeWatch(
    time,
    1_000,
    (subject) => {
      judged.push(subject);
      return judge(subject);
    },
    (error) => faults.push((error as Error).message),
  );
  return { time, judged, faults, watch };
}

Deno.test("change watch: what changed is judged once, together, when it has settled, and not a moment earlier", async () => {
  const { time, judged, watch } = up();
  watch.note("CP001");
  await time.advance(500);
  watch.note("CP002", "CP001");
  await time.advance(499);
  deepEqual(judged, []);
  await time.advance(1);
  await waitFor("both", () => judged.length === 2);
  deepEqual(judged, ["CP001", "CP002"]);
  await time.advance(10_000);
  equal(judged.length, 2, "nothing changed since");
});

Deno.test("change watch: what changes while it is judged is judged again", async () => {
  const rig = up((subject) => {
    if (rig.judged.length === 1) rig.watch.note(subject);
    return Promise.resolve();
  });
  rig.watch.note("CP001");
  await rig.time.advance(1_000);
  await rig.time.advance(1_000);
  await waitFor("the second time", () => rig.judged.length === 2);
  deepEqual(rig.judged, ["CP001", "CP001"]);
});

Deno.test("change watch: one that cannot be judged holds up no other", async () => {
  const rig = up((subject) => subject === "CP001" ? Promise.reject(new Error("no disk")) : Promise.resolve());
  rig.watch.note("CP001", "CP002");
  await rig.time.advance(1_000);
  await waitFor("both", () => rig.judged.length === 2);
  deepEqual([rig.judged, rig.faults], [["CP001", "CP002"], ["no disk"]]);
});

Deno.test("change watch: nothing is judged of nothing, nor after its end", async () => {
  const { time, judged, watch } = up();
  watch.note();
  watch.note("CP001");
  watch.stop();
  await time.advance(5_000);
  deepEqual(judged, []);
});
