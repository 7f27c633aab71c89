import type { Answers } from "./console_rig.ts";
import { RIG_NOW } from "./console_rig.ts";

const score = (met: number, failed: number, unknown: number, waived: number, percent: number) => ({
  ...{ met, failed, unknown, waived, percent },
});
const failed = (...lines: readonly string[]) => lines.map((line) => ({ line, outcome: "failed", why: "it is not so" }));

/** CP005 as an installation of some years is: one thing drifted, one nobody looked at, one that somebody answers for. */
const CP005 = {
  subject: "CP005",
  score: score(2, 3, 1, 1, 38),
  readAt: RIG_NOW - 7_200_000,
  findings: [
    {
      ...{ line: "BC-H02", outcome: "failed", why: "FreeCharging is true, wanted off", at: RIG_NOW - 7_200_000 },
      ...{ guide: "bender-5.32", title: "Free charging is off", severity: "high", source: "maker's hardening list" },
      remedy: { kind: "guided", text: "Authorization > Free charging = Off, unless this site gives power away" },
    },
    {
      ...{ line: "BC-H04", outcome: "failed", why: "AutochargeConfig is On, wanted off", at: RIG_NOW - 7_200_000 },
      ...{ guide: "bender-5.32", title: "Autocharge is off", severity: "medium", source: "maker's hardening list" },
      remedy: { kind: "one-click", text: "Autocharge = Off: a vehicle's MAC address proves nothing" },
      fix: "autocharge",
    },
    {
      ...{ line: "EV-23", outcome: "failed", why: "last confirmed by anna 97 days ago, wanted every 90 days" },
      ...{ guide: "evlink-pro-dc", title: "The station was inspected for tampering", severity: "medium" },
      ...{ source: "D3999124-00, physical security", at: RIG_NOW - 97 * 86_400_000 },
      remedy: { kind: "guided", text: "Look at the station and write down what you saw" },
      ask: "Housing, lock, cables and the place around: nothing added, opened or bent?",
    },
    {
      ...{ line: "BC-06", outcome: "unknown", why: "nobody has confirmed it yet", guide: "bender-5.32" },
      ...{ title: "A reset PUK of 8 to 100 characters is set", severity: "medium", source: "manual 5.32" },
      remedy: { kind: "guided", text: "Set a PUK of 8 to 100 characters and put it in the safe" },
      ask: "Is a Reset-Password PUK set, and kept where only the right people find it?",
    },
    {
      ...{ line: "BC-H03", outcome: "waived", guide: "bender-5.32", title: "Secure RFID is enforced" },
      why: "EnforceSecureRFID is off, wanted on; eva answers for it: badges are replaced in March",
      ...{ severity: "medium", source: "maker's hardening list", at: RIG_NOW - 7_200_000 },
      remedy: { kind: "guided", text: "Authorization > RFID settings > Secure RFID enforcement = On" },
    },
    ...["OCPP-02", "OCPP-03"].map((line) => ({
      ...{ line, outcome: "met", why: "security-profile is 2", at: RIG_NOW - 60_000, guide: "ocpp-security" },
      ...{ title: "The connection is encrypted", severity: "high", source: "A00.FR.301" },
      remedy: { kind: "one-click", text: "`station climb`" },
    })),
  ],
};

const setting = (setting: string, state: string, name: string, has: string | undefined, wanted: string) => ({
  ...{ setting, state, name, wanted, way: "ocpp1.6", fixedBy: setting === "secure-rfid" ? "people" : "gateway" },
  ...{ title: TITLES[setting], source: "maker's hardening list", at: RIG_NOW - 7_200_000 },
  ...has === undefined ? {} : { has },
  why: has === undefined ? "it did not answer" : `${name} is ${has}`,
});
const TITLES: Readonly<Record<string, string>> = {
  "autocharge": "Autocharge is off",
  "log-level": "The log level is INFO or WARN",
  "secure-rfid": "Secure RFID is enforced",
  "semp": "SEMP is off",
  "wan-router": "The WAN router is off",
};
const BENDER = { profile: "bender-cc", title: "Bender and ebee charge controllers, CC612, CC613, ICC13xx to ICC16xx" };

