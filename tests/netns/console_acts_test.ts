import { deepEqual, equal, match } from "node:assert/strict";
import { createHash, randomBytes, sign, X509Certificate } from "node:crypto";
import type { Page } from "playwright-core";
import { stringify } from "yaml";
import { BenderPages } from "../../gateway/demo/controllers/bender.ts";
import { startDevice } from "../../gateway/demo/controllers/simulated_device.ts";
import { axeFindings, isTooWide, TestBrowser, WIDTHS } from "../support/browser.ts";
import { addAuthenticator, claimWithPasskey } from "../support/browser_claim.ts";
import { reservePorts } from "../support/gateway_process.ts";
import { runGateway } from "../support/run_gateway.ts";
import { makeTestCsr, TestCa } from "../support/test_ca.ts";
import { waitFor } from "../support/wait_for.ts";

// What a person does on the pages of images, a controller's work, certificates, audit and system, in Chromium against the
// whole gateway. SCREENSHOTS=FOLDER keeps a picture of each step.

const SHOTS = Deno.env.get("SCREENSHOTS");
const IMAGE = randomBytes(300_000);
const SHA256 = createHash("sha256").update(IMAGE).digest("hex");
const root = new TestCa("Bender firmware root"), signer = root.issue({});
const SECRET = "of the device, and nobody else's";

interface Walk {
  readonly page: Page;
  readonly folder: string;
  readonly controller: BenderPages;
  at(path: string): string;
  /** Looks at a step: axe, width at a desk and on a phone, a picture. */
  look(name: string): Promise<void>;
  /** Files of the vault: quarantine of people, and verified ones. */
  files(of: "uploads" | "verified"): string[];
}

