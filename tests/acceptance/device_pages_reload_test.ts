import { Buffer } from "node:buffer";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { stringify } from "yaml";
import { systemTimers } from "../../gateway/core/timers.ts";
import { BenderPages } from "../../gateway/demo/controllers/bender.ts";
import { startDevice } from "../../gateway/demo/controllers/simulated_device.ts";
import { GatewayProcess } from "../../gateway/demo/gateway_process.ts";
import { ConsoleClient } from "../support/console_client.ts";
import { reservePorts } from "../support/gateway_process.ts";
import { claimAdministrator } from "../support/signed_in.ts";
import { timed, waitFor } from "../support/wait_for.ts";

/** One answer of a controller's page behind the gateway. */
interface PageAnswer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

/** A request to a page's own port, as a browser makes it. */
async function ask(
  url: URL,
  { cookie, body, method = body === undefined ? "GET" : "POST" }: {
    readonly cookie?: string;
    readonly body?: string;
    readonly method?: string;
  } = {},
): Promise<PageAnswer> {
  const headers = {
    "host": url.host,
    "accept": "text/html",
    "sec-fetch-mode": "navigate",
    "sec-fetch-site": "same-origin",
    ...cookie === undefined ? {} : { cookie },
    ...body === undefined ? {} : { "content-type": "application/json", "content-length": String(body.length) },
    ...method === "GET" ? {} : { origin: url.origin },
  };
  const { hostname: servername, port, pathname, search } = url;
  const sent = request({
    ...{ hostname: "127.0.0.1", port, path: `${pathname}${search}`, method, headers },
    ...servername === "127.0.0.1" ? {} : { servername },
    agent: false,
    rejectUnauthorized: false, // loopback, and the site CA is not what this test is about
  });
  sent.end(body);
  const [response] = await once(sent, "response") as [IncomingMessage];
  const parts: Uint8Array[] = [];
  for await (const part of response as AsyncIterable<Uint8Array>) parts.push(part);
  return { status: response.statusCode!, headers: response.headers, text: Buffer.concat(parts).toString() };
}

/** A site with one controller behind the gateway, and an administrator who is signed in. */
interface Site {
  readonly gateway: () => GatewayProcess;
  readonly configFile: string;
  /** kill -9, and the gateway again on what is stored. */
  readonly crash: () => Promise<void>;
  readonly device: BenderPages;
  readonly asked: readonly string[];
  /** Opens the station's pages by the form of the console; the cookie of the page's origin and where it begins. */
  open(): Promise<{ readonly cookie: string; readonly page: (path: string) => URL; readonly ticket: URL }>;
}

async function withSite(test: (site: Site) => Promise<void>, byName = false): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-pages-" });
  const device = new BenderPages({ passwords: { installer: "right" }, dialects: ["v1"], firmware: "5.33.11-1" });
  const simulated = await startDevice(device.pages);
  const { console, tls: pages, plain: own } = reservePorts();
  await Deno.writeTextFile(`${folder}/installer`, "right\n");
  const site = {
    version: 1,
    site: { id: "garage" },
    console: {
      listen: `127.0.0.1:${console}`,
      hostname: "localhost",
      devicePages: { listen: `127.0.0.1:${pages}`, ...byName ? {} : { ports: `${own}-${own}` } },
    },
    stations: [{
      id: "CP001",
      vendor: "bender",
      ui: {
        url: simulated.origin,
        driver: "bender",
        plaintext: "isolated-segment",
        accounts: [{ role: "installer", passwordFile: "installer" }],
      },
    }],
  };
  const configFile = `${folder}/site.yaml`;
  await Deno.writeTextFile(configFile, stringify(site));
  const start = () => GatewayProcess.start({ configFile, dataDir: `${folder}/data`, timers: systemTimers });
  let gateway = await start();
  const crash = async () => {
    await gateway.kill();
    gateway = await start();
  };
  try {
    const client = new ConsoleClient(`https://127.0.0.1:${console}`);
    await claimAdministrator(client, /^SETUP code (\S+) /m.exec(gateway.lines.join("\n"))![1]!);
    const open = async () => {
      const form = { deviceRole: "installer", capability: "edit", reason: "set the limit", minutes: "10" };
      const { text } = await client.post("/stations/CP001", "/stations/CP001/pages", form);
      const [, url] = /(https:\/\/[\w.]+:\d+\/\.gw\/open\?ticket=[\w-]{43})/.exec(text) ?? [];
      ok(url, text.replace(/<[^>]+>/g, " ").slice(0, 800));
      const ticket = new URL(url);
      const opened = await ask(ticket);
      equal(opened.status, 200, opened.text);
      const cookie = String(opened.headers["set-cookie"]).split(";")[0]!;
      equal(ticket.hostname, byName ? "cp001.localhost" : "127.0.0.1");
      return { cookie, ticket, page: (path: string) => new URL(path, ticket.origin) };
    };
    await test({ gateway: () => gateway, configFile, crash, device, asked: simulated.asked, open });
  } catch (error) {
    throw new Error(`${error}\n${gateway.logTail(20)}`, { cause: error });
  } finally {
    await gateway.stop();
    await simulated.close();
    await Deno.remove(folder, { recursive: true });
  }
}