/** CP005 with three settings that drifted, one of which only people change. */
const GOLDEN_CP005 = {
  ...{ station: "CP005", ...BENDER },
  findings: [
    setting("autocharge", "drifted", "AutochargeConfig", "On", "Off"),
    setting("log-level", "drifted", "LogLevel", "DEBUG", "INFO"),
    setting("secure-rfid", "drifted", "EnforceSecureRFID", "Off", "On"),
    setting("semp", "same", "SempGatewayConfigOnOff", "Off", "Off"),
    setting("wan-router", "unknown", "WANRouter", undefined, "Off"),
  ],
};

const item = (name: string, value: string, before: string, outcome?: string) => ({
  ...{ setting: name, way: "ocpp1.6", name, value, before },
  ...outcome === undefined ? {} : { outcome },
});
const FIXES = [
  {
    ...{ id: "F1", station: "CP001", profile: "bender-cc", state: "done", madeBy: "eva", approvedBy: "otto" },
    ...{ madeAt: RIG_NOW - 90_000_000, at: RIG_NOW - 86_400_000, why: "2 of 2 settings are as wanted" },
    items: [item("LogLevel", "INFO", "DEBUG", "applied"), item("MennekesASKI", "Off", "On", "applied")],
  },
  {
    ...{ id: "F2", station: "CP006", profile: "bender-cc", state: "failed", madeBy: "eva", approvedBy: "otto" },
    ...{ madeAt: RIG_NOW - 9_000_000, at: RIG_NOW - 7_200_000 },
    why: "0 of 1 settings are as wanted. WANRouter: it refused the value, or nobody may write it",
    items: [item("WANRouter", "Off", "On", "rejected")],
  },
  {
    ...{
      id: "F3",
      station: "CP002",
      profile: "bender-cc",
      state: "waits",
      madeBy: "otto",
      reason: "hardening of level 1",
    },
    ...{ madeAt: RIG_NOW - 600_000, at: RIG_NOW - 600_000, items: [item("AutochargeConfig", "Off", "On")] },
  },
];
const ROLLOUTS = [
  {
    ...{ id: "R1", profile: "evlink-parking", state: "done", madeBy: "eva", approvedBy: "otto", stopAfter: 1 },
    ...{ madeAt: RIG_NOW - 90_000_000, at: RIG_NOW - 80_000_000, why: "12 of 12 stations are as wanted" },
    settings: [{ id: "vehicle-detection", ways: { "ocpp1.6": { name: "enableevdetection", value: "true" } } }],
    stations: Array.from({ length: 12 }, (_, at) => `EV${at + 1}`),
    results: Object.fromEntries(
      Array.from({ length: 12 }, (_, at) => [`EV${at + 1}`, { outcome: "done", fix: `F${at + 10}`, why: "as wanted" }]),
    ),
  },
  {
    ...{ id: "R2", profile: "ocpp-baseline", state: "stopped", madeBy: "otto", approvedBy: "eva", stopAfter: 1 },
    ...{ madeAt: RIG_NOW - 9_000_000, at: RIG_NOW - 1_800_000, reason: "badges offline, ticket 4711" },
    why: "1 station failed; 2 stations are left as they are",
    settings: [{ id: "offline-unknown", ways: { "ocpp1.6": { name: "AllowOfflineTxForUnknownId", value: "false" } } }],
    stations: ["CP007", "CP008", "CP009", "CP010"],
    results: {
      CP007: { outcome: "done", fix: "F30", why: "1 of 1 settings are as wanted" },
      CP008: { outcome: "failed", fix: "F31", why: "it refused the value, or nobody may write it" },
    },
  },
];
const REPORT = JSON.stringify({
  ...{ report: "posture", site: "garage-12", name: "Parking garage, Main Street", made: "2026-11-21T12:00:00.000Z" },
  ...{ by: "anna", score: score(310, 21, 64, 3, 71), guides: [{ id: "bender-5.32", title: "Bender 5.32" }], trend: [] },
  subjects: [
    { subject: "gateway", judged: false },
    { subject: "CP005", judged: true, score: CP005.score, lines: CP005.findings },
  ],
  notChecked: [{ subject: "CP005", line: "BC-06", why: "nobody has confirmed it yet" }],
});