async function withWalk(walk: (site: Walk) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-acts-" });
  const controller = new BenderPages({ passwords: { installer: SECRET }, dialects: ["v1"], firmware: "5.33.11-21500" });
  const device = await startDevice(controller.pages);
  const { console: port, plain: pagesPort } = reservePorts();
  await Deno.mkdir(`${folder}/secrets`);
  await Deno.writeTextFile(`${folder}/secrets/CP001`, SECRET);
  await Deno.writeTextFile(`${folder}/roots.pem`, root.pem);
  const site = {
    version: 1,
    site: { id: "garage-12", name: "Parking garage", dataDir: "./data" },
    console: { listen: `127.0.0.1:${port}`, hostname: "localhost", devicePages: { listen: `127.0.0.1:${pagesPort}` } },
    people: {},
    firmware: {
      vendors: [{ vendor: "bender", manufacturerRootsFile: "roots.pem", formats: ["deb"], maxMegabytes: 8 }],
    },
    stations: [{
      ...{ id: "CP001", vendor: "bender", model: "CC613", address: "127.0.0.1" },
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
    const { page, context } = await browser.open();
    await addAuthenticator(context, page);
    const at = (path: string) => `https://localhost:${port}${path}`;
    await claimWithPasskey(page, at, /^SETUP code (\S+)/m.exec(gateway.text())![1]!);
    const look = async (name: string) => {
      deepEqual(await axeFindings(page), [], name);
      for (const [width, size] of Object.entries(WIDTHS)) {
        await page.setViewportSize(size);
        equal(await isTooWide(page), false, `${name} at ${width}`);
        if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}-${width}.png`, fullPage: true });
      }
      await page.setViewportSize(WIDTHS.desk);
    };
    const files = (of: string) => [...Deno.readDirSync(`${folder}/data/firmware/${of}`)].map(({ name }) => name);
    await walk({ page, folder, controller, at, look, files });
    deepEqual(browser.complaints, [], "no broken policy, no failed script");
  } catch (error) {
    throw new Error(`${error}\n${gateway.text().slice(-3_000)}`, { cause: error });
  } finally {
    await gateway.stop();
    await device.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Fills the form of an image: the file, what is said of it, the vendor's signature and certificate. */
async function bring({ page, at, folder }: Walk, bytes: Uint8Array): Promise<void> {
  const files = {
    "ebee_firmware_5.34.1.deb": bytes,
    "a.sig": sign("sha256", IMAGE, signer.key),
    "a.pem": signer.certPem,
  };
  for (const [name, content] of Object.entries(files)) {
    await Deno.writeFile(
      `${folder}/${name}`,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
  }
  await page.goto(at("/firmware/images/upload"));
  const form = page.locator("form", { has: page.getByLabel("Version") });
  await form.getByLabel("Image or ZIP").setInputFiles(`${folder}/ebee_firmware_5.34.1.deb`);
  await form.getByLabel("Vendor", { exact: true }).fill("bender");
  await form.getByLabel("Version").fill("5.34.1");
  await form.getByLabel("The vendor's signature").setInputFiles(`${folder}/a.sig`);
  await form.getByLabel("The vendor's signing certificate").setInputFiles(`${folder}/a.pem`);
  await form.getByRole("button", { name: "Upload and show the verdict" }).click();
  await page.getByText("Nothing is stored yet").waitFor();
}

async function images(walk: Walk): Promise<void> {
  const { page, files, look } = walk;
  const changed = IMAGE.map((byte, at) => at === 200_000 ? byte ^ 1 : byte); // a bit flip behind the signature
  await bring(walk, changed);
  await page.getByText(/Refused/).first().waitFor();
  equal(await page.getByRole("button", { name: "Take this image" }).count(), 0, "what is refused cannot be taken");
  await look("upload-refused");
  deepEqual([files("verified"), files("uploads").length], [[], 1]);
  await page.getByRole("button", { name: "Throw it away" }).click();
  await page.getByText("The file was thrown away.").waitFor();
  deepEqual([files("verified"), files("uploads")], [[], []]);

  await bring(walk, IMAGE);
  await page.getByText("proved by ocpp-signature").waitFor();
  deepEqual([files("verified"), files("uploads").length], [[], 1], "the verdict comes before anything is kept");
  await look("upload-accepted");
  await page.getByRole("button", { name: "Take this image" }).click();
  await page.waitForURL(`**/firmware/images/${SHA256}`);
  deepEqual([files("verified"), files("uploads")], [[SHA256], []]);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Take its file" }).click(),
  ]);
  equal(createHash("sha256").update(await Deno.readFile((await download.path())!)).digest("hex"), SHA256);
}

async function device({ page, at, look, controller }: Walk): Promise<void> {
  await page.goto(at("/stations/CP001"));
  await page.getByRole("link", { name: "Work at the controller" }).click();
  await page.waitForURL("**/stations/CP001/device");
  await look("device");
  await page.getByRole("button", { name: "Ask for the version" }).click();
  await page.getByText("CP001 says that it runs 5.33.11-21500.").waitFor();
  await page.locator("summary", { hasText: "Write settings" }).click();
  await page.getByLabel("Settings", { exact: true }).last().fill("OperatorCurrentLimit_vehicleif=10");
  await page.locator("form[action$='/device/import']").getByRole("button", { name: "Write" }).click();
  await page.getByText("It has begun").waitFor();
  await page.getByText("1 of 1 settings of CP001 are as in the file.").waitFor();
  equal(controller.settings.get("OperatorCurrentLimit_vehicleif"), "10");
  await page.getByRole("button", { name: "Fetch the configuration" }).click();
  await page.getByText("is kept sealed as").waitFor();
  await page.reload();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "CP001.json" }).click(),
  ]);
  match(await Deno.readTextFile((await download.path())!), /"OperatorCurrentLimit_vehicleif": "10"/);
  await page.goto(at("/stations/CP001"));
  const log = page.locator("section", { has: page.getByRole("heading", { name: "Live log" }) });
  await log.getByText(/device\.operation\.done: anna, .*operation write/).waitFor(); // it has no OCPP that could say anything
}

async function certificates({ page, at, look }: Walk): Promise<void> {
  await page.goto(at("/certificates"));
  await page.locator("summary", { hasText: "Issue a certificate" }).click();
  await page.getByLabel("Station", { exact: true }).fill("CP001");
  await page.getByLabel("Certificate signing request (PEM)").fill(
    makeTestCsr([["O", "garage-12"], ["CN", "CP001"]]).csrPem,
  );
  await page.getByRole("button", { name: "Issue a certificate" }).click();
  await page.getByText("Certificate for CP001").first().waitFor();
  const issued = new X509Certificate(await page.locator("pre").first().innerText());
  match(issued.subject, /CN=CP001/);
  await page.getByRole("link", { name: "Back to the certificates" }).click();
  await page.getByText("Good").waitFor();
  await look("certificates");
  await page.locator("summary", { hasText: "Revoke" }).click();
  await page.getByLabel("Yes, CP001 shall not connect with it any more").check();
  await page.locator(".panel").getByRole("button", { name: "Revoke" }).click();
  await page.getByText("Revoked:").waitFor();
  await page.getByRole("button", { name: "Show it" }).click();
  const ca = new X509Certificate(await page.locator("pre").first().innerText());
  equal(issued.verify(ca.publicKey), true);
}

async function audit({ page, at, look }: Walk): Promise<void> {
  await page.goto(at("/audit"));
  await page.getByLabel("Station", { exact: true }).fill("CP001");
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByText("device.operation.done").first().waitFor();
  await look("audit");
  await page.getByRole("button", { name: "Verify the chain" }).click();
  await page.getByText("The chain is intact").waitFor();
}

async function system({ page, at, look, folder }: Walk): Promise<void> {
  await page.goto(at("/system"));
  await look("system");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download the support bundle" }).click(),
  ]);
  const text = await Deno.readTextFile((await download.path())!), bundle = JSON.parse(text);
  deepEqual([bundle.bundle, bundle.site, typeof bundle.answers.status], ["bulkhead-support", "garage-12", "object"]);
  equal(text.includes(SECRET) || text.includes("PRIVATE KEY"), false, "no secret is in it");
  const site = await Deno.readTextFile(`${folder}/site.yaml`);
  await Deno.writeTextFile(`${folder}/site.yaml`, site.replace("Parking garage", "Garage under the square"));
  await page.getByRole("button", { name: "Compare" }).click();
  await page.getByText("Garage under the square").first().waitFor();
  await page.getByRole("button", { name: "Apply it now" }).click();
  await page.getByText("The new configuration is in force.").waitFor();
  await waitFor(
    "the new name",
    async () => (await page.reload(), await page.getByText("Garage under the square").count() > 0),
  );
}

Deno.test("console: an image accepted and one refused, work at a controller, certificates, audit, support bundle and reload by hand in Chromium", () =>
  withWalk(async (walk) => {
    await images(walk);
    await device(walk);
    await certificates(walk);
    await audit(walk);
    await system(walk);
  }));
