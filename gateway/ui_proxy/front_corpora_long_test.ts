import { Buffer } from "node:buffer";
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { BenderPages } from "../demo/controllers/bender.ts";
import { type SimDevice, startDevice } from "../demo/controllers/simulated_device.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import { UI_PROXY_LIMITS } from "./limits.ts";
import { FrontRig, NAVIGATION } from "./testing/front_rig.ts";

/** A rig with one controller whose person is logged in. */
async function withBender(use: (rig: FrontRig, token: string, device: SimDevice) => Promise<void>): Promise<void> {
  const sim = new BenderPages({ passwords: { operator: "right", installer: "right" }, dialects: ["v1"] });
  const device = await startDevice(sim.pages);
  const rig = await FrontRig.open([{ station: "CP001", origins: [device.origin] }]);
  try {
    await use(rig, await rig.enter(), device);
  } finally {
    await rig[Symbol.asyncDispose]();
    await device.close();
  }
}

/** Bytes of a request; HOST, COOKIE and ORIGIN stand for those of the page. SECOND is what a smuggler hides. */
const SECOND = "GET /webui/smuggled HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\n\r\n";
const SMUGGLED: readonly [name: string, bytes: string][] = [
  [
    "both lengths, chunked wins",
    `POST /webui/a HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\nOrigin: ORIGIN\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SECOND}`,
  ],
  [
    "both lengths, the other way",
    `POST /webui/a HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\nOrigin: ORIGIN\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n${SECOND}`,
  ],
  [
    "two content lengths",
    `POST /webui/a HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\nOrigin: ORIGIN\r\nContent-Length: 0\r\nContent-Length: 90\r\n\r\n${SECOND}`,
  ],
  [
    "a list of lengths",
    `POST /webui/a HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\nOrigin: ORIGIN\r\nContent-Length: 0, 0\r\n\r\n${SECOND}`,
  ],
  [
    "a length with a sign",
    `POST /webui/a HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\nOrigin: ORIGIN\r\nContent-Length: +0\r\n\r\n${SECOND}`,
  ],
  [
    "an unknown coding",
    `POST /webui/a HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\nOrigin: ORIGIN\r\nTransfer-Encoding: x, chunked\r\n\r\n0\r\n\r\n${SECOND}`,
  ],
  [
    "a coding with a tab",
    `POST /webui/a HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\nOrigin: ORIGIN\r\nTransfer-Encoding:\tchunked, identity\r\n\r\n0\r\n\r\n${SECOND}`,
  ],
  [
    "a blank before the colon",
    `POST /webui/a HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n${SECOND}`,
  ],
  [
    "a folded line",
    `GET /webui/a HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\nX-A: b\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SECOND}`,
  ],
  ["two hosts", `GET /webui/a HTTP/1.1\r\nHost: HOST\r\nHost: evil.example\r\nCookie: COOKIE\r\n\r\n${SECOND}`],
  ["no host", `GET /webui/a HTTP/1.1\r\nCookie: COOKIE\r\n\r\n${SECOND}`],
  ["an absolute target", `GET https://evil.example/webui/a HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\n\r\n${SECOND}`],
  ["HTTP/1.0", `GET /webui/a HTTP/1.0\r\nHost: HOST\r\nCookie: COOKIE\r\nConnection: keep-alive\r\n\r\n${SECOND}`],
  ["TRACE", `TRACE /webui/a HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\n\r\n${SECOND}`],
  ["CONNECT", `CONNECT 10.20.0.11:22 HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\n\r\n${SECOND}`],
  ["a method in lower case", `get /webui/a HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\n\r\n${SECOND}`],
  [
    "a bare line feed in a field",
    `GET /webui/a HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\nX-A: b\nX-B: c\r\rX\r\n\r\n${SECOND}`,
  ],
  ["a zero byte in a field", `GET /webui/a HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\nX-A: b\0c\r\n\r\n${SECOND}`],
  [
    "an upgrade to HTTP/2",
    `GET /webui/a HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n${SECOND}`,
  ],
  [
    "a chunk size that ends early",
    `POST /webui/a HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\nOrigin: ORIGIN\r\nTransfer-Encoding: chunked\r\n\r\n0_5\r\n\r\n${SECOND}`,
  ],
];

Deno.test("invariant 8: nothing that a smuggler writes reaches the device, and the connection ends", async () => {
  await withBender(async (rig, token, device) => {
    for (const [name, bytes] of SMUGGLED) {
      const before = device.asked.length;
      const host = new URL(rig.origin()).host;
      const text = bytes.replaceAll("HOST", host).replaceAll("COOKIE", `__Host-bulkhead-device=${token}`)
        .replaceAll("ORIGIN", rig.origin());
      const answer = await rig.talk(text);
      match(answer, /^(?:HTTP\/1\.[01] (?:4\d\d|5\d\d) |$)/, `${name}: ${answer.slice(0, 60)}`);
      const answers = answer.match(/HTTP\/1\.1 \d{3} /g)?.length ?? 0;
      ok(answers <= 1, `${name}: a second answer came`);
      deepEqual(device.asked.slice(before), [], `${name}: the device was asked`);
    }
  });
});

