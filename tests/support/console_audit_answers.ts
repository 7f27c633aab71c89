import { type Answers, RIG_NOW } from "./console_rig.ts";

/** What the page about reviews and digests of the audit chain asks, as a garage in use answers it. */
export const AUDIT_ANSWERS: Answers = {
  "command audit digest": {
    ...{ site: "Main Street", from: RIG_NOW - 5 * 86_400_000, to: RIG_NOW },
    digest: {
      records: 1_204,
      parts: {
        "sign-ins": [{ what: "people.login.refused", count: 4, by: ["otto", "anna"] }],
        "refusals": [
          { what: "modbus.default", count: 311, by: ["ems"] },
          { what: "firmware.upload-host", count: 2, by: ["CP005"] },
        ],
        "firmware": [{ what: "FirmwareUpdated", count: 1, by: ["CP002"] }],
        "restarts": [],
        "stations": [{ what: "TamperDetectionActivated", count: 1, by: ["CP006"] }],
        "changes": [{ what: "people.grant.added", count: 2, by: ["eva"] }],
        "alarms": [{ what: "alarm.raised", count: 9, by: ["csms.link.down", "and 3 more"] }],
      },
    },
    settings: { every: "weekly", hour: 7, receivers: ["hook", "ops-mail"] },
    ...{ reviewDays: 30, reviewDueAt: RIG_NOW - 3 * 86_400_000 },
  },
  "command audit digest-send": { receivers: ["hook", "ops-mail"] },
  "command audit review": ({ args }: { readonly args: Readonly<Record<string, unknown>> }) =>
    args["list"] === true
      ? [
        { who: "ida", at: RIG_NOW - 33 * 86_400_000, sequence: 16_002, note: "three refused logins, all of otto" },
        { who: "eva", at: RIG_NOW - 64 * 86_400_000, sequence: 14_870 },
      ]
      : { who: "eva", at: RIG_NOW, sequence: 18_204, ...args },
};
