import { deepEqual, equal, match, ok, rejects, throws } from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Page } from "playwright-core";
import { stringify } from "yaml";
import { runInGateway } from "../../gateway/cli/control_client.ts";
import { controlSocketPath } from "../../gateway/control/data_paths.ts";
import { BenderPages } from "../../gateway/demo/controllers/bender.ts";
import { startDevice } from "../../gateway/demo/controllers/simulated_device.ts";
import { verifyPdf } from "../../gateway/papers/verify_pdf.ts";
import { axeFindings, faultsOf, isTooWide, TestBrowser, WIDTHS } from "../support/browser.ts";
import { addAuthenticator, BROWSER_PASSWORD, claimWithPasskey } from "../support/browser_claim.ts";
import { reservePorts } from "../support/gateway_process.ts";
import { planPicture } from "../support/plan_picture.ts";
import { runGateway } from "../support/run_gateway.ts";

const HOSTNAME = "gw.localhost";
const PHOTO = { name: "photo.png", mimeType: "image/png" };

/** A gateway with one Bender controller as it came from its factory, its old pages open, in front of two people. */
interface Walk {
  readonly browser: TestBrowser;
  /** The administrator at a desk. */
  readonly anna: Page;
  readonly controller: BenderPages;
  readonly folder: string;
  at(path: string): string;
  command<T>(name: string, args: Record<string, string | boolean>): Promise<T>;
  /** Takes `ui.oldPages: allowed` out of site.yaml. */
  closeOldPages(): Promise<void>;
}