const TARGETS: readonly [target: string, status: number, rule?: RegExp][] = [
  ["/webui/../legacy/manufacturer/manufacturer", 400, /ui\.target\.dots/],
  ["/webui/..%2flegacy/manufacturer", 400, /ui\.target\.hidden/],
  ["/webui/%2e%2e/legacy/manufacturer", 400, /ui\.target\.dots/],
  ["/webui/.%2e/doc/doc_2", 400, /ui\.target\.dots/],
  ["/webui/%252e%252e/doc/doc_2", 400, /ui\.target\.hidden/],
  ["/webui/%5c..%5cdoc", 400, /ui\.target\.hidden/],
  ["/webui/%00.css", 400, /ui\.target\.hidden/],
  ["/webui/x;/../doc/doc_2", 400],
  ["/webui/;jsessionid=1", 400, /ui\.target\.parameters/],
  ["/webui/%zz", 400, /ui\.target\.encoding/],
  ["/legacy/%6danufacturer/manufacturer", 403, /ui\.page\.legacy/],
  ["//legacy//manufacturer//manufacturer", 403, /ui\.page\.legacy/],
  ["/%64oc/doc_2", 403, /ui\.page\.driver-only/],
  ["/rest/full_state", 403, /ui\.page\.driver-only/],
  ["/.gw/nothing", 404, /ui\.path\.own/],
  ["//.gw/nothing", 404, /ui\.path\.own/],
];

Deno.test("invariant 8: paths have one reading, which is judged and sent on", async () => {
  await withBender(async (rig, token, device) => {
    for (const [target, status, rule] of TARGETS) {
      const answer = await rig.ask(target, { token, headers: NAVIGATION });
      equal(answer.status, status, target);
      if (rule) match(answer.text, rule, target);
    }
    ok(!device.asked.some((line) => /legacy|doc|rest/.test(line)), device.asked.join(", "));
    await rig.ask("/webui//a///b%41", { token, headers: NAVIGATION });
    equal(device.asked.at(-1), "GET /webui/a/bA", "forwarded in the one form");
  });
});

Deno.test("door corpus: a long target stops at its limit (CVE-2021-34587), long headers too", async () => {
  await withBender(async (rig, token, device) => {
    const at = `/webui/${"a".repeat(UI_PROXY_LIMITS.targetBytes - 7)}`;
    equal((await rig.ask(at, { token, headers: NAVIGATION })).status, 404, "the device does not know it");
    const asked = device.asked.length;
    equal((await rig.ask(`${at}a`, { token, headers: NAVIGATION })).status, 414);
    const overflow = await rig.talk(`GET /${"a".repeat(40_000)} HTTP/1.1\r\nHost: x\r\n\r\n`);
    match(overflow, /^HTTP\/1\.1 431 /);
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, number) => [`x-${number}`, "1"]));
    equal((await rig.ask("/webui/x", { token, headers: many })).status, 431);
    equal((await rig.ask("/webui/x", { token, headers: { "x-long": "a".repeat(17_000) } })).status, 431);
    equal(device.asked.length, asked);
  });
});

const FOREIGN: readonly [name: string, method: string, headers: Record<string, string>][] = [
  ["a form of another site", "POST", { origin: "https://evil.example", "sec-fetch-site": "cross-site" }],
  ["a form of a sandbox", "POST", { origin: "null", "sec-fetch-site": "cross-site" }],
  ["a form of another station's page", "POST", {
    origin: "https://cp002.gw.lab.example:8447",
    "sec-fetch-site": "same-site",
  }],
  ["a form of the console", "POST", { origin: "https://gw.lab.example:8443", "sec-fetch-site": "same-site" }],
  ["a write without any witness", "POST", { origin: "" }],
  ["JSON of another site", "POST", { origin: "https://evil.example", "content-type": "application/json" }],
  ["a script of another site that reads", "GET", { origin: "https://evil.example", "sec-fetch-mode": "cors" }],
  ["an image of another site", "GET", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }],
  ["a delete of another site", "DELETE", { origin: "https://evil.example" }],
];

Deno.test("door corpus: requests that other sites make with the person's cookie go nowhere (CSRF)", async () => {
  await withBender(async (rig, token, device) => {
    for (const [name, method, { origin, ...headers }] of FOREIGN) {
      const answer = await rig.ask("/v1/app_settings", {
        method,
        token,
        headers: { ...headers, ...(origin === undefined || origin === "" ? {} : { origin }) },
        ...(method === "POST" ? { body: "a=1" } : {}),
        ...(origin === "" ? { headers: { origin: "https://other" } } : {}),
      });
      equal(answer.status, 403, name);
    }
    const leave = await rig.ask("/.gw/leave", { method: "POST", token, headers: { origin: "https://evil.example" } });
    equal(leave.status, 403, "nor can another site log the person out");
    deepEqual(device.asked.filter((line) => !line.includes("login")), []);
    const followed = { ...NAVIGATION, "sec-fetch-site": "cross-site" };
    equal((await rig.ask("/", { token, headers: followed })).status, 200, "a link may be followed");
  });
});

Deno.test("door corpus: a client that sends its header in crumbs is sent away", async () => {
  await withBender(async (rig) => {
    const socket = await rig.raw();
    let text = "", isOver = false;
    socket.on("data", (piece: Uint8Array) => text += Buffer.from(piece).toString("latin1"));
    socket.on("close", () => isOver = true).on("end", () => isOver = true).on("error", () => isOver = true);
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n");
    await waitFor("the end of a slow client", () => isOver, UI_PROXY_LIMITS.headMs + 10_000);
    match(text, /^HTTP\/1\.1 408 /);
    socket.destroy();
  });
});
