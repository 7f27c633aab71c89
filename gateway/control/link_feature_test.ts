import { deepEqual, equal } from "node:assert/strict";
import type { NetworkLink } from "../../hal/network_links.ts";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { nullLogger } from "../core/log.ts";
import type { ControlContext } from "./contract.ts";
import type { Foundation } from "./foundation.ts";
import { createLinkFeature, LINK_LOOK_MS } from "./link_feature.ts";

const UP: NetworkLink = { index: 2, name: "eth1", mac: "02:00:00:00:00:01", mtu: 1_500, up: true, carrier: true };

function rig(links: () => readonly NetworkLink[]) {
  const time = new ManualTime();
  const told: string[] = [];
  const context = {
    timers: time,
    log: nullLogger,
    site: { network: { zones: [{ id: "ot", role: "ot", interface: "eth1" }] } },
    alarms: {
      raise: ({ subject, detail }: { subject: string; detail: string }) =>
        Promise.resolve(void told.push(`${subject}: ${detail}`)),
      clear: (_: string, subject: string) => Promise.resolve(void told.push(`${subject} over`)),
    },
  } as unknown as ControlContext;
  const hald = { call: () => Promise.resolve().then(() => ({ links: links() })) } as unknown as Foundation["hald"];
  const feature = createLinkFeature({ context, hald });
  const look = async () => {
    time.advance(LINK_LOOK_MS);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    return told.splice(0);
  };
  return { time, feature, look };
}

Deno.test("links: a zone whose cable is pulled, whose interface is off or gone is an alarm, and over when it is back", async () => {
  let links: readonly NetworkLink[] = [UP];
  const { feature, look, time } = rig(() => links);
  deepEqual(await look(), ["ot over"]);
  links = [{ ...UP, carrier: false }];
  deepEqual(await look(), ["ot: interface eth1 has no carrier: no cable, or nothing at its other end"]);
  links = [{ ...UP, up: false, carrier: false }];
  deepEqual(await look(), ["ot: interface eth1 is switched off"]);
  links = [];
  deepEqual(await look(), ["ot: there is no interface eth1"]);
  links = [UP];
  deepEqual(await look(), ["ot over"]);
  await feature.stop!();
  equal(time.armed, 0);
});

Deno.test("links: while hald is away nothing is said, and without hald nothing is watched", async () => {
  const { look, feature } = rig(() => {
    throw new Error("hald is away");
  });
  deepEqual(await look(), []);
  await feature.stop!();
  equal(createLinkFeature({ context: {} as ControlContext, hald: undefined }).stop, undefined);
});
