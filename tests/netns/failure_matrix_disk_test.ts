import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { assertNothingLost, connects, keepsCharging, knock, records } from "../support/failure_matrix.ts";
import { chargeAll, powerOnAll, unplugAll, withWorld } from "../support/gateway_process.ts";
import { runCommand, runOk } from "../support/run_command.ts";
import { waitFor } from "../support/wait_for.ts";

/** Needs root: a data folder on a disk of its own, of 24 MiB, which goes with the test. */
async function withSmallDisk(test: (data: string, mount: (folder: string) => Promise<void>) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-disk-" });
  await runOk(["mount", "-t", "tmpfs", "-o", "size=24m,mode=700", "tmpfs", folder]);
  try {
    await test(folder, (site) => Deno.symlink(folder, `${site}/data`));
  } finally {
    await runOk(["umount", folder]);
    await Deno.remove(folder);
  }
}

/** The audit chain that cannot be written, or the watch over the disk that was faster. */
const REFUSALS: ReadonlySet<string> = new Set(["AUDIT_WRITE_FAILED", "CTL_REFUSED"]);

Deno.test("failure matrix: the disk is full", (t) =>
  withSmallDisk((data, prepare) =>
    withWorld(async (world) => {
      await powerOnAll(world);
      await chargeAll(world);
      const { data: before } = await world.gateway.command("status");
      await runCommand(["dd", "if=/dev/zero", `of=${data}/ballast`, "bs=4k"]);
      await t.step(
        "failure matrix: the disk (full, or not writable) / people and commands: reading ones open; closed: a command that changes something is refused and says to free space",
        async () => {
          const change = () =>
            world.gateway.command("station lower-profile", { station: "CP003", to: "1", reason: "x" });
          await waitFor("a refusal", () => change().then(() => false, ({ code }) => REFUSALS.has(code)));
          await rejects(change(), /disk|space/);
          match((await world.gateway.command("stations")).text, /CP003 +connected/);
        },
      );
      await t.step(
        "failure matrix: the disk (full, or not writable) / stations connected: open: they charge on",
        async () => {
          await keepsCharging(world);
          deepEqual(connects(world), [1, 1, 1, 1, 1, 1]);
        },
      );
      await t.step(
        "failure matrix: the disk (full, or not writable) / new station connections: open, without a record",
        async () => equal(await knock(world), 101),
      );
      await t.step(
        "failure matrix: the disk (full, or not writable) / audit: closed: what cannot be stored is in the log and counted, never acknowledged",
        () => ok(world.gateway.lines.some((line) => line.includes("audit.write.failed"))),
      );
      await Deno.remove(`${data}/ballast`);
      await t.step(
        "failure matrix: the disk (full, or not writable) / back in service: by itself with the first record that fits; the chain has no gap",
        async () => {
          const change = () => world.gateway.command("alarms test");
          await waitFor("a command that changes something", () => change().then(() => true, () => false), 60_000);
          const sequences = (await records(world)).map(({ seq }) => Number(seq));
          deepEqual(sequences, sequences.map((_, index) => sequences[0]! + index));
          ok(sequences.at(-1)! > (before as { audit: { sequence: number } }).audit.sequence);
          const noAlarm = async () => /No alarms/.test((await world.gateway.command("alarms list")).text);
          await waitFor("the alarms to end", noAlarm, 60_000);
        },
      );
      await t.step(
        "failure matrix: the disk (full, or not writable) / transaction messages: open: none is lost",
        async () => {
          await unplugAll(world);
          assertNothingLost(world);
        },
      );
    }, { prepare })
  ));
