import { deepEqual, equal, match, ok } from "node:assert/strict";
import { Site } from "../../gateway/config/schema.ts";
import type { ControlContext } from "../../gateway/control/contract.ts";
import { nullLogger } from "../../gateway/core/log.ts";
import { nullMetrics } from "../../gateway/core/metrics.ts";
import { createTimeFeature } from "../../gateway/time/feature.ts";
import type { HaldClient } from "../../hal/client.ts";
import { ManualTime } from "../support/manual_time.ts";
import { PROVEN, TimeLab } from "../support/time_lab.ts";
import { waitFor } from "../support/wait_for.ts";

const THREE_MINUTES = 181_000;

/** Time in control, in front of the real hald: its clock is the test's, so that three minutes pass at once. */
function control(lab: TimeLab, hald: HaldClient) {
  const time = new ManualTime();
  const standing = new Set<string>();
  const audited: string[] = [];
  const zones = [{ id: "ot", role: "ot", interface: "ot0", address: "10.20.0.1/24" }];
  const context = {
    site: Site.parse({ version: 1, site: { id: "g" }, network: { zones }, time: PROVEN }),
    files: { bytes: () => new Uint8Array(), text: () => lab.ca.pem },
    ...{ clock: time, timers: time, log: nullLogger, metrics: nullMetrics },
    audit: { record: ({ event }: { event: string }) => Promise.resolve({ sequence: audited.push(event) }) },
    alarms: {
      raise: ({ kind }: { kind: string }) => Promise.resolve(void standing.add(kind)),
      clear: (kind: string) => Promise.resolve(void standing.delete(kind)),
    },
  } as unknown as ControlContext;
  const feature = createTimeFeature({
    context,
    hald: { apply: (settings) => hald.call("time.apply", settings), report: () => hald.call("time.report", {}) },
    stations: { stations: () => [], factsOf: () => ({}) },
    presented: () => [],
  });
  /** What is seen now, and what stands after three more minutes of it. */
  const look = async () => {
    await feature.look();
    time.advance(THREE_MINUTES);
    await feature.look();
    return { box: feature.box()!, standing: [...standing] };
  };
  const text = async () => (await feature.commands!["time status"]!({}, "eva")).text;
  return { feature, audited, look, text, stop: () => feature.stop!() };
}

interface TimeSite extends ReturnType<typeof control> {
  readonly lab: TimeLab;
  readonly hald: HaldClient;
}
type Step = Pick<Deno.TestContext, "step">;

/** @returns what ends the box's chrony */
async function withoutServers(
  t: Step,
  { lab, hald, feature, audited, look, text }: TimeSite,
): Promise<() => Promise<void>> {
  // The verb writes what chrony is to do; the same again changes nothing.
  await waitFor("the configuration", async () => (await feature.look(), audited.length === 1));
  match(
    await Deno.readTextFile(`${lab.folder}/hald/bulkhead.conf`),
    /server 10\.99\.0\.9 .*nts[\s\S]*allow 10\.20\.0\.0\/24/,
  );
  const endBox = await lab.takeOver();
  await t.step(
    "failure matrix: time: every server / the box's clock: open: it runs on as it was last corrected",
    async () => {
      await waitFor("a server that is tried", async () => {
        await lab.writeReport();
        return (await hald.call("time.report", {})).sources.length === 1;
      });
      equal((await look()).box.state, "lost");
    },
  );
  await t.step(
    "failure matrix: time: every server / stations that ask: open: they get the box's own time, which says of itself that it follows nobody",
    async () => {
      equal((await lab.query("10.20.0.1")).code, 0);
      equal((await hald.call("time.report", {})).tracking?.stratum, 10);
    },
  );
  await t.step(
    "failure matrix: time: every server / people: open: `time status` says so, an alarm after three minutes",
    async () => {
      ok((await look()).standing.includes("time.servers.lost"));
      match(await text(), /THE BOX'S CLOCK FOLLOWS NOBODY: 10\.99\.0\.9 is unreachable/);
    },
  );
  await lab.server();
  await t.step(
    "failure matrix: time: every server / back in service: by itself within minutes, and the alarm ends",
    async () => {
      const followed = await waitFor("the server to be followed", async () => {
        await lab.hurry();
        await lab.writeReport();
        const seen = await look();
        return seen.box.state === "following" ? seen : undefined;
      }, 60_000);
      ok(!followed.standing.includes("time.servers.lost"));
      ok((await hald.call("time.report", {})).sources[0]!.nts!.cookies > 0);
    },
  );
  return endBox;
}

async function withoutChrony(t: Step, { lab, look, text }: TimeSite, endBox: () => Promise<void>): Promise<void> {
  await endBox();
  await t.step("failure matrix: time: chrony / the box's clock: open: it runs on, uncorrected", async () => {
    await lab.writeReport(200); // three minutes later nobody has written a newer one
    equal((await look()).box.state, "unknown");
  });
  await t.step(
    "failure matrix: time: chrony / stations that ask: closed: nobody answers, they go by their own clocks",
    async () => {
      ok((await lab.query("10.20.0.1")).code !== 0);
    },
  );
  await t.step(
    "failure matrix: time: chrony / people: open: `time status` says how old the last report is, an alarm after three minutes",
    async () => {
      ok((await look()).standing.includes("time.service.silent"));
      match(await text(), /chrony's report is 2\d\d seconds old/);
    },
  );
  await lab.takeOver();
  await t.step("failure matrix: time: chrony / back in service: by itself, once systemd has it back", async () => {
    await waitFor("the server to be followed", async () => {
      await lab.writeReport();
      return (await look()).box.state === "following";
    }, 60_000);
    deepEqual((await look()).standing, []);
  });
}

async function withoutHald(t: Step, { lab, look, text }: TimeSite): Promise<void> {
  await lab.killHald();
  await t.step("failure matrix: time: hald / the box's clock: open: chrony needs no hald", async () => {
    equal((await lab.ask(lab.gw, "gw")).code, 0);
  });
  await t.step("failure matrix: time: hald / stations that ask: open: chrony needs no hald", async () => {
    equal((await lab.query("10.20.0.1")).code, 0);
  });
  await t.step(
    "failure matrix: time: hald / people: closed: `time status` says that nothing is known, an alarm after three minutes",
    async () => {
      ok((await look()).standing.includes("time.service.silent"));
      match(await text(), /Nothing is known of the box's clock: hald does not answer/);
    },
  );
  await lab.startHald();
  await t.step("failure matrix: time: hald / back in service: by itself within seconds", async () => {
    await lab.writeReport();
    await waitFor("hald", async () => (await look()).box.state === "following");
    deepEqual((await look()).standing, []);
  });
}

Deno.test("failure matrix: time", async (t) => {
  await using lab = await TimeLab.make();
  const hald = await lab.startHald();
  const site = { lab, hald, ...control(lab, hald) };
  const endBox = await withoutServers(t, site);
  await withoutChrony(t, site, endBox);
  await withoutHald(t, site);
  await site.stop();
});
