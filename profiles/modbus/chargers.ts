import type { ProfileSource } from "./source.ts";

const SCHNEIDER = "evcc charger/schneider-v3.go (GEX1969300-04)";
const EVCC = "evcc charger source";

const GUIDE = "GEX1969300-04, as read by a register library and a building controller";
const CAPTURE = "raw frames of a charging EVlink Pro AC (evcc PR 9436): 13.48 A, 237 V, 9.55 kW";

/** Schneider EVlink Pro AC; unit id 255. */
export const EVLINK_PRO_AC: ProfileSource = {
  id: "evlink-pro-ac",
  name: "Schneider EVlink Pro AC",
  wordOrder: "little",
  notes:
    "Another reader has the most significant register of floats first; frames of a real one say least significant first. " +
    "Unmapped registers in 2999-3222 and 4000-4079 read 0xFFFF. Function code 4 is used by another reader.",
  points: [
    { name: "vehicle-state", at: 1, source: SCHNEIDER, rung: "third-party" },
    { name: "ocpp-status", at: 150, source: SCHNEIDER, rung: "third-party" },
    { name: "vehicle-present", at: 1150, source: SCHNEIDER, rung: "third-party" },
    { name: "firmware", at: 1212, type: "bits", length: 3, wordOrder: "big", source: SCHNEIDER, rung: "third-party" },
    { name: "current-l1", at: 2999, type: "f32", unit: "A", source: CAPTURE, rung: "bench" },
    { name: "current-l2", at: 3001, type: "f32", unit: "A", source: CAPTURE, rung: "bench" },
    { name: "current-l3", at: 3003, type: "f32", unit: "A", source: CAPTURE, rung: "bench" },
    { name: "voltage-l1", at: 3027, type: "f32", unit: "V", source: CAPTURE, rung: "bench" },
    { name: "voltage-l2", at: 3029, type: "f32", unit: "V", source: CAPTURE, rung: "bench" },
    { name: "voltage-l3", at: 3031, type: "f32", unit: "V", source: CAPTURE, rung: "bench" },
    { name: "power-total", at: 3059, type: "f32", unit: "kW", source: CAPTURE, rung: "bench" },
    { name: "current-average", at: 3009, type: "f32", unit: "A", source: GUIDE, rung: "third-party" },
    { name: "voltage-average", at: 3035, type: "f32", unit: "V", source: GUIDE, rung: "third-party" },
    { name: "power-l1", at: 3053, type: "f32", unit: "kW", source: GUIDE, rung: "third-party" },
    { name: "power-l2", at: 3055, type: "f32", unit: "kW", source: GUIDE, rung: "third-party" },
    { name: "power-l3", at: 3057, type: "f32", unit: "kW", source: GUIDE, rung: "third-party" },
    { name: "power-reactive", at: 3067, type: "f32", unit: "kvar", source: GUIDE, rung: "third-party" },
    { name: "power-apparent", at: 3075, type: "f32", unit: "kVA", source: GUIDE, rung: "third-party" },
    { name: "power-factor", at: 3083, type: "f32", source: GUIDE, rung: "third-party" },
    { name: "frequency", at: 3109, type: "f32", unit: "Hz", source: SCHNEIDER, rung: "third-party" },
    { name: "energy-total", at: 3203, type: "u64", unit: "Wh", source: SCHNEIDER, rung: "third-party" },
    {
      name: "life-bit",
      at: 4000,
      class: "commanded",
      access: "read-write",
      legal: [1],
      meanings: { 0: "reset", 1: "alive", 2: "watchdog off" },
      heartbeat: true,
      source: SCHNEIDER,
      rung: "third-party",
    },
    {
      name: "command",
      at: 4001,
      class: "commanded",
      access: "read-write",
      legal: [3, 7, 8],
      restricted: [9, 40, 41],
      meanings: { 3: "stop", 7: "suspend", 8: "restart", 9: "reboot", 40: "available", 41: "unavailable" },
      idempotent: false,
      source: SCHNEIDER,
      rung: "third-party",
    },
    { name: "command-status", at: 4002, type: "u32", source: SCHNEIDER, rung: "third-party" },
    {
      name: "current-limit",
      at: 4004,
      unit: "A",
      class: "commanded",
      access: "read-write",
      legal: [0, [6, 32]],
      source: SCHNEIDER,
      rung: "third-party",
    },
    {
      name: "fallback-current-1-phase",
      at: 4005,
      unit: "A",
      class: "protected",
      access: "read-write",
      legal: [0, [6, 32]],
      source: SCHNEIDER,
      rung: "third-party",
    },
    {
      name: "fallback-current-3-phase",
      at: 4006,
      unit: "A",
      class: "protected",
      access: "read-write",
      legal: [0, [6, 32]],
      source: SCHNEIDER,
      rung: "third-party",
    },
    { name: "charging-time", at: 4007, type: "u32", unit: "s", source: SCHNEIDER, rung: "third-party" },
    { name: "session-time", at: 4009, type: "u32", unit: "s", source: SCHNEIDER, rung: "third-party" },
    { name: "stop-cause", at: 4011, source: SCHNEIDER, rung: "third-party" },
    { name: "session-energy", at: 4012, type: "u32", unit: "Wh", source: SCHNEIDER, rung: "third-party" },
    { name: "error-groups", at: 4020, type: "bits", length: 2, source: GUIDE, rung: "third-party" },
    { name: "errors", at: 4022, type: "bits", length: 2, source: GUIDE, rung: "third-party" },
    { name: "model", at: 4040, source: GUIDE, rung: "third-party" },
    { name: "reference", at: 4060, type: "ascii", length: 10, wordOrder: "big", source: GUIDE, rung: "third-party" },
  ],
};

