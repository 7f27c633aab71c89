import { equal } from "node:assert/strict";
import type { Page } from "playwright-core";
import { systemClock } from "../../../gateway/core/clock.ts";
import { waitFor } from "../wait_for.ts";
import { press, reloadUntil } from "./acts.ts";
import type { Life } from "./life.ts";
import { FACTORY_PASSWORD, STATION } from "./life_site.ts";
import { look } from "./looks.ts";

const PROOF = "seal 4711 broken, new one 4712, the card is in the safe";
const stepOf = (page: Page, title: string) => page.locator("#steps tr", { hasText: title });

/** Somebody at the station says that a step is done; the gateway then looks itself. */
async function confirm(tom: Page, title: string, wanted: "Done" | "Failed" = "Done"): Promise<void> {
  const step = stepOf(tom, title);
  await step.locator("summary", { hasText: "It is done" }).click();
  await step.getByLabel("Who was there").fill("Tom Kern");
  await step.getByLabel("What was seen or done").fill(PROOF);
  await press(tom, step.getByRole("button", { name: "It is done" }), `Noted: ${title}: ${wanted}`);
}

/** The gateway does a step; `wanted` is how it then stands. */
async function run(page: Page, title: string, wanted: "Being proven" | "Done" | "Failed" = "Done"): Promise<void> {
  const button = stepOf(page, title).getByRole("button", { name: /^(?:Do it now|Try again)$/ });
  await press(page, button, `Noted: ${title}: ${wanted}`);
}

/** The administrator answers for a line by name, with a reason and an end. */
async function answerForALine({ site: { at }, anna }: Life): Promise<void> {
  const month = new Date(systemClock.now() + 30 * 86_400_000).toISOString().slice(0, 10);
  await anna.goto(at(`/posture/${STATION}`));
  const line = anna.locator("tr", { hasText: "OCPP-03" });
  await line.locator("summary", { hasText: "Answer for it" }).click();
  await line.getByLabel("Why is it acceptable?").fill("its CSMS stands in the same rack");
  await line.getByLabel("Until").fill(month);
  await press(anna, line.getByRole("button", { name: "Answer for it" }), "You answer for OCPP-03 now");
}

/** A reset card took the controller back to its factory: password, HTTPS. */
async function resetByCard({ site: { command, controller, serve } }: Life): Promise<void> {
  await command("incident look", { station: STATION }); // as on every day before
  controller.accounts.change("operator", FACTORY_PASSWORD);
  await serve();
}

/** BC-07, EV-23: what the gateway finds joins what a person saw; quarantined; the way back walked; closed. */
export async function comeBack(life: Life): Promise<void> {
  const { site, anna, olga, tom } = life, { at, command } = site;
  await resetByCard(life);
  await anna.goto(at("/incidents"));
  await reloadUntil(anna, "the incident", anna.getByRole("link", { name: "I-1" }));
  await look(anna, "incidents");
  await anna.getByRole("link", { name: "I-1" }).click();
  await anna.waitForURL("**/incidents/I-1");
  await press(anna, anna.getByRole("button", { name: "Look at the station now" }), "The gateway has looked");
  await anna.getByText(/HTTPS was on/).waitFor();
  await press(anna, anna.getByRole("button", { name: "I have it in hand" }), "It is in your hands");
  await anna.locator("summary", { hasText: "Decide" }).click();
  await anna.getByLabel("What becomes of it").selectOption("quarantine");
  await anna.locator('form[action$="/decide"]').getByLabel("Reason").fill("a card was held to the reader");
  await press(anna, anna.locator('form[action$="/decide"]').getByRole("button", { name: "Decide" }), "Decided");
  await look(anna, "incident-decided");
  const stations = await command<{ id: string; quarantine?: string }[]>("stations");
  equal(stations[0]!.quarantine, "a card was held to the reader");

  await tom.goto(at("/incidents/I-1"));
  await confirm(tom, "Somebody looks at the station");
  await confirm(tom, "HTTPS is on", "Failed");
  await site.serveAnew();
  await confirm(tom, "HTTPS is on");
  await approveCertificate(life);
  await tom.goto(at("/incidents/I-1"));
  await confirm(tom, "The certificate of its pages is approved");
  await changePassword(life);
  await run(tom, "Its settings are as they were"); // none has drifted
  await confirm(tom, "It has another OCPP credential");
  await waitFor("the station to speak with the gateway", () => site.station.view.state !== "offline");
  await run(tom, "Its badge cache is empty");
  await look(tom, "incident-walked");
  await run(tom, "It is as the guides demand", "Failed");
  await stepOf(tom, "It is as the guides demand").getByText("not met: OCPP-03;").waitFor(); // its CSMS is reached in plain
  await answerForALine(life);
  await run(tom, "It is as the guides demand", "Done");
  await olga.goto(at("/incidents/I-1"));
  await press(olga, olga.getByRole("button", { name: "Close the incident" }), "Closed");
  await look(olga, "incident-closed");
  equal((await command<{ quarantine?: string }[]>("stations"))[0]!.quarantine, undefined);
}

/** BC-10: the controller made a certificate of its own; the administrator compares and approves it on its page. */
async function approveCertificate({ site: { at }, anna }: Life): Promise<void> {
  await anna.goto(at(`/stations/${STATION}/device`));
  await anna.locator("summary", { hasText: "Try the site's password" }).click();
  await anna.getByRole("button", { name: "Try the site's password" }).click();
  await anna.locator(".notice").first().waitFor();
  await anna.goto(at(`/stations/${STATION}/device`));
  await anna.getByText("It presents another certificate than the approved one").waitFor();
  await look(anna, "controller-certificate");
  await anna.getByLabel("Every digit is compared").check();
  await press(
    anna,
    anna.getByRole("button", { name: "Approve this certificate" }),
    "Approved: the pages of CP001 open",
  );
}

/** The vault goes on from the factory's password, which opens nothing afterwards. */
async function changePassword({ site: { controller }, tom }: Life): Promise<void> {
  await run(tom, "Its passwords are changed", "Being proven");
  const step = stepOf(tom, "Its passwords are changed");
  await waitFor(
    "the new password to be proven",
    async () => {
      if (await step.locator(".state.good").count() > 0) return true;
      // its answer is waited for: a second click on the page of before would begin the step again
      await Promise.all([tom.waitForEvent("load"), step.getByRole("button", { name: "Is it proven now?" }).click()]);
      return false;
    },
    90_000,
    1_000,
  );
  equal(controller.accounts.try("operator", (real) => real === FACTORY_PASSWORD), "wrong");
  await reloadUntil(tom, "the step as done", step.locator(".state.good"));
}
