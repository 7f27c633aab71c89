import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import type { BrowserContext, Locator, Page } from "playwright-core";
import { stringify } from "yaml";
import { runInGateway } from "../../gateway/cli/control_client.ts";
import { controlSocketPath } from "../../gateway/control/data_paths.ts";
import { BenderPages } from "../../gateway/demo/controllers/bender.ts";
import { startDevice } from "../../gateway/demo/controllers/simulated_device.ts";
import { axeFindings, faultsOf, isTooWide, TestBrowser, WIDTHS } from "../support/browser.ts";
import { addAuthenticator, claimWithPasskey, signInAnew } from "../support/browser_claim.ts";
import { reservePorts } from "../support/gateway_process.ts";
import { runGateway } from "../support/run_gateway.ts";
import { waitFor } from "../support/wait_for.ts";

const HOSTNAME = "gw.localhost"; // every name below localhost leads to this machine, in Chromium without any DNS

/** A gateway with one simulated Bender controller behind its pages. */
interface Walk {
  readonly browser: TestBrowser;
  readonly page: Page;
  readonly context: BrowserContext;
  readonly controller: BenderPages;
  readonly pagesPort: number;
  at(path: string): string;
  /** Runs a command of the gateway as its administrator. */
  command(name: string, args: Record<string, string | boolean>): Promise<unknown>;
}

