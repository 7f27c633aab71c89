import { deepEqual, equal, match, ok } from "node:assert/strict";
import { request } from "node:https";
import { stringify } from "yaml";
import { systemTimers } from "../../gateway/core/timers.ts";
import { alfenPages } from "../../gateway/demo/controllers/alfen.ts";
import { startDevice } from "../../gateway/demo/controllers/simulated_device.ts";
import { GatewayProcess } from "../../gateway/demo/gateway_process.ts";
import { ConsoleClient } from "../support/console_client.ts";
import { faultingFlags } from "../support/faults.ts";
import { reservePorts } from "../support/gateway_process.ts";
import { claimAdministrator } from "../support/signed_in.ts";
import { waitFor } from "../support/wait_for.ts";

/** What a page of the controller said; "refused" when nobody listens. */
function ask(url: URL, cookie = ""): Promise<{ status: number | "refused"; text: string; cookie: string }> {
  const { promise, resolve } = Promise.withResolvers<Awaited<ReturnType<typeof ask>>>();
  const headers = {
    host: url.host,
    cookie,
    accept: "text/html",
    "sec-fetch-mode": "navigate",
    "sec-fetch-site": "same-origin",
  };
  const options = { hostname: "127.0.0.1", port: url.port, path: `${url.pathname}${url.search}`, headers };
  // loopback, and the site CA is not what this test is about
  request({ ...options, agent: false, rejectUnauthorized: false }, (response) => {
    let text = "";
    response.setEncoding("utf8").on("data", (part: string) => text += part);
    const set = String(response.headers["set-cookie"] ?? "").split(";")[0]!;
    response.on("end", () => resolve({ status: response.statusCode ?? 0, text, cookie: set }));
  }).on("error", () => resolve({ status: "refused", text: "", cookie: "" })).end();
  return promise;
}

/** A faulting gateway with a controller that knows one login, which belongs to its connection. */
interface Site {
  readonly gateway: GatewayProcess;
  readonly alfen: ReturnType<typeof alfenPages>;
  /** A new way to the controller's pages, as a browser walks it. */
  open(): Promise<{ readonly page: URL; readonly cookie: string }>;
  reload(changes: Readonly<Record<string, string>>): Promise<void>;
}

async function withSite(test: (site: Site) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-pages-fault-" });
  const alfen = alfenPages({ admin: "right" }), device = await startDevice(alfen.pages);
  const { console, tls: pages, plain: own } = reservePorts(), configFile = `${folder}/site.yaml`;
  await Deno.writeTextFile(`${folder}/password`, "right\n");
  const accounts = [{ role: "installer", passwordFile: "password" }];
  await Deno.writeTextFile(
    configFile,
    stringify({
      version: 1,
      site: { id: "garage", name: "Garage" },
      console: {
        ...{ listen: `127.0.0.1:${console}`, hostname: "localhost" },
        devicePages: { listen: `127.0.0.1:${pages}`, ports: `${own}-${own}`, contact: "Control room" },
      },
      stations: [{
        id: "CP001",
        ui: { url: device.origin, driver: "alfen", plaintext: "isolated-segment", accounts },
      }],
    }),
  );
  const flags = await faultingFlags(folder);
  const gateway = await GatewayProcess.start({ configFile, dataDir: `${folder}/data`, timers: systemTimers, flags });
  try {
    const client = new ConsoleClient(`https://127.0.0.1:${console}`);
    await claimAdministrator(client, /^SETUP code (\S+) /m.exec(gateway.lines.join("\n"))![1]!);
    const open = async () => {
      const form = { deviceRole: "installer", capability: "edit", reason: "set the limit", minutes: "10" };
      const url = await waitFor("a ticket", async () => {
        const { text } = await client.post("/stations/CP001", "/stations/CP001/pages", form).catch(() => ({
          text: "",
        }));
        return /(https:\/\/[\w.]+:\d+\/\.gw\/open\?ticket=[\w-]{43})/.exec(text)?.[1];
      });
      const { cookie, status } = await ask(new URL(url));
      equal(status, 200);
      return { page: new URL("/api/prop", url), cookie };
    };
    await test({
      ...{ gateway, alfen, open },
      reload: async (changes) => {
        let text = await Deno.readTextFile(configFile);
        for (const [from, to] of Object.entries(changes)) text = text.replace(from, to);
        await Deno.writeTextFile(configFile, text);
        await gateway.command("reload").catch(() => "control ended meanwhile");
      },
    });
  } catch (error) {
    throw new Error(`${error}\n${gateway.logTail(20)}`, { cause: error });
  } finally {
    await gateway.stop();
    await device.close();
    await Deno.remove(folder, { recursive: true });
  }
}

const isBack = ({ gateway }: Site, worker: string) =>
  waitFor(`${worker} to be back`, async () => {
    const { data } = await gateway.command("status").catch(() => ({ data: {} }));
    const { workers = {} } = data as { workers?: Record<string, { restarts: number; state: string }> };
    return workers[worker]?.state === "ready" && workers[worker].restarts === 1;
  }, 40_000);

Deno.test("failure matrix: device pages: their Worker, and control before it, end", (t) =>
  withSite(async (site) => {
    const { gateway, open, reload, alfen } = site;
    const first = await open();
    equal((await ask(first.page, first.cookie)).status, 200);
    await t.step("device leases: control's restart lets nobody in beside who has the controller", async () => {
      await reload({ "name: Garage": "name: control throws" });
      await isBack(site, "control");
      const second = await open(), refused = await ask(second.page, second.cookie);
      equal(refused.status, 409, refused.text);
      match(refused.text, /ui\.door\.in-use/);
      equal((await ask(first.page, first.cookie)).status, 200, "who has it goes on");
      ok(alfen.isTaken());
    });
    await reload({ "name: control throws": "name: Garage", "contact: Control room": "contact: pages throw" });
    await t.step(
      "failure matrix: device pages: their Worker / new ones: closed: nobody listens until it is back, which takes seconds",
      async () => {
        const seen = new Set<number | "refused">();
        await waitFor("the door to open", async () => {
          const { status } = await ask(first.page, first.cookie);
          seen.add(status);
          return status === 401;
        }, 40_000);
        deepEqual([...seen].filter((status) => status !== "refused" && status !== 401 && status !== 503), []);
      },
    );
    await t.step(
      "failure matrix: device pages: their Worker / pages and tunnels that are open: closed: cut off; their sessions end with the rule device-session.worker-ended; tunnels are open",
      async () => {
        await waitFor("the end of the session in the audit trail", async () => {
          const { text } = await gateway.command("audit tail", { lines: "500" });
          return /device\.session\.ended[^\n]*device-session\.(?:worker-ended|restart)/.test(text);
        });
      },
    );
    await t.step(
      "failure matrix: device pages: their Worker / back in service: by itself after a pause: people open their pages anew, and nobody is locked out of a controller that knows one login",
      async () => {
        await isBack(site, "ui_proxy");
        const again = await open();
        equal((await ask(again.page, again.cookie)).status, 200);
      },
    );
  }));
