import type { Answers } from "./console_rig.ts";

const step = (en: string, de: string) => ({ en, de });
const JOB = { station: "CP001", who: "anna", at: "2026-11-21T11:50:00.000Z", text: "" };

/** What drivers can do at a controller, what is under way there and what was fetched from it. */
export const DEVICE_ANSWERS: Answers = {
  "command device capabilities": {
    ...{ station: "CP001", driver: "charx", prove: true },
    can: ["configuration", "firmware", "logs", "password", "read", "reboot", "version", "write"],
    needs: {
      ...{ configuration: "operator", firmware: "manufacturer", logs: "operator", read: "user", reboot: "operator" },
      ...{ version: "user", write: "user" },
    },
    passwords: ["user", "operator", "manufacturer"],
    steps: { password: step("Open the legacy page.", "Öffnen Sie die Legacy-Seite.") },
  },
  "command device check": { text: "role      account\noperator  operator  default", data: {}, ok: false },
  "command device download": { text: "It has begun at CP001", data: {} },
  "command device file": {
    ...{ id: "f1", station: "CP001", fileName: 'logs "1".zip', bytes: 7, from: 0 },
    piece: btoa("the zip"),
  },
  "command device files": {
    files: [
      { id: "f1", station: "CP001", what: "logs", fileName: "logs.zip", bytes: 1_204_332, who: "anna", at: JOB.at },
      {
        id: "f2",
        station: "CP005",
        what: "configuration",
        fileName: "CP005.json",
        bytes: 900,
        who: "anna",
        at: JOB.at,
      },
    ],
  },
  "command device firmware": { text: "It has begun at CP001", data: {} },
  "command device import": { text: "It has begun at CP001", data: {} },
  "command device jobs": {
    jobs: [
      { ...JOB, id: "j3", what: "firmware", state: "running", bytes: 12_000_000, ofBytes: 48_234_496 },
      { ...JOB, id: "j2", what: "logs", state: "done", text: "logs.zip, 1204332 bytes, is kept sealed as f1" },
      { ...JOB, id: "j1", what: "write", state: "failed", text: "CP001: busy: jonas has the controller" },
    ],
  },
  "command device password": { text: "CP001 has the new password of the operator, proven by a login.", data: {} },
  "command device prove": { text: "The site's password of the operator at CP001 is right.", data: {} },
  "command device reboot": { text: "CP001 restarts.", data: {} },
  "command device settings": { settings: { OperatorCurrentLimit_vehicleif: "16", ChargePointID_ocpp: "CP001" } },
  "command device version": { text: "CP001 says that it runs 5.33.11-21500.", data: { version: "5.33.11-21500" } },
  "command station login-retry": { text: "2 failed logins at CP001 forgiven: the next request tries again.", data: {} },
  "command station pin approve": { text: "Approved: the pages of CP001 open to SHA-256 cdcdcdcd.", data: {} },
  "command station pin show": {
    station: "CP001",
    approved: { fingerprint: "ab".repeat(32), text: "CN=CP001, X.509 v3", source: "file" },
    presented: { fingerprint: "cd".repeat(32), text: "CN=CP001, X.509 v3", at: Date.parse(JOB.at) },
  },
};
