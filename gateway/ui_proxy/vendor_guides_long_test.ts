import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { DeviceSession } from "../core/device_api.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import { alfenPages } from "../demo/controllers/alfen.ts";
import { BenderPages } from "../demo/controllers/bender.ts";
import { charxPages } from "../demo/controllers/charx.ts";
import { evlinkPages } from "../demo/controllers/evlink_parking.ts";
import { type SimPages, startDevice } from "../demo/controllers/simulated_device.ts";
import { type Answer, type Asked, FrontRig, NAVIGATION } from "./testing/front_rig.ts";
import type { WorkerDevice } from "./worker_config.ts";

/** One person at one simulated controller, through the real door. */
interface Visit {
  readonly rig: FrontRig;
  /** What reached the device, its logins left out. */
  readonly reached: () => readonly string[];
  ask(path: string, more?: Asked): Promise<Answer>;
  /** The rule of a refusal page, or the status of the device's answer. */
  outcome(path: string, more?: Asked): Promise<string>;
}

/** Opens a controller in a session like this. */
async function visit(
  pages: SimPages,
  options: {
    readonly session?: Partial<DeviceSession>;
    readonly device?: Partial<WorkerDevice>;
    readonly name?: string;
  },
  use: (visit: Visit) => Promise<void>,
): Promise<void> {
  const device = await startDevice(pages);
  const rig = await FrontRig.open([{
    station: "CP001",
    origins: [device.origin],
    ...options.device ? { device: options.device } : {},
  }]);
  try {
    const { name = "operator" } = options;
    rig.people.turn = { allowed: true, attempt: "1", account: { name, password: "right" } };
    const token = await rig.enter("CP001", options.session);
    const ask = (path: string, more: Asked = {}) => rig.ask(path, { token, ...more });
    await use({
      rig,
      reached: () => device.asked.filter((line) => !/login/i.test(line)),
      ask,
      outcome: async (path, more) => {
        const answer = await ask(path, { headers: { accept: "text/html", ...more?.headers }, ...more });
        return /\bui\.[a-z]+\.[A-Za-z0-9.-]+/.exec(answer.text)?.[0] ?? String(answer.status);
      },
    });
  } finally {
    await rig[Symbol.asyncDispose]();
    await device.close();
  }
}

const PASSWORDS = { user: "right", operator: "right", installer: "right", manufacturer: "right" };
const OLD = { firmware: "5.22.3-13400" };
const ALL = ["view", "edit", "secrets", "firmware", "reset"] as const;
/** The controller of the advisory: every hole is open. */
const vulnerable = () =>
  new BenderPages({ passwords: PASSWORDS, dialects: ["json", "legacyForm"], firmware: OLD.firmware });
const settings = (...params: readonly (readonly [key: string, value: string])[]): Asked => ({
  method: "POST",
  headers: { "content-type": "application/json;charset=UTF-8" },
  body: JSON.stringify({ params: params.map(([key, value]) => ({ key, value })) }),
});
const form = (body: string): Asked => ({
  method: "POST",
  headers: { "content-type": "application/x-www-form-urlencoded" },
  body,
});

Deno.test("CVE-2026-8979: without a session no form of a vulnerable controller sets a password, by any spelling of its path", async () => {
  const bender = vulnerable();
  await visit(bender.pages, {}, async ({ rig, reached }) => {
    for (
      const path of [
        "/legacy/operator/operator?UserPwdPlain_custom=mine&SUBMITTYPE=0d",
        "/operator/operator",
        "/legacy/%6Fperator/operator",
        "//legacy//operator/operator",
        "/legacy/./operator/operator",
        "/x/..%2flegacy/operator/operator",
      ]
    ) {
      const { status } = await rig.ask(path, form("UserPwdPlain_custom=mine&SUBMITTYPE=0d"));
      ok(status === 400 || status === 401, `${path}: ${status}`);
    }
    deepEqual(reached(), []);
    equal(bender.settings.has("UserPwdPlain_custom"), false);
  });
});

