import type { Answers } from "./console_rig.ts";
import { RIG_NOW } from "./console_rig.ts";

/** What the page of names asks, as a garage in use answers it. */
export const NAMES_ANSWERS: Answers = {
  "command dns denied": [
    {
      ...{
        client: "CP003",
        isStation: true,
        source: "10.20.0.13",
        name: "telemetry.vendor.example",
        types: ["A", "AAAA"],
      },
      ...{ rule: "dns.default-deny", reason: "No rule allows this name", count: 1_204, observed: false },
      ...{ firstAt: RIG_NOW - 86_400_000, lastAt: RIG_NOW - 40_000 },
      howToAllow: "To allow it, add telemetry.vendor.example to dns.allow, or for this station alone add a rule with " +
        'names: [telemetry.vendor.example], stations: ["CP003"]',
    },
    {
      ...{
        client: "10.20.0.77",
        isStation: false,
        source: "10.20.0.77",
        name: "connectivity-check.example",
        types: ["A"],
      },
      ...{ rule: "dns.default-deny", reason: "No rule allows this name", count: 3, observed: false },
      ...{ firstAt: RIG_NOW - 600_000, lastAt: RIG_NOW - 500_000 },
      howToAllow: "To allow it, add connectivity-check.example to dns.allow",
    },
  ],
  "command dns forget": { text: "2 refused names are forgotten", data: { forgotten: 2 } },
  "command dns status": {
    upstreams: [{ id: "9.9.9.9:853", kind: "tls", state: "ok" }, { id: "dns.example", kind: "https", state: "away" }],
    cache: { entries: 12, bytes: 3_400 },
    outcomes: { cached: 812, refused: 1_207, own: 96, "looked-up": 40 },
    mode: "enforce",
    names: [
      { name: "csms.example", effect: "answer", rule: "dns.answers", who: "", answer: "10.20.0.1" },
      { name: "fw.vendor.example", effect: "allow", rule: "firmware", who: "vendor bender", answer: "" },
      { name: "*.ads.example", effect: "deny", rule: "never", who: "", answer: "" },
    ],
  },
};