async function withWalk(walk: (site: Walk) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-walk-" });
  const controller = new BenderPages({
    passwords: { installer: "of the device", operator: "yellow_zone" }, // the second as the factory set it
    dialects: ["v1"],
    firmware: "5.33.11",
  });
  const device = await startDevice(controller.pages);
  const { console: port, plain: pagesPort } = reservePorts();
  await Deno.mkdir(`${folder}/secrets`);
  await Deno.writeTextFile(`${folder}/secrets/CP001`, "of the device");
  const site = {
    version: 1,
    site: { id: "garage-12", name: "Parking garage", dataDir: "./data" },
    console: {
      ...{ listen: `127.0.0.1:${port}`, hostname: HOSTNAME },
      devicePages: { listen: `127.0.0.1:${pagesPort}`, contact: "Control room, 112" },
    },
    people: { recordings: {} },
    stations: [{
      ...{ id: "CP001", vendor: "bender", address: "127.0.0.1" },
      ui: {
        ...{ url: device.origin, driver: "bender", plaintext: "isolated-segment" },
        accounts: [{ role: "installer", passwordFile: "secrets/CP001" }],
      },
    }],
  };
  await Deno.writeTextFile(`${folder}/site.yaml`, stringify(site));
  const gateway = runGateway(`${folder}/site.yaml`);
  await using browser = await TestBrowser.launch();
  try {
    await gateway.ready(120_000);
    const setupCode = /^SETUP code (\S+)/m.exec(gateway.text())![1]!;
    const { page, context } = await browser.open();
    await addAuthenticator(context, page);
    const at = (path: string) => `https://${HOSTNAME}:${port}${path}`;
    await claimWithPasskey(page, at, setupCode);
    const socket = controlSocketPath({ dataDir: `${folder}/data` });
    const command = async (name: string, args: Record<string, string | boolean>) =>
      (await runInGateway(socket, name, args, "anna")).data;
    await walk({ browser, page, context, controller, pagesPort, at, command });
  } catch (error) {
    throw new Error(`${error}\n${gateway.text().slice(-3_000)}`, { cause: error });
  } finally {
    await gateway.stop();
    await device.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Opens the pages from the station's page; they come in a tab of their own. */
async function openPages({ page, context, at, pagesPort }: Walk): Promise<Page> {
  await page.goto(at("/stations/CP001"));
  const form = page.locator('form[action="/stations/CP001/pages"]');
  await form.getByLabel("What for").fill("meter replaced");
  await form.getByLabel("As").selectOption("installer");
  await form.getByLabel("To do what").selectOption("edit");
  const [tab] = await Promise.all([
    context.waitForEvent("page"),
    form.getByRole("button", { name: "Open the pages" }).click(),
  ]);
  await tab.waitForURL(`https://cp001.${HOSTNAME}:${pagesPort}/**`);
  await tab.getByText("Configuration Interface").first().waitFor();
  return tab;
}

/** What the device's own script does when somebody saves a setting. */
const save = (tab: Page, value: string) =>
  tab.evaluate(`fetch("/v1/app_settings", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ params: [{ key: "OperatorCurrentLimit_vehicleif", value: "${value}" }] }),
  }).then((answer) => answer.status)`);

/** The technician "tom" on a phone, at the station's page. */
async function signInTechnician({ browser, at, command }: Walk): Promise<{ tom: Page; context: BrowserContext }> {
  const { temporaryPassword } = await command("user add", { name: "tom", role: "technician" }) as {
    temporaryPassword: string;
  };
  const person = { name: "tom", temporaryPassword, next: "/stations/CP001", width: WIDTHS.phone };
  const { page: tom, context } = await signInAnew(browser, at, person);
  return { tom, context };
}

/** EV-01: the inbox shows the controller until no password of the factory works there, tried at the device itself. */
async function adoption({ page, at, controller }: Walk): Promise<void> {
  const finish = async () => {
    await page.goto(at("/inbox"));
    await page.locator("summary", { hasText: "Finish the adoption" }).click();
    await page.getByRole("button", { name: "Finish the adoption" }).click();
  };
  await finish();
  await page.getByText('A password of the factory still works at "CP001": operator').waitFor();
  await page.goto(at("/alarms"));
  await page.getByText("device.password.default").waitFor();
  controller.accounts.change("operator", "of this site alone");
  await finish();
  await page.getByText("The adoption of CP001 is finished.").waitFor();
  equal(await page.getByText("Adoption not finished").count(), 0);
  await page.goto(at("/alarms"));
  equal(await page.getByText("device.password.default").count(), 0);
}

/** Asked for on a phone in the garage, approved on the dashboard in the control room, opened: nobody loads a page anew. */
async function threeClicks(walk: Walk): Promise<void> {
  const { page, at, command, pagesPort } = walk;
  const grant = { "role": "technician", "all-stations": true, "device-role": "installer", "capability": "view,edit" };
  await command("grant add", { id: "field", ...grant, "on-request": true, "because": "Service contract" });
  const { tom, context } = await signInTechnician(walk);
  await page.goto(at("/"));
  let clicks = 0;
  const click = async (target: Locator) => {
    clicks++;
    await target.click();
  };
  await tom.locator('form[action="/stations/CP001/pages"]').getByLabel("What for").fill("meter replaced");
  await click(tom.getByRole("button", { name: "Ask for approval" }));
  await tom.getByText("Your request waits for somebody to approve it").waitFor();
  await click(page.getByRole("button", { name: "Approve" }));
  await page.getByText("tom may open CP001").waitFor();
  await tom.getByText("Approved by anna").waitFor();
  for (const look of [page, tom]) {
    deepEqual(await axeFindings(look), []);
    equal(await isTooWide(look), false);
  }
  const opened = context.waitForEvent("page");
  await click(tom.locator("[id^=open-]"));
  const tab = await opened;
  await tab.waitForURL(`https://cp001.${HOSTNAME}:${pagesPort}/**`);
  await tab.getByText("Configuration Interface").first().waitFor();
  equal(clicks, 3);
  await command("user remove", { name: "tom" }); // and with the person the open page is gone
  await tab.reload();
  match(await tab.locator("body").innerText(), /Control room, 112/);
  await context.close();
}

Deno.test("device pages: wizard, passkey, adoption (EV-01), asked and opened in three clicks, hand-over, an edit that is watched and recorded, killed; EV-14 idle logout", () =>
  withWalk(async (walk) => {
    const { page, at, controller, context } = walk;
    await adoption(walk);
    await threeClicks(walk);
    const tab = await openPages(walk);
    equal((await context.cookies(tab.url())).some(({ name }) => name.includes("session_id")), false);
    equal(await save(tab, "10"), 200);
    equal(controller.settings.get("OperatorCurrentLimit_vehicleif"), "10");

    // somebody watches: names of settings, never values
    await page.goto(at("/access"));
    await page.getByRole("link", { name: "Watch" }).click();
    await page.waitForURL("**/access/sessions/*");
    await page.getByText("OperatorCurrentLimit_vehicleif").first().waitFor();
    equal(await save(tab, "12"), 200);
    await waitFor("the second edit, as it happens", async () => {
      return await page.getByText("OperatorCurrentLimit_vehicleif").count() >= 2;
    });

    // killed: when the click is answered, cookie and device session are dead (the second is in service_long_test.ts)
    await page.locator("summary", { hasText: "End this session" }).click();
    await page.locator(".panel").getByRole("button", { name: "End this session" }).click();
    await page.waitForURL(at("/access"));
    notEqual(await save(tab, "14"), 200);
    equal(controller.settings.get("OperatorCurrentLimit_vehicleif"), "12");
    await tab.reload();
    match(await tab.locator("body").innerText(), /Control room, 112/);
    await tab.close();

    // what was done is replayed, values of settings that are no secret with it
    await page.goto(at("/access/recordings"));
    await page.getByRole("button", { name: "Look at it" }).first().click();
    await page.getByText("OperatorCurrentLimit_vehicleif = 10").waitFor();

    // EV-14: nobody moves for half an hour
    await context.clock.install();
    const idle = await openPages(walk);
    await idle.clock.fastForward("31:00");
    await idle.waitForURL("**/.gw/ended?why=*");
    deepEqual(complaintsOf(walk.browser), []);
  }));

/** Files that the simulated device does not have are no fault of ours. */
const complaintsOf = (browser: TestBrowser) =>
  faultsOf(browser, 401, 403, 404, 409).filter((text) => !/MIME type/.test(text));
