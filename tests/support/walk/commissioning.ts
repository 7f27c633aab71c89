import { deepEqual, equal, rejects } from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Page } from "playwright-core";
import { planPicture } from "../plan_picture.ts";
import type { Life } from "./life.ts";
import { OWN_PASSWORD, STATION } from "./life_site.ts";
import { look } from "./looks.ts";
import { judgePaper, printReport } from "./papers.ts";

const PHOTO = { name: "photo.png", mimeType: "image/png" };
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
  await enter(tom, "identity.label CP001", (step) => step.getByLabel("Serial number").fill(STATION));
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
  for (const key of ["electrical.inspection", "electrical.rotation", `ocpp.charged ${STATION}`]) {
    await enter(tom, key, async () => {});
  }
}

interface Shown {
  readonly state: string;
  readonly open: readonly string[];
  readonly faults: readonly { readonly rule: string }[];
}

/** EV-01, BC-13 and BC-14 hold the adoption and the protocol up, one after the other, until each is mended. */
async function mend({ site: { command, controller, write } }: Life): Promise<void> {
  const finish = () => command("station adoption finish", { station: "CP001" });
  const rules = async () =>
    (await command<Shown>("commissioning show", { bay: "CP001" })).faults.map(({ rule }) => rule);
  deepEqual(await rules(), ["EV-01", "BC-13", "BC-14"]);
  await rejects(finish(), {
    code: "ADOPTION_OPEN",
    message: /password of the factory still works at "CP001": operator/,
  });
  controller.accounts.change("operator", OWN_PASSWORD);
  await rejects(finish(), { code: "ADOPTION_OPEN", message: /Nobody could get into "CP001"/ });
  deepEqual(await rules(), ["BC-13", "BC-14"]);
  await command("secret import", { station: "CP001", slot: "puk", file: "Ab1!Ab1!Ab1!Ab1!" });
  await rejects(finish(), { code: "ADOPTION_OPEN", message: /old pages of "CP001" are open/ });
  deepEqual(await rules(), ["BC-14"]);
  await write({ accounts: [{ role: "operator", passwordFile: `secrets/${STATION}.page` }] }); // without ui.oldPages
  await command("reload");
  await finish();
  deepEqual(await rules(), []);
}

/** A bay from its first step to the signed paper: entered on a phone, held up by EV-01, BC-13 and BC-14, signed by two. */
export async function commission(life: Life): Promise<void> {
  const { tom, anna, site } = life, { at, command } = site;
  await tom.getByRole("button", { name: /^CP001/ }).click();
  await tom.waitForURL("**/commissioning/1");
  await site.powerOn();
  await site.charge();
  await enterAll(tom);
  await tom.reload();
  await stepOf(tom, "electrical.insulation").locator(".state.good").waitFor(); // nothing is lost
  await tom.getByText("Cannot be handed over: EV-01").waitFor();
  await look(tom, "commissioning-held-up");
  await mend(life);
  await tom.getByRole("button", { name: "Look now" }).click();
  await tom.getByText("The gateway has looked").waitFor();
  await answerForTheRest(life);
  await tom.reload();
  await tom.locator("summary", { hasText: "Sign: For the installer" }).click();
  await tom.getByLabel("Your name").fill("Tom Kern");
  await tom.locator("[data-draw] svg").dragTo(tom.locator("[data-draw] svg"), {
    ...{ sourcePosition: { x: 20, y: 50 }, targetPosition: { x: 200, y: 30 } },
  });
  await tom.getByRole("button", { name: "Sign", exact: true }).click();
  await tom.getByText("Signed", { exact: true }).waitFor();
  await rejects(command("commissioning close", { bay: STATION }), { message: /rule commissioning\.not-signed/ });
  await anna.goto(at("/commissioning/1"));
  await anna.locator("summary", { hasText: "Sign: For the operator" }).click();
  await anna.getByLabel("Your name").fill("Anna Berg");
  await anna.getByRole("button", { name: "Sign", exact: true }).click();
  await anna.locator("summary", { hasText: "Close the protocol" }).click();
  await anna.getByRole("button", { name: "Close the protocol" }).click();
  await anna.getByText("The protocol of CP001 is closed").waitFor();
  await look(anna, "commissioning-closed");
  const [download] = await Promise.all([anna.waitForEvent("download"), anna.getByText("Signed PDF").click()]);
  equal(download.suggestedFilename(), "commissioning-1-CP001.pdf");
  await judgePaper(life, await Deno.readFile(await download.path()));
  await printReport(life);
}

/** What a box in a test cannot look at; somebody answers for it, and the paper says so. */
async function answerForTheRest({ site: { command } }: Life): Promise<void> {
  for (const key of (await command<Shown>("commissioning show", { bay: STATION })).open) {
    const [step, station] = key.split(" ");
    const reason = "a box in a test sees no network";
    await command("commissioning except", { bay: STATION, step: step!, station: station!, reason });
  }
}
