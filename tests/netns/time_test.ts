import { deepEqual, equal, match, ok } from "node:assert/strict";
import { PROVEN, TimeLab } from "../support/time_lab.ts";
import { TestCa } from "../support/test_ca.ts";
import { validNow } from "../support/example_site.ts";
import { waitFor } from "../support/wait_for.ts";

Deno.test("time: chrony follows an authenticated server alone, serves the OT zone and nobody else, and goes on without it", async () => {
  await using rig = await TimeLab.make();
  const endServer = await rig.server();
  await rig.box(PROVEN);
  const report = await waitFor("an authenticated source", async () => {
    const report = await rig.report();
    return report.sources.some(({ state, nts }) => state === "selected" && nts !== undefined) ? report : undefined;
  });
  equal(report.tracking?.stratum, 6);
  // the one without proof answers as well, and is not used
  const unproven = await waitFor("the other one", async () => {
    const found = (await rig.report()).sources.find(({ host }) => host === "10.99.0.8");
    return found?.isReachable ? found : undefined;
  });
  deepEqual([unproven.nts, unproven.state === "selected" || unproven.state === "combined"], [undefined, false]);
  const served = await rig.query("10.20.0.1");
  equal(served.code, 0, served.stderr);
  match(served.stdout + served.stderr, /System clock wrong by -?0\.0/);
  // the uplink's side is no zone of `serve`
  await rig.net.ok(rig.up, "ip", "route", "replace", "10.20.0.0/24", "via", "10.99.0.2");
  const stranger = await rig.net.run(
    rig.up,
    "chronyd",
    "-t",
    "4",
    "-Q",
    "-f",
    "/dev/null",
    "server 10.99.0.2 iburst maxsamples 1",
  );
  ok(stranger.code !== 0, "the box answers only its OT zone");
  await endServer();
  const alone = await rig.query("10.20.0.1");
  equal(alone.code, 0, `orphan mode: ${alone.stderr}`);
});

Deno.test("time: a server of another CA is not followed, and its report says that nothing proves it", async () => {
  await using rig = await TimeLab.make();
  await rig.server(new TestCa("Another CA", validNow()));
  await rig.box(PROVEN);
  const report = await waitFor("a key exchange in vain", async () => {
    const report = await rig.report();
    return report.sources.some(({ nts }) => nts !== undefined && nts.attempts > 0) ? report : undefined;
  });
  ok(report.sources.every(({ state }) => state !== "selected"));
  equal(report.sources.find(({ nts }) => nts)!.nts!.cookies, 0);
});
