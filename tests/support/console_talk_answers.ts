import type { Answers } from "./console_rig.ts";

const RECORD = [
  ["11:58:00", "open", "from 10.20.0.11, ocpp1.6, profile 2"],
  ["11:58:01", "station", '[2,"17","BootNotification",{"chargePointVendor":"Bender","chargePointModel":"CC613"}]'],
  ["11:58:01", "csms", '[3,"17",{"status":"Accepted","currentTime":"2026-11-21T11:58:01Z","interval":300}]'],
  ["11:59:00", "station", '[2,"18","MeterValues",{"connectorId":1,"meterValue":[]}]'],
  ["11:59:00", "csms", '[4,"18","InternalError","",{}]'],
].map(([time, kind, text]) => JSON.stringify({ ts: `2026-11-21T${time}.000Z`, station: "CP001", kind, text })).join(
  "\n",
);

/** What a station said lately, and its security events. */
export const TALK_ANSWERS: Answers = {
  "command station record": ({ args }: { args: { station: string } }) => ({
    lines: args.station === "CP001" ? RECORD : "",
  }),
  "command security-events": ({ args }: { args: { subject?: string } }) =>
    args.subject !== undefined && args.subject !== "CP001" ? [] : [{
      ...{ subject: "CP001", type: "InvalidTLSCipherSuite", isCritical: false, origin: "gateway", count: 44 },
      ...{ info: "it offers no suite we have", first: "2026-11-21T11:20:00Z", last: "2026-11-21T11:59:15Z" },
    }, {
      ...{ subject: "CP001", type: "ResetOrReboot", isCritical: true, origin: "station", count: 1 },
      ...{ first: "2026-11-21T09:00:00Z", last: "2026-11-21T09:00:00Z" },
    }],
};
