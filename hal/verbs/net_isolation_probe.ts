import { HeardDevices, ProbeTargets } from "../isolation_probe.ts";
import { object, text } from "../schema.ts";
import { defineVerb } from "../verb.ts";
import { needIsolationProbe } from "./need.ts";

/** Asks from a spare interface what a station's port could ask, and tells who was heard: ARP, multicast, IPv6. */
export const netIsolationProbe = defineVerb({
  name: "net.isolation-probe",
  permission: "act",
  args: object({ interface: text({ min: 1, max: 15, form: /^[A-Za-z0-9._:@-]+$/ }), targets: ProbeTargets }),
  answer: object({ devices: HeardDevices }),
  run: async ({ interface: name, targets }, box) => ({ devices: await needIsolationProbe(box).probe(name, targets) }),
});
