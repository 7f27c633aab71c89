import type { ProfileSource } from "./source.ts";

const NYMEA = "nymea schneidermodbustcpconnection.h";
const BOTH = "nymea schneidermodbustcpconnection.h and OpenEMS SchneiderImpl.java";
const OPENEMS = "OpenEMS SchneiderImpl.java";

/**
 * Schneider EVlink Parking, City and Smart Wallbox (firmware 3.x). Read by function code 3, power of the station by 4; written by
 * function code 6. Without a life bit it falls back to its degraded set point.
 */
export const EVLINK_PARKING: ProfileSource = {
  id: "evlink-parking",
  name: "Schneider EVlink Parking, City, Smart Wallbox",
  notes: "One reader takes the current of a phase from 35, the other from 352 and 354: the first looks like a slip.",
  points: [
    { name: "state", at: 6, source: BOTH, rung: "third-party" },
    { name: "charge-status", at: 9, source: BOTH, rung: "third-party" },
    { name: "command-status", at: 20, source: BOTH, rung: "third-party" },
    { name: "errors", at: 23, type: "bits", length: 2, source: BOTH, rung: "third-party" },
    { name: "charging-time", at: 30, type: "u32", unit: "s", source: BOTH, rung: "third-party" },
    {
      name: "command",
      at: 150,
      class: "commanded",
      access: "read-write",
      legal: [3, 4, 5],
      restricted: [6, 34],
      meanings: { 0: "acknowledged", 3: "stop", 4: "suspend", 5: "restart", 6: "unavailable", 34: "available" },
      idempotent: false,
      source: BOTH,
      rung: "third-party",
    },
    {
      name: "current-limit",
      at: 301,
      unit: "A",
      class: "commanded",
      access: "read-write",
      legal: [0, [6, 32]],
      source: BOTH,
      rung: "third-party",
    },
    {
      name: "cluster-current-limit",
      at: 310,
      unit: "A",
      class: "protected",
      access: "read-write",
      source: OPENEMS,
      rung: "third-party",
    },
    { name: "current-l1", at: 350, type: "f32", unit: "A", source: NYMEA, rung: "third-party" },
    { name: "current-l2", at: 352, type: "f32", unit: "A", source: NYMEA, rung: "third-party" },
    { name: "current-l3", at: 354, type: "f32", unit: "A", source: NYMEA, rung: "third-party" },
    { name: "energy-total", at: 356, type: "u32", unit: "Wh", source: NYMEA, rung: "third-party" },
    { name: "power-total", at: 358, table: "input", type: "f32", unit: "kW", source: NYMEA, rung: "third-party" },
    { name: "voltage-l1", at: 360, type: "f32", unit: "V", source: NYMEA, rung: "third-party" },
    { name: "voltage-l2", at: 362, type: "f32", unit: "V", source: NYMEA, rung: "third-party" },
    { name: "voltage-l3", at: 364, type: "f32", unit: "V", source: NYMEA, rung: "third-party" },
    {
      name: "life-bit",
      at: 932,
      class: "commanded",
      access: "read-write",
      legal: [1],
      heartbeat: true,
      source: BOTH,
      rung: "third-party",
    },
    { name: "degraded-mode", at: 933, source: BOTH, rung: "third-party" },
    { name: "session-time", at: 2004, type: "u32", unit: "s", source: NYMEA, rung: "third-party" },
  ],
};