async function withWalk(walk: (site: Walk) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-commissioning-" });
  const controller = new BenderPages({ passwords: { operator: "yellow_zone" }, dialects: ["v1"], firmware: "5.33.11" });
  const device = await startDevice(controller.pages);
  const { console: port, plain: pagesPort } = reservePorts();
  const write = (oldPages: object) =>
    Deno.writeTextFile(
      `${folder}/site.yaml`,
      stringify({
        ...{ version: 1, site: { id: "garage-12", name: "Parkhaus Süd", dataDir: "./data" } },
        console: {
          ...{ listen: `127.0.0.1:${port}`, hostname: HOSTNAME },
          devicePages: { listen: `127.0.0.1:${pagesPort}` },
        },
        vault: { escrow: { waived: "secrets-exist-only-on-this-box" } },
        stations: [{
          ...{ id: "CP001", vendor: "bender", model: "CC613", serial: "SN-4711", address: "127.0.0.1" },
          ui: { url: device.origin, driver: "bender", plaintext: "isolated-segment", ...oldPages },
        }],
      }),
    );
  await write({ oldPages: "allowed" });
  const gateway = runGateway(`${folder}/site.yaml`);
  await using browser = await TestBrowser.launch();
  try {
    await gateway.ready(120_000);
    const setupCode = /^SETUP code (\S+)/m.exec(gateway.text())![1]!;
    const { page: anna, context } = await browser.open();
    await addAuthenticator(context, anna);
    const at = (path: string) => `https://${HOSTNAME}:${port}${path}`;
    await claimWithPasskey(anna, at, setupCode);
    const socket = controlSocketPath({ dataDir: `${folder}/data` });
    const command = async <T>(name: string, args: Record<string, string | boolean>) =>
      (await runInGateway(socket, name, args, "anna")).data as T;
    const closeOldPages = async () => {
      await write({});
      await command("reload", {});
    };
    await walk({ browser, anna, controller, folder, at, command, closeOldPages });
  } catch (error) {
    throw new Error(`${error}\n${gateway.text().slice(-3_000)}`, { cause: error });
  } finally {
    await gateway.stop();
    await device.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** The technician "tom" on a phone, with a passkey. */
async function signInTom({ browser, at, command }: Walk): Promise<Page> {
  const { temporaryPassword } = await command<{ temporaryPassword: string }>("user add", {
    name: "tom",
    role: "technician",
  });
  const { page: tom, context } = await browser.open({ width: WIDTHS.phone });
  await addAuthenticator(context, tom);
  await tom.goto(at("/login?next=%2Fcommissioning"));
  await tom.getByLabel("Name").fill("tom");
  await tom.getByLabel("Password").fill(temporaryPassword);
  await tom.getByRole("button", { name: "Sign in", exact: true }).click();
  await tom.waitForURL("**/login/password*");
  await tom.getByLabel("New password", { exact: true }).fill(BROWSER_PASSWORD);
  await tom.getByLabel("New password again").fill(BROWSER_PASSWORD);
  await tom.getByRole("button", { name: "Change the password" }).click();
  await tom.waitForURL("**/login/enrol*");
  await tom.getByLabel("Name for it").fill("Phone of Tom");
  await tom.getByRole("button", { name: "Set up a passkey" }).click();
  await tom.waitForURL("**/commissioning");
  return tom;
}

const stepOf = (page: Page, key: string) => page.locator(`[id="step-${key.replace(/[^\w-]/g, "_")}"]`);

/** Opens a step, fills it in, keeps it, and waits for the page that says so. */
async function enter(page: Page, key: string, fill: (step: ReturnType<typeof stepOf>) => Promise<void>): Promise<void> {
  const step = stepOf(page, key);
  await step.locator("summary").first().click();
  await fill(step);
  await step.getByRole("button", { name: "Keep" }).click();
  await stepOf(page, key).locator(".state.good").waitFor();
}

/** Everything that a person enters, on a phone. */
async function enterAll(tom: Page): Promise<void> {
  await enter(tom, "identity.label CP001", (step) => step.getByLabel("Serial number").fill("SN-4711"));
  for (const kind of ["label", "installation", "cable"]) {
    const buffer = Buffer.from(planPicture(60, 40 + kind.length));
    await enter(
      tom,
      `identity.photo-${kind}`,
      (step) => step.locator("input[type=file]").setInputFiles({ ...PHOTO, buffer }),
    );
  }
  const measures = {
    "protective-conductor": "0.12",
    "insulation": "250",
    "loop-impedance": "0,41",
    "rcd-time": "24",
    "rcd-current": "22",
  };
  for (const [key, value] of Object.entries(measures)) {
    await enter(tom, `electrical.${key}`, (step) => step.getByLabel("Value in").fill(value));
  }
  for (const key of ["inspection", "rotation"]) await enter(tom, `electrical.${key}`, async () => {});
}

interface Shown {
  readonly state: string;
  readonly open: readonly string[];
  readonly faults: readonly { readonly rule: string }[];
}

/** EV-01, BC-13 and BC-14 hold the adoption and the protocol up, one after the other, until each is mended. */
async function mend({ command, controller, closeOldPages }: Walk): Promise<void> {
  const finish = () => command("station adoption finish", { station: "CP001" });
  const rules = async () =>
    (await command<Shown>("commissioning show", { bay: "CP001" })).faults.map(({ rule }) => rule);
  deepEqual(await rules(), ["EV-01", "BC-13", "BC-14"]);
  await rejects(finish(), {
    code: "ADOPTION_OPEN",
    message: /password of the factory still works at "CP001": operator/,
  });
  controller.accounts.change("operator", "of this site alone");
  await rejects(finish(), { code: "ADOPTION_OPEN", message: /Nobody could get into "CP001"/ });
  deepEqual(await rules(), ["BC-13", "BC-14"]);
  await command("secret import", { station: "CP001", slot: "puk", file: "Ab1!Ab1!Ab1!Ab1!" });
  await rejects(finish(), { code: "ADOPTION_OPEN", message: /old pages of "CP001" are open/ });
  deepEqual(await rules(), ["BC-14"]);
  await closeOldPages();
  await finish();
  deepEqual(await rules(), []);
}

/** What other programs say of the paper. */
async function judgePaper(walk: Walk, pdf: Uint8Array): Promise<void> {
  const { pem } = await walk.command<{ pem: string }>("cert export-ca", {});
  match(verifyPdf(pdf, pem).signer, /^Bulkhead papers garage-12/);
  const altered = pdf.slice();
  altered[Math.floor(pdf.length / 2)]! ^= 1;
  throws(() => verifyPdf(altered, pem), /PAPER_SIGNATURE|PKI_MALFORMED|does not hold|certificate data/);
  const file = `${walk.folder}/bay.pdf`;
  await Deno.writeFile(file, pdf);
  const said = await run("pdfsig", file);
  match(said, /Signature Type: ETSI\.CAdES\.detached/);
  match(said, /Total document signed/);
  match(said, /Signature is Valid/);
  const page = pdf.slice();
  page[pdf.length - 400]! ^= 1; // behind the signature: other programs do not judge the zeros that are kept free for it
  await Deno.writeFile(`${walk.folder}/altered.pdf`, page);
  ok(!/Signature is Valid/.test(await run("pdfsig", `${walk.folder}/altered.pdf`)));
  const text = await run("pdftotext", "-layout", file, "-");
  for (
    const word of [
      "Commissioning protocol CP001",
      "Parkhaus Süd",
      "closed",
      "250 MOhm",
      "Tom Kern (tom)",
      "Anna Berg (anna)",
    ]
  ) {
    ok(text.includes(word), `${word} stands in:\n${text}`);
  }
  match(await run("pdfdetach", "-list", file), /commissioning-1\.json/);
  await opensslAgrees(walk.folder, pdf, pem);
}

async function opensslAgrees(folder: string, pdf: Uint8Array, pem: string): Promise<void> {
  const text = new TextDecoder("latin1").decode(pdf);
  const [, start, end] = /\/ByteRange \[0 (\d+) (\d+) \d+\]/.exec(text)!.map(Number);
  const signature = Uint8Array.fromHex(text.slice(start! + 1, end! - 1));
  const size = signature[2]! * 256 + signature[3]! + 4; // SEQUENCE with a length of two bytes
  await Deno.writeFile(`${folder}/content`, new Uint8Array([...pdf.subarray(0, start!), ...pdf.subarray(end!)]));
  await Deno.writeFile(`${folder}/cms`, signature.subarray(0, size));
  await Deno.writeTextFile(`${folder}/ca.pem`, pem);
  const verify = ["cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", `${folder}/cms`];
  await run("openssl", ...verify, "-content", `${folder}/content`, "-CAfile", `${folder}/ca.pem`, "-out", "/dev/null");
}

/** Runs a Debian program to its end. pdfsig ends with 1 where it knows no authority. */
async function run(program: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  if (code !== 0 && program !== "pdfsig") throw new Error(`${program} ended with ${code}: ${text}`);
  return text;
}

/** The posture report as Chromium prints it: A4, without navigation, what could not be checked, heads on each page. */
async function printReport({ anna, at, folder, command }: Walk): Promise<void> {
  await command("posture run", { subject: "CP001" });
  await anna.goto(at("/reports/posture"));
  const file = `${folder}/printed.pdf`;
  await Deno.writeFile(file, await anna.pdf({ preferCSSPageSize: true }));
  const info = await run("pdfinfo", file), text = await run("pdftotext", "-layout", file, "-");
  match(info, /Page size: +59[45].*84[12].*A4/);
  ok(Number(/Pages: +(\d+)/.exec(info)![1]) >= 3, info);
  match(text, /What could not be checked/);
  match(text, /CP001/);
  for (const gone of ["Dashboard", "Signed PDF", "Floor plans"]) ok(!text.includes(gone), `${gone} is printed`);
  const pages = text.split("\f").filter((page) => /\bLine\b[\s\S]*\bFound\b/.test(page));
  ok(pages.length >= 2, "the head of a table comes again");
}

Deno.test("EV-01, BC-13, BC-14: a bay is commissioned on a phone, held up by each in turn, and closed to a signed PDF", () =>
  withWalk(async (walk) => {
    const { anna, at, command, browser } = walk, tom = await signInTom(walk);
    await tom.getByRole("button", { name: /^CP001/ }).click();
    await tom.waitForURL("**/commissioning/1");
    await enterAll(tom);
    await tom.reload();
    await stepOf(tom, "electrical.insulation").locator(".state.good").waitFor(); // nothing is lost
    await tom.getByText("Cannot be handed over: EV-01").waitFor();
    deepEqual(await axeFindings(tom), []);
    equal(await isTooWide(tom), false);
    await mend(walk);
    await tom.getByRole("button", { name: "Look now" }).click();
    await tom.getByText("The gateway has looked").waitFor();
    const { open } = await command<Shown>("commissioning show", { bay: "CP001" });
    for (const key of open) {
      const [step, station] = key.split(" ");
      await command("commissioning except", {
        bay: "CP001",
        step: step!,
        station: station!,
        reason: "a box in a test sees no network",
      });
    }
    await tom.reload();
    await tom.locator("summary", { hasText: "Sign: For the installer" }).click();
    await tom.getByLabel("Your name").fill("Tom Kern");
    await tom.locator("[data-draw] svg").dragTo(tom.locator("[data-draw] svg"), {
      ...{ sourcePosition: { x: 20, y: 50 }, targetPosition: { x: 200, y: 30 } },
    });
    await tom.getByRole("button", { name: "Sign", exact: true }).click();
    await tom.getByText("Signed", { exact: true }).waitFor();
    await rejects(command("commissioning close", { bay: "CP001" }), { message: /rule commissioning\.not-signed/ });
    await anna.goto(at("/commissioning/1"));
    await anna.locator("summary", { hasText: "Sign: For the operator" }).click();
    await anna.getByLabel("Your name").fill("Anna Berg");
    await anna.getByRole("button", { name: "Sign", exact: true }).click();
    await anna.locator("summary", { hasText: "Close the protocol" }).click();
    await anna.getByRole("button", { name: "Close the protocol" }).click();
    await anna.getByText("The protocol of CP001 is closed").waitFor();
    const [download] = await Promise.all([anna.waitForEvent("download"), anna.getByText("Signed PDF").click()]);
    equal(download.suggestedFilename(), "commissioning-1-CP001.pdf");
    await judgePaper(walk, await Deno.readFile(await download.path()));
    await printReport(walk);
    deepEqual(faultsOf(browser), []);
  }));