const PASSWORD_WRITES: readonly [what: string, path: string, asked: Asked][] = [
  ["JSON", "/json/settings.json", settings(["OperatorPwdPlain_custom", "mine"])],
  [
    "second of a JSON list",
    "/json/settings.json",
    settings(["LedBrightness_hmi", "1"], ["ManufacturerPwd_custom", "mine"]),
  ],
  ["another case", "/json/settings.json", settings(["manufacturerpwd_CUSTOM", "mine"])],
  ["an ending", "/json/settings.json", settings(["OperatorPwdPlain_custom_default", "mine"])],
  ["an escape", "/json/settings.json", {
    ...settings(),
    body: '{"params":[{"key":"Manufacturer\\u0050wd_custom","value":"mine"}]}',
  }],
  ["a member named twice", "/json/settings.json", {
    ...settings(),
    body: '{"params":[{"key":"LedBrightness_hmi","key":"ManufacturerPwd_custom","value":"mine"}]}',
  }],
  ["the query", "/legacy/operator/operator?OperatorPwdPlain_custom=mine&SUBMITTYPE=0d", form("")],
  ["the form", "/legacy/operator/operator", form("OperatorPwdPlain_custom=mine&SUBMITTYPE=0d")],
  ["a form with an encoding", "/legacy/operator/operator", form("Operator%50wdPlain_custom=mine")],
  ["another type", "/json/settings.json", {
    ...settings(["ManufacturerPwd_custom", "mine"]),
    headers: { "content-type": "text/plain" },
  }],
];
for (const [what, path, asked] of PASSWORD_WRITES) {
  Deno.test(`CVE-2026-8980: a user's session sets no password of a higher role, by ${what}`, async () => {
    const bender = vulnerable();
    const session = { deviceRole: "user", capabilities: ALL, grantsLegacy: true, ...OLD } as const;
    await visit(
      bender.pages,
      { session, name: "user", device: { oldPages: "allowed" } },
      async ({ outcome, reached, rig }) => {
        match(await outcome(path, asked), /^ui\./);
        deepEqual(reached(), []);
        if (what !== "the query") return; // it is told within five seconds
        await waitFor(
          "the refusal to be told",
          () => rig.people.requests.some(({ decision }) => decision === "refused"),
        );
        equal(JSON.stringify(rig.people.requests).includes("mine"), false, "no value in the audit");
      },
    );
    deepEqual([...bender.settings.keys()].filter((key) => /pwd/i.test(key)), []);
  });
}

Deno.test("bender.md 8: what the device shows to anybody is closed towards people: key tables, state, logins", async () => {
  await visit(
    vulnerable().pages,
    { session: { deviceRole: "manufacturer", capabilities: ALL } },
    async ({ outcome, reached }) => {
      for (const path of ["/doc/doc_1", "/doc/doc_2", "/rest/full_state", "/json/login", "/v1/login", "/DOC/doc_1"]) {
        ok(["ui.page.driver-only", "404"].includes(await outcome(path)), path);
      }
      deepEqual(reached().filter((line) => !line.includes("DOC")), []);
    },
  );
});

Deno.test("EV-21, BC-12: settings of the laboratory and what shuts the gateway out are written by nobody", async () => {
  const bender = vulnerable();
  const session = { deviceRole: "manufacturer", capabilities: ALL, ...OLD } as const;
  await visit(bender.pages, { session, name: "manufacturer" }, async ({ outcome, reached }) => {
    const write = (key: string, value: string) => outcome("/json/settings.json", settings([key, value]));
    equal(await write("SSHAccessUsb", "On"), "ui.setting.dev");
    equal(await write("AllowFirmwareDowngrade_custom", "On"), "ui.setting.dev");
    equal(await write("WebUIStyle_web", "2"), "ui.setting.lockout");
    equal(await write("WebUIEnabledLAN_tcpip", "Off"), "ui.setting.lockout");
    equal(await write("JsonOCPPBackendURL_tcpip", "wss://elsewhere.example"), "ui.setting.lockout");
    deepEqual(reached(), []);
    equal(await write("LedBrightness_hmi", "50"), "200");
    equal(bender.settings.get("LedBrightness_hmi"), "50");
  });
});