const limit = (value: string) => JSON.stringify({ params: [{ key: "OperatorCurrentLimit_vehicleif", value }] });

Deno.test("device pages: from the console to a setting on the controller, audited, ended within a second", () =>
  withSite(async ({ gateway, device, asked, open }) => {
    const { cookie, page, ticket } = await open();
    match(cookie, /^__Host-bulkhead-device-\d+=[\w-]{43}$/);
    equal((await ask(ticket)).status, 403, "a ticket is walked once");
    const start = await ask(page("/"), { cookie });
    deepEqual([start.status, /Configuration Interface/.test(start.text)], [200, true]);
    match(
      start.text,
      /<script src="\/\.gw\/idle\.js" data-idle-ms="\d+"[^>]* data-person="eva" data-station="CP001">/,
    );
    equal((await ask(page("/.gw/beat"), { cookie, method: "POST" })).status, 204);
    equal((await ask(page("/v1/app_settings"), { cookie, body: limit("10") })).status, 200);
    equal(device.settings.get("OperatorCurrentLimit_vehicleif"), "10");
    const refused = await ask(page("/doc/doc_2?by=eva"), { cookie });
    deepEqual([refused.status, /ui\.page\.driver-only/.test(refused.text)], [403, true]);
    ok(!asked.some((line) => line.includes("by=eva")), "the gateway's own driver reads that page, a person never");
    equal((await ask(page("/"))).status, 401, "nothing without the cookie");
    const slowness = await timed(() => ask(page("/"), { cookie }));
    const ms = await timed(async () => {
      equal((await ask(page("/.gw/leave"), { cookie, method: "POST" })).status, 200);
      equal((await ask(page("/"), { cookie })).status, 401);
    });
    ok(ms < 3_000 + 10 * slowness, `it took ${ms} ms, where a page takes ${slowness} ms`);
    const text = await waitFor("the end of the session in the audit trail", async () => {
      const { text } = await gateway().command("audit tail", { lines: "500" }, "eva");
      return text.includes("device-session.closed") && text;
    });
    const told = text.split("\n");
    const has = (...parts: readonly string[]) => told.some((line) => parts.every((part) => line.includes(part)));
    ok(has("device.session.opened", "eva", "CP001"), text);
    ok(has("device.request.made", "eva", "CP001", "write /v1/app_settings"), text);
    ok(has("device.request.refused", "ui.page.driver-only"), text);
    ok(has("device.session.ended", "device-session.closed"), text);
    ok(!text.includes("right") && !text.includes('"10"'), "no secret and no value");
  }));

Deno.test("device pages: after kill -9 no cookie opens anything, and the person opens the page anew", () =>
  withSite(async ({ gateway, crash, open }) => {
    const { cookie, page } = await open();
    equal((await ask(page("/"), { cookie })).status, 200);
    await crash();
    equal((await ask(page("/"), { cookie })).status, 401);
    await waitFor("its end in the audit trail", async () => {
      const { text } = await gateway().command("audit tail", { lines: "500" }, "eva");
      return /device\.session\.ended.*device-session\.restart/.test(text);
    });
    const again = await open();
    equal((await ask(again.page("/"), { cookie: again.cookie })).status, 200);
  }));

Deno.test("device pages: a reload that adds a station moves open pages to the next Worker and costs nobody the session", () =>
  withSite(async ({ gateway, configFile, open }) => {
    const { cookie, page } = await open();
    match(cookie, /^__Host-bulkhead-device=/);
    equal((await ask(page("/"), { cookie })).status, 200);
    const more = "  - { id: CP002, ui: { url: 'https://127.0.0.9:9', driver: guided } }\n";
    await Deno.writeTextFile(configFile, `${await Deno.readTextFile(configFile)}${more}`);
    const { text } = await gateway().command("reload", {}, "eva");
    ok(!/refused|kept/i.test(text), text);
    const after = await ask(page("/"), { cookie });
    deepEqual([after.status, /Configuration Interface/.test(after.text)], [200, true]);
    const { text: told } = await gateway().command("audit tail", { lines: "200" }, "eva");
    ok(!told.includes("device.session.ended"), told);
  }, true));