const hit = (station: string, unit: string | undefined, state: string) => ({
  ...{ station, state, weaknesses: ["CVE-2026-8979"], why: "it is CC613 with 5.33.2" },
  ...unit === undefined ? {} : { unit },
});
const ADVISORIES = [
  {
    ...{ id: "VDE-2026-031", title: "Passwords can be set without a login", publisher: "Bender GmbH & Co. KG" },
    ...{ version: "2", releasedAt: RIG_NOW - 30 * 86_400_000, cves: ["CVE-2026-8979", "CVE-2026-8980"], score: 9.8 },
    ...{ severity: "critical", provenBy: "sha256" },
    stations: [
      hit("CP001", "bay-01", "affected"),
      hit("CP005", "bay-05", "affected"),
      hit("CP014", undefined, "possible"),
    ],
  },
  {
    ...{ id: "SEVD-2026-102-01", title: "Path traversal in EVLink WallBox", publisher: "Schneider Electric" },
    ...{ version: "1.0.0", releasedAt: RIG_NOW - 60 * 86_400_000, cves: ["CVE-2025-5740"], score: 7.2, stations: [] },
  },
];

const VERDICT = {
  ...ADVISORIES[0]!,
  weaknesses: [
    {
      ...{ id: "CVE-2026-8979", title: "Missing authentication for a critical function", score: 9.8 },
      remedies: ["Update to 5.34.0 or newer"],
    },
    { id: "CVE-2026-8980", score: 7.1, remedies: [] },
  ],
};

/** Two months: a fall when a guide was added, then steps up; the box was off for three days. */
const TREND = [52, 53, 53, 58, 60, 60, 61, 44, 44, 47, 47, 51, 55, 55, 60, 62, 62, 66, 68, 68, 71].map((
  percent,
  at,
) => ({
  day: new Date(Date.UTC(2026, 8, 22) + (at < 12 ? at : at + 3) * 2 * 86_400_000).toISOString().slice(0, 10),
  ...{ percent, failed: 40 - at, unknown: 64 },
}));

/** What the posture pages ask, as a garage in use answers it. */
export const POSTURE_ANSWERS: Answers = {
  "command posture": {
    site: score(310, 21, 64, 3, 71),
    subjects: [
      { subject: "gateway", score: score(24, 2, 4, 0, 78), findings: failed("CR-7.3", "ETSI-5.9") },
      { subject: "CP001", score: score(31, 0, 0, 0, 100), findings: [] },
      { subject: "CP002", score: score(28, 0, 3, 0, 88), findings: [] },
      { subject: "CP005", score: CP005.score, findings: failed("BC-H02", "EV-23") },
      {
        subject: "CP006",
        score: score(12, 6, 8, 2, 44),
        findings: failed("OCPP-02", "EV-08", "EV-25", "UK-3", "BC-H01", "BC-H09"),
      },
      { subject: "CP014" },
    ],
    trend: TREND,
    units: [
      { unit: "bay-05", stations: ["CP005", "CP006"], score: score(14, 9, 9, 3, 42) },
      { unit: "bay-07", stations: ["CP001", "CP002"], score: score(59, 0, 3, 0, 94) },
    ],
  },
  "command posture golden": ({ args }: { args?: { station?: string } }) =>
    args?.station === undefined
      ? [
        { station: "CP001", ...BENDER, findings: [setting("semp", "same", "SempGatewayConfigOnOff", "Off", "Off")] },
        { station: "CP002", ...BENDER, findings: [GOLDEN_CP005.findings[0]], fix: FIXES[2] },
        GOLDEN_CP005,
        { station: "CP014", findings: [] },
      ]
      : GOLDEN_CP005,
  "command posture golden fixes": FIXES,
  "command posture golden fix": FIXES[2],
  "command posture golden approve": FIXES[2],
  "command posture golden cancel": FIXES[2],
  "command posture golden undo": FIXES[2],
  "command posture rollout": ROLLOUTS,
  "command posture rollout ask": ROLLOUTS[1],
  "command posture rollout approve": ROLLOUTS[1],
  "command posture rollout cancel": ROLLOUTS[1],
  "command posture rollout resume": ROLLOUTS[1],
  "command posture advisory list": ADVISORIES,
  "command posture advisory import": VERDICT,
  "command posture advisory show": VERDICT,
  "command posture advisory withdraw": VERDICT,
  "command posture advisory remove": { id: "VDE-2026-031" },
  "command posture show": CP005,
  "command posture run": CP005,
  "command posture confirm": CP005,
  "command posture waive": CP005,
  "command posture unwaive": CP005,
  "command posture report": ({ args: { format } }: { readonly args: { readonly format?: string } }) =>
    format === undefined ? { report: REPORT, keyId: "0123456789abcdef", signature: "c2lnbmVk" } : {
      name: `posture.${format}`,
      type: format === "pdf" ? "application/pdf" : "text/html",
      base64: btoa("%PDF-1.7"),
    },
};