for (
  const [mode, grantsLegacy, wanted] of [
    ["blocked", true, "ui.page.legacy"],
    ["by-grant", false, "ui.page.legacy"],
    ["by-grant", true, "200"],
    ["allowed", false, "200"],
  ] as const
) {
  Deno.test(`BC-09, BC-14: the old pages, ${mode}, with a grant that ${grantsLegacy ? "names" : "does not name"} them: ${wanted}`, async () => {
    const bender = new BenderPages({ passwords: PASSWORDS, dialects: ["legacyForm"] });
    await visit(bender.pages, { session: { grantsLegacy }, device: { oldPages: mode } }, async ({ outcome }) => {
      equal(await outcome("/legacy/operator/operator"), wanted);
    });
  });
}

Deno.test("BC-15: the newest way in that the device has is taken, and the old form is never asked", async () => {
  const bender = new BenderPages({ passwords: PASSWORDS, dialects: ["v1", "json", "legacyForm"] });
  const device = await startDevice(bender.pages);
  const rig = await FrontRig.open([{ station: "CP001", origins: [device.origin] }]);
  const token = await rig.enter();
  equal((await rig.ask("/v1/app_settings", { token })).status, 200);
  deepEqual(device.asked, ["GET /v1/login", "POST /v1/login", "GET /v1/app_settings"]);
  await rig[Symbol.asyncDispose]();
  await device.close();
});

Deno.test("EV-16: no secret of the device reaches the browser: no token, no cookie, no box for a password", async () => {
  const bender = new BenderPages({ passwords: PASSWORDS, dialects: ["legacyForm"] });
  await visit(bender.pages, { device: { oldPages: "allowed" } }, async ({ ask }) => {
    const { headers, text } = await ask("/legacy/operator/operator", { headers: NAVIGATION });
    deepEqual([headers["www-authenticate"], headers["authorization"], headers["set-cookie"]], [
      undefined,
      undefined,
      undefined,
    ]);
    equal(text.includes(btoa("operator:right")), false);
  });
  const evlink = evlinkPages({ operator: "right" });
  await visit(evlink.pages, { device: { driver: "evlink-parking" } }, async ({ ask }) => {
    const { headers } = await ask("/cgi-bin/cgiServer?worker=IndexNew");
    equal(headers["set-cookie"], undefined);
  });
});

Deno.test("EV-12: a device that wants its password changed is a door that says whom to ask, in the person's language", async () => {
  const charx = charxPages(PASSWORDS, { unchanged: ["operator"] });
  await visit(charx.pages, { device: { driver: "charx" } }, async ({ ask }) => {
    const { status, text } = await ask("/", { headers: { ...NAVIGATION, "accept-language": "de" } });
    equal(status, 503);
    match(text, /ui\.door\.must-change/);
    match(text, /neues Passwort/);
  });
});

Deno.test("EV-11: a refused password is a door, and reloading it is no second try at the device", async () => {
  const charx = charxPages({ operator: "changed at the device" });
  await visit(charx.pages, { device: { driver: "charx" } }, async ({ outcome }) => {
    for (let count = 0; count < 4; count++) equal(await outcome("/"), "ui.door.refused");
    equal(charx.accounts.wrongTries, 1);
  });
});

Deno.test("EV-08: both versions of TLS that are safe, at the door", async () => {
  const charx = charxPages(PASSWORDS);
  await visit(charx.pages, { device: { driver: "charx" } }, async ({ rig }) => {
    const socket = await rig.raw();
    ok(["TLSv1.2", "TLSv1.3"].includes(String(socket.getProtocol())));
    socket.destroy();
  });
});

Deno.test("alfen: a connection-bound login serves a person's requests through the door, and a write is followed by a new login", async () => {
  const alfen = alfenPages({ admin: "right" });
  const session = { deviceRole: "installer", capabilities: ["view", "edit"] } as const;
  await visit(alfen.pages, { session, name: "admin", device: { driver: "alfen" } }, async ({ ask }) => {
    match((await ask("/api/prop")).text, /2129_0/);
    const write = { ...settings(), body: '{"2129_0":{"id":"2129_0","value":"10"}}' };
    equal((await ask("/api/prop", write)).status, 200);
    equal(alfen.properties.get("2129_0"), "10");
  });
});

