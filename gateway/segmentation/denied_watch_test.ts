import { deepEqual, equal } from "node:assert/strict";
import type { DeniedFlow, FirewallPath } from "../../hal/firewall.ts";
import { DeniedWatch, MANY_SUBJECT } from "./denied_watch.ts";
import { SEGMENTATION_LIMITS } from "./limits.ts";
import { GARAGE } from "./testing/garage.ts";

const denied = (source: string, packets = 1, part: Partial<DeniedFlow & { path: FirewallPath }> = {}) => ({
  ...{
    path: "input" as const,
    interface: "eth1",
    source,
    destination: "10.20.0.1",
    protocol: "tcp",
    port: 80,
    packets,
  },
  ...part,
});

Deno.test("denied watch: a device is raised when it begins and when it goes on, not while it rests", () => {
  const watch = new DeniedWatch();
  const raises = [1, 1, 2].map((packets, at) =>
    watch.look([denied("10.20.0.11", packets)], GARAGE, at * 1_000).raise.length
  );
  deepEqual(raises, [1, 0, 1]);
  const [flow] = watch.flows();
  deepEqual([flow?.firstAt, flow?.lastAt, flow?.zone], [0, 2_000, "ot"]);
});

Deno.test("denied watch: the box itself is a device; an uplink and people's zone are none", () => {
  const found = [
    denied("10.20.0.1", 1, { path: "output" }),
    denied("198.51.100.7", 1, { interface: "eth0" }),
    denied("10.99.0.50", 1, { interface: "eth0.99" }),
  ];
  deepEqual(new DeniedWatch().look(found, GARAGE, 0).raise.map(({ subject }) => subject), ["box"]);
});

Deno.test("denied watch: up to the limit each device is an alarm, all beyond it are one", () => {
  const watch = new DeniedWatch();
  const devices = Array.from({ length: SEGMENTATION_LIMITS.deniedAlarms + 3 }, (_, at) => denied(`10.20.0.${at + 10}`));
  const subjects = watch.look(devices, GARAGE, 0).raise.map(({ subject }) => subject);
  equal(subjects.length, SEGMENTATION_LIMITS.deniedAlarms + 1);
  equal(subjects.at(-1), MANY_SUBJECT);
});

Deno.test("denied watch: what the kernel forgot is forgotten, and its alarm ends after an hour of quiet", () => {
  const watch = new DeniedWatch();
  watch.look([denied("10.20.0.11")], GARAGE, 0);
  deepEqual(watch.look([], GARAGE, SEGMENTATION_LIMITS.deniedQuietMs - 1).clear, []);
  deepEqual(watch.flows(), []);
  deepEqual(watch.look([], GARAGE, SEGMENTATION_LIMITS.deniedQuietMs).clear, ["ot 10.20.0.11"]);
  equal(watch.look([denied("10.20.0.11")], GARAGE, SEGMENTATION_LIMITS.deniedQuietMs + 1).raise.length, 1);
});

Deno.test("denied watch: a rule that was loaded anew counts from nought, and that is no alarm", () => {
  const watch = new DeniedWatch();
  watch.look([denied("10.20.0.11", 100)], GARAGE, 0);
  deepEqual(watch.look([denied("10.20.0.11", 3)], GARAGE, 1).raise, []);
});

Deno.test("denied watch: the detail names five flows and counts the rest", () => {
  const flows = Array.from({ length: 7 }, (_, at) => denied("10.20.0.11", 1, { port: 80 + at }));
  const [alarm] = new DeniedWatch().look(flows, GARAGE, 0).raise;
  equal(
    alarm?.detail,
    "10.20.0.1 tcp/80, 10.20.0.1 tcp/81, 10.20.0.1 tcp/82, 10.20.0.1 tcp/83, 10.20.0.1 tcp/84, and 2 more",
  );
});
