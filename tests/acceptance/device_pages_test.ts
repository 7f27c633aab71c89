import { deepEqual, equal, match, ok } from "node:assert/strict";
import { request } from "node:https";
import { stringify } from "yaml";
import { systemRandom, systemTimers } from "../../gateway/core/timers.ts";
import { BenderPages } from "../../gateway/demo/controllers/bender.ts";
import { charxPages } from "../../gateway/demo/controllers/charx.ts";
import { startDevice } from "../../gateway/demo/controllers/simulated_device.ts";
import { createAuthority } from "../../gateway/demo/demo_pki.ts";
import { GatewayProcess } from "../../gateway/demo/gateway_process.ts";
import { ConsoleClient } from "../support/console_client.ts";
import { freePorts } from "../support/free_port.ts";
import { reservePorts } from "../support/gateway_process.ts";
import { claimAdministrator } from "../support/signed_in.ts";
import { waitFor } from "../support/wait_for.ts";

const PASSWORD = "Kq7-of-the-device";
const VALUE = "424242";

/** A browser at a page's own origin: one cookie, no redirects of its own. */
class PageClient {
  #cookie = "";

  constructor(private readonly origin: string) {}

  ask(path: string, method = "GET", body?: string): Promise<{ status: number; text: string }> {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
    const { hostname, port, origin } = new URL(this.origin);
    const headers = {
      cookie: this.#cookie,
      "accept-language": "en",
      accept: "text/html",
      "sec-fetch-site": "same-origin",
      "sec-fetch-mode": "navigate",
      ...body === undefined
        ? {}
        : { origin, "content-type": "application/json", "content-length": String(body.length) },
    };
    // loopback only, and the gateway's own CA is not what this test is about
    const options = { hostname, port, path, method, headers, agent: false, rejectUnauthorized: false } as const;
    request(options, (response) => {
      const set = response.headers["set-cookie"]?.[0];
      if (set) this.#cookie = set.split(";")[0]!;
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => text += part);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    }).on("error", reject).end(body);
    return promise;
  }
}

