import { RIG_NOW } from "./console_rig.ts";

const noOutcomes = {
  answered: 0,
  busy: 0,
  cached: 0,
  exception: 0,
  malformed: 0,
  "no-answer": 0,
  "no-path": 0,
  refused: 0,
};

export const MODBUS_LINES_STATE = {
  lines: [{
    ...{ id: "meters", kind: "serial", place: "/dev/ttyRS485 9600 even 1", state: "waiting", queued: 4 },
    ...{ busyMs: 1_512_000, utilisation: 0.42, latencyMs: { p50: 48, p99: 210 } },
    outcomes: { ...noOutcomes, answered: 31_482, cached: 90_211, exception: 4, "no-answer": 3, refused: 2 },
    notes: { timeout: 3, retry: 2, noise: 1 },
  }, {
    ...{ id: "annex", kind: "serial", place: "/dev/ttyUSB1 19200 even 1", state: "foreign", queued: 0 },
    ...{ busyMs: 0, utilisation: 0, latencyMs: { p50: 0, p99: 0 } },
    outcomes: { ...noOutcomes, "no-path": 212 },
    notes: { "foreign-client": 1 },
  }, {
    ...{ id: "cp001", kind: "tcp", place: "10.20.0.11:502", state: "closed", queued: 0, down: "connect ECONNREFUSED" },
    ...{ busyMs: 9_000, utilisation: 0, latencyMs: { p50: 12, p99: 35 } },
    outcomes: { ...noOutcomes, answered: 1_204, "no-path": 17, refused: 1 },
    notes: {},
  }],
  silent: ["meters 7"],
  clients: {
    "ems-1": { ...noOutcomes, answered: 30_120, cached: 60_400, refused: 3 },
    "scada": { ...noOutcomes, answered: 2_566, cached: 29_811, "no-path": 229 },
  },
  perMinute: { "ems-1": 1_263.6, "scada": 7.5 },
  refusals: [{
    ...{ at: RIG_NOW - 120_000, client: "ems-1", role: "GridServiceSunSpec", rule: "modbus.default-deny", unit: 11 },
    ...{ function: 6, points: "safe-current", reason: "No rule allows to write safe-current", listener: "ems" },
    isTrial: false,
  }],
};
