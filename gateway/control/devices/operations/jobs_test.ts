import { deepEqual, equal, throws } from "node:assert/strict";
import { ManualTime } from "../../../../tests/support/manual_time.ts";
import { waitFor } from "../../../../tests/support/wait_for.ts";
import { DeviceJobs } from "./jobs.ts";
import { OPERATION_LIMITS } from "./limits.ts";

function rig() {
  const time = new ManualTime();
  let count = 0;
  const bytes = (length: number) => new Uint8Array(length).map((_, at) => at === 0 ? count++ : 0);
  return { time, jobs: new DeviceJobs({ random: { bytes } as never, now: () => time.now() }) };
}
const job = (station: string, what = "firmware") => ({ station, what, who: "mia" });

Deno.test("device jobs: how far it is, then how it ended; newest first, of one station", async () => {
  const { jobs } = rig(), ended = Promise.withResolvers<string>();
  let tell: (bytes: number) => void = () => {};
  jobs.start({ ...job("a"), ofBytes: 10 }, (onProgress) => (tell = onProgress, ended.promise));
  jobs.start(job("b", "logs"), () => Promise.reject(new Error("it is away")));
  tell(4);
  deepEqual(jobs.all("a").map(({ state, bytes, ofBytes }) => [state, bytes, ofBytes]), [["running", 4, 10]]);
  ended.resolve("taken");
  await waitFor("both ends", () => jobs.all().every(({ state }) => state !== "running"));
  tell(9);
  deepEqual(jobs.all().map(({ station, state, text, bytes }) => [station, state, text, bytes]), [
    ["b", "failed", "it is away", undefined],
    ["a", "done", "taken", 4],
  ]);
});

Deno.test("device jobs: one at a controller, and no more than the limit in all", () => {
  const { jobs } = rig(), never = () => Promise.withResolvers<string>().promise;
  for (let at = 0; at < OPERATION_LIMITS.jobsRunning; at++) jobs.start(job(`s${at}`), never);
  throws(() => jobs.start(job("s0", "logs"), never), /s0: busy: firmware of mia is under way there/);
  throws(() => jobs.start(job("more"), never), /more: busy: 8 others are under way/);
});

Deno.test("device jobs: as many as the limit are remembered; what runs is never forgotten", async () => {
  const { jobs } = rig();
  jobs.start(job("runs"), () => Promise.withResolvers<string>().promise);
  for (let at = 0; at < OPERATION_LIMITS.jobs + 1; at++) {
    jobs.start(job("s"), () => Promise.resolve(`${at}`));
    await waitFor("its end", () => jobs.all("s").every(({ state }) => state === "done"));
  }
  equal(jobs.all().length, OPERATION_LIMITS.jobs);
  equal(jobs.all("runs").length, 1);
  equal(jobs.all("s").at(-1)!.text, "2", "the oldest gave way");
});