/** A real gateway with two simulated controllers, and an administrator who is signed in. */
async function withGateway(
  use: (site: {
    readonly gateway: GatewayProcess;
    readonly bender: BenderPages;
    readonly charx: ReturnType<typeof charxPages>;
    /** Opens a station's page in a role; the browser has its cookie. */
    open(station: string, role: string, capability?: string): Promise<PageClient>;
  }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-pages-" });
  const certificate = createAuthority("Maker", Date.now(), systemRandom).issue({
    commonName: "CP001",
    usage: "server",
  });
  const bender = new BenderPages({ passwords: { operator: PASSWORD }, dialects: ["v1"] });
  const charx = charxPages({ operator: "changed on site" });
  const devices = [await startDevice(bender.pages, { certificate }), await startDevice(charx.pages)];
  const { console, tls } = reservePorts();
  const accounts = [{ role: "operator", passwordFile: "password" }];
  await Deno.writeTextFile(`${folder}/password`, `${PASSWORD}\n`);
  const configFile = `${folder}/site.yaml`;
  await Deno.writeTextFile(
    configFile,
    stringify({
      version: 1,
      site: { id: "garage" },
      console: {
        listen: `127.0.0.1:${console}`,
        hostname: "gw.garage.example",
        devicePages: { listen: `127.0.0.1:${tls}`, ports: freePorts(2).join("-") },
      },
      stations: [
        { id: "CP001", vendor: "bender", ui: { url: devices[0]!.origin, driver: "bender", accounts } },
        { id: "CP002", ui: { url: devices[1]!.origin, driver: "charx", plaintext: "isolated-segment", accounts } },
      ],
    }),
  );
  const gateway = await GatewayProcess.start({ configFile, dataDir: `${folder}/data`, timers: systemTimers });
  try {
    const client = new ConsoleClient(`https://127.0.0.1:${console}`);
    await claimAdministrator(client, /^SETUP code (\S+) /m.exec(gateway.lines.join("\n"))![1]!);
    const open = async (station: string, deviceRole: string, capability = "view") => {
      const form = { deviceRole, capability, reason: "look after it", minutes: "10" };
      const { text } = await client.post(`/stations/${station}`, `/stations/${station}/pages`, form);
      const [, href] = /href="(https:[^"]+\/\.gw\/open\?ticket=[^"]+)"/.exec(text) ?? [];
      ok(href, text.replace(/<[^>]+>/g, " ").slice(0, 600));
      const url = new URL(href);
      const page = new PageClient(url.origin);
      equal((await page.ask(`${url.pathname}${url.search}`)).status, 200);
      return page;
    };
    await use({ gateway, bender, charx, open });
  } catch (error) {
    throw new Error(`${error}\n${gateway.logTail(20)}`, { cause: error });
  } finally {
    await gateway.stop();
    for (const device of devices) await device.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** The newest of the audit chain as text. */
async function auditText(gateway: GatewayProcess): Promise<string> {
  return JSON.stringify((await gateway.command("audit tail", { lines: "500" }, "eva")).data);
}

Deno.test("device pages: a certificate is approved by a person, the page opens logged in, a write is in the audit without its value", () =>
  withGateway(async ({ gateway, bender, open }) => {
    const page = await open("CP001", "operator", "edit");
    const shut = await page.ask("/");
    equal(shut.status, 502);
    match(shut.text, /ui\.door\.pin/);
    const shown = await gateway.command("station pin show", { station: "CP001" }, "eva");
    const { presented } = shown.data as { presented: { fingerprint: string } };
    match(shut.text, new RegExp(presented.fingerprint));
    await gateway.command("station pin approve", { station: "CP001", fingerprint: presented.fingerprint }, "eva");
    const opened = await page.ask("/");
    equal(opened.status, 200);
    match(opened.text, /Configuration Interface/);
    match((await page.ask("/v1/app_settings")).text, /ChargePointID_ocpp/);
    const body = `{"params":[{"key":"LedBrightness_hmi","value":"${VALUE}"}]}`;
    const written = await page.ask("/v1/app_settings", "POST", body);
    deepEqual([written.status, bender.settings.get("LedBrightness_hmi")], [200, VALUE]);
    const refused = await page.ask("/v1/app_settings", "POST", body.replace("LedBrightness_hmi", "SSHAccessUsb"));
    match(refused.text, /ui\.setting\.dev/);
    equal(bender.settings.has("SSHAccessUsb"), false);
    await waitFor("the audit", async () => {
      const records = await auditText(gateway);
      return records.includes("LedBrightness_hmi") && records.includes("device.pin.approved");
    });
    equal(new RegExp(`${VALUE}|${PASSWORD}`).test(await auditText(gateway)), false, "neither values nor passwords");
  }));

Deno.test("EV-11: a password that was changed at the device is an alarm and a door, and a person lets it try again", () =>
  withGateway(async ({ gateway, charx, open }) => {
    const page = await open("CP002", "operator");
    for (let count = 0; count < 3; count++) match((await page.ask("/")).text, /ui\.door\.refused/);
    equal(charx.accounts.wrongTries, 1);
    match((await (await open("CP002", "operator")).ask("/")).text, /ui\.door\.refused/);
    match((await (await open("CP002", "operator")).ask("/")).text, /ui\.door\.spent/);
    equal(charx.accounts.wrongTries, 2, "whoever asks");
    await waitFor("the alarm", async () => {
      return /device\.login\.refused/.test((await gateway.command("alarms list", {}, "eva")).text);
    });
    match((await gateway.command("station login-retry", { station: "CP002" }, "eva")).text, /2 failed logins/);
    charx.accounts.change("operator", PASSWORD);
    equal((await (await open("CP002", "operator")).ask("/")).status, 200);
  }));