const SHELL: Asked = settings(["LocalTimeToReboot_mon", "1;reboot"]);
const MARKUP: Asked = settings(["LocalTimeToReboot_mon", '"><script>x</script>']);
const PATCHES: readonly [hole: string, firmware: string | undefined, asked: Asked, wanted: string][] = [
  ["CVE-2021-34592", "5.20.1", SHELL, "ui.patch.CVE-2021-34592"],
  ["CVE-2021-34592", undefined, SHELL, "ui.patch.CVE-2021-34592"],
  ["CVE-2021-34592", "5.20.2", SHELL, "200"],
  ["CVE-2021-34592", "5.33.11-21500", SHELL, "200"],
  [
    "CVE-2021-34590",
    "5.11.1",
    { ...MARKUP, body: MARKUP.body!.toString().replaceAll("<", "_").replaceAll(">", "_") },
    "ui.patch.CVE-2021-34590",
  ],
  ["CVE-2021-34590", "5.20.2", MARKUP, "200"],
];
for (const [hole, firmware, asked, wanted] of PATCHES) {
  Deno.test(`${hole}: at firmware ${firmware ?? "nobody knows"} a value that uses it: ${wanted}`, async () => {
    const bender = vulnerable();
    const session: Partial<DeviceSession> = {
      deviceRole: "installer",
      capabilities: ALL,
      firmware: firmware as string,
    };
    await visit(bender.pages, { session }, async ({ outcome, reached }) => {
      equal(await outcome("/json/settings.json", asked), wanted);
      equal(reached().length, wanted === "200" ? 1 : 0);
    });
  });
}

const EVLINK: readonly [hole: string, query: string, firmware: string, wanted: string][] = [
  ["CVE-2025-5740", "worker=ExportFile&filePath=/etc/&filename=passwd", "3.4.0.2", "ui.patch.CVE-2025-5740"],
  ["CVE-2025-5740", "worker=ExportFile&filePath=/tmp/&filename=../x.csv", "3.4.0.2", "ui.patch.CVE-2025-5740-name"],
  ["CVE-2025-5740", "worker=ExportFile&filePath=/tmp/&filename=export.csv", "3.4.0.2", "200"],
  ["CVE-2025-5743", "worker=Cluster&id_cluster=1%7Creboot", "3.4.0.2", "ui.patch.CVE-2025-5743"],
  ["CVE-2018-7802", "worker=IndexNew&x=1%27%20or%201", "3.2.0-12", "ui.patch.CVE-2018-7802"],
  ["CVE-2018-7802", "worker=IndexNew&x=1%27", "3.2.0-13", "200"],
];
for (const [hole, query, firmware, wanted] of EVLINK) {
  Deno.test(`${hole}: EVlink Parking ${firmware}, ${query}: ${wanted}`, async () => {
    const evlink = evlinkPages({ operator: "right" });
    await visit(evlink.pages, { session: { firmware }, device: { driver: "evlink-parking" } }, async ({ outcome }) => {
      equal(await outcome(`/cgi-bin/cgiServer?${query}`), wanted);
    });
  });
}

Deno.test("downloads: logs and exports of a device come through with their names, exports only with the right to secrets", async () => {
  const charx = charxPages(PASSWORDS);
  const device = { driver: "charx" } as const;
  await visit(charx.pages, { device }, async ({ ask, outcome }) => {
    const logs = await ask("/api/v1.0/web/download/logs");
    deepEqual([logs.status, logs.text], [200, "PK-logs"]);
    match(String(logs.headers["content-disposition"]), /filename="logs\.zip"/);
    equal(logs.headers["cache-control"], "no-store");
    equal(await outcome("/api/v1.0/web/export"), "ui.page.capability");
  });
  await visit(charx.pages, { device, session: { capabilities: ["view", "secrets"] } }, async ({ ask }) => {
    equal((await ask("/api/v1.0/web/export")).text, "PK-config");
  });
});