/** Alfen Eve and relatives. */
export const ALFEN: ProfileSource = {
  id: "alfen",
  name: "Alfen Eve, Active load balancing over TCP",
  points: [
    {
      name: "current-limit",
      at: 1210,
      type: "f32",
      unit: "A",
      class: "commanded",
      access: "read-write",
      legal: [0, [6, 32]],
      source: EVCC,
      rung: "third-party",
    },
    {
      name: "phases",
      at: 1215,
      class: "commanded",
      access: "read-write",
      legal: [1, 3],
      source: EVCC,
      rung: "third-party",
    },
  ],
};

/** ABB Terra AC. */
export const ABB_TERRA_AC: ProfileSource = {
  id: "abb-terra-ac",
  name: "ABB Terra AC",
  points: [
    {
      name: "current-limit",
      at: 0x4100,
      type: "u32",
      scale: 0.001,
      unit: "A",
      class: "commanded",
      access: "write",
      legal: [0, [6, 32]],
      source: EVCC,
      rung: "third-party",
    },
    {
      name: "session",
      at: 0x4105,
      class: "commanded",
      access: "write",
      legal: [0, 1],
      meanings: { 0: "start", 1: "stop" },
      idempotent: false,
      source: EVCC,
      rung: "third-party",
    },
  ],
};

/** KEBA P30 and P40. */
export const KEBA: ProfileSource = {
  id: "keba",
  name: "KEBA KeContact P30, P40",
  points: [
    { name: "session-badge", at: 1500, type: "u32", class: "personal", source: EVCC, rung: "third-party" },
    {
      name: "current-limit",
      at: 5004,
      scale: 0.001,
      unit: "A",
      class: "commanded",
      access: "write",
      legal: [0, [6, 32]],
      source: EVCC,
      rung: "third-party",
    },
    { name: "enable", at: 5014, class: "commanded", access: "write", legal: [0, 1], source: EVCC, rung: "third-party" },
    {
      name: "failsafe-timeout",
      at: 5018,
      unit: "s",
      class: "protected",
      access: "write",
      source: EVCC,
      rung: "third-party",
    },
    { name: "phases", at: 5052, class: "commanded", access: "write", legal: [0, 1], source: EVCC, rung: "third-party" },
  ],
};

/** Heidelberg Energy Control; RTU at 19200 8E1. */
export const HEIDELBERG: ProfileSource = {
  id: "heidelberg-ec",
  name: "Heidelberg Energy Control (RTU, 19200 8E1)",
  points: [
    {
      name: "watchdog-timeout",
      at: 257,
      unit: "ms",
      class: "protected",
      access: "read-write",
      legal: [[1, 65535]],
      restricted: [0],
      meanings: { 0: "watchdog off" },
      source: EVCC,
      rung: "third-party",
    },
    { name: "standby", at: 258, class: "protected", access: "read-write", source: EVCC, rung: "third-party" },
    { name: "lock", at: 259, class: "protected", access: "read-write", source: EVCC, rung: "third-party" },
    {
      name: "current-limit",
      at: 261,
      scale: 0.1,
      unit: "A",
      class: "commanded",
      access: "read-write",
      legal: [0, [6, 16]],
      source: EVCC,
      rung: "third-party",
    },
    {
      name: "failsafe-current",
      at: 262,
      scale: 0.1,
      unit: "A",
      class: "protected",
      access: "read-write",
      legal: [0, [6, 16]],
      source: EVCC,
      rung: "third-party",
    },
  ],
};

/** Mennekes AMTRON Compact and 4You 300; RTU at 57600 8N2. The heartbeat is due within 10 s. */
export const MENNEKES_COMPACT: ProfileSource = {
  id: "mennekes-compact",
  name: "Mennekes AMTRON Compact, 4You 300 (RTU, 57600 8N2)",
  points: [
    {
      name: "current-limit",
      at: 0x0302,
      type: "f32",
      unit: "A",
      class: "commanded",
      access: "read-write",
      legal: [0, [6, 32]],
      source: EVCC,
      rung: "third-party",
    },
    {
      name: "authorisation",
      at: 0x0312,
      class: "credential",
      access: "read-write",
      idempotent: false,
      source: EVCC,
      rung: "third-party",
    },
    {
      name: "heartbeat",
      at: 0x0d00,
      class: "commanded",
      access: "write",
      legal: [0x55aa],
      heartbeat: true,
      source: EVCC,
      rung: "third-party",
    },
    {
      name: "release",
      at: 0x0d05,
      class: "commanded",
      access: "read-write",
      legal: [0, 1],
      source: EVCC,
      rung: "third-party",
    },
  ],
};

/** Vestel EVC04 and relatives. */
export const VESTEL: ProfileSource = {
  id: "vestel-evc04",
  name: "Vestel EVC04",
  points: [
    {
      name: "phases",
      at: 405,
      class: "commanded",
      access: "read-write",
      legal: [0, 1],
      source: EVCC,
      rung: "third-party",
    },
    {
      name: "session-badge",
      at: 1516,
      type: "ascii",
      length: 15,
      class: "personal",
      source: EVCC,
      rung: "third-party",
    },
    {
      name: "failsafe-timeout",
      at: 2002,
      unit: "s",
      class: "protected",
      access: "read-write",
      source: EVCC,
      rung: "third-party",
    },
    {
      name: "current-limit",
      at: 5004,
      unit: "A",
      class: "commanded",
      access: "read-write",
      legal: [0, [6, 32]],
      source: EVCC,
      rung: "third-party",
    },
    {
      name: "alive",
      at: 6000,
      class: "commanded",
      access: "read-write",
      legal: [1],
      heartbeat: true,
      source: EVCC,
      rung: "third-party",
    },
  ],
};
