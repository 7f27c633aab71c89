import { equal, notEqual } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { planPicture } from "../plan_picture.ts";
import { press, reloadUntil } from "./acts.ts";
import type { Life } from "./life.ts";
import { OWN_PASSWORD, STATION } from "./life_site.ts";
import { look } from "./looks.ts";

/** EV-04, BC-12: asked for on a phone, approved at a desk, the controller's pages open, a setting changed, the session ended. */
export async function workAtThePages({ site, anna, tom, tabs }: Life): Promise<void> {
  const { at, command, controller } = site;
  const grant = { "role": "technician", "all-stations": true, "device-role": "operator", "capability": "view,edit" };
  await command("grant add", { id: "field", ...grant, "on-request": true, "because": "Service contract" });
  await tom.goto(at(`/stations/${STATION}`));
  await tom.locator(`form[action="/stations/${STATION}/pages"]`).getByLabel("What for").fill("meter replaced");
  const ask = tom.getByRole("button", { name: "Ask for approval" });
  await press(tom, ask, "Your request waits for somebody to approve it");
  await anna.goto(at("/"));
  await look(anna, "dashboard-request");
  await press(anna, anna.getByRole("button", { name: "Approve" }), "tom may open CP001");
  await tom.getByText("Approved by anna").waitFor();
  await look(tom, "pages-approved");
  const opened = tabs.waitForEvent("page");
  await tom.locator("[id^=open-]").click();
  const tab = await opened;
  await tab.waitForURL(`${site.pagesUrl}**`);
  await tab.getByText("Configuration Interface").first().waitFor();
  const params = [{ key: "RFIDEnable_hmi", value: "On" }];
  const written = await tab.evaluate(`fetch("/v1/app_settings", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: ${JSON.stringify(JSON.stringify({ params }))},
  }).then((answer) => answer.status)`);
  equal(written, 200);
  equal(controller.settings.get("RFIDEnable_hmi"), "On");
  await tab.close();
  await anna.goto(at("/access"));
  await look(anna, "access-live");
  await anna.getByRole("link", { name: "Watch" }).click();
  await anna.getByText("RFIDEnable_hmi").first().waitFor(); // the name of the setting, never its value
  await anna.locator("summary", { hasText: "End this session" }).click();
  await anna.locator(".panel").getByRole("button", { name: "End this session" }).click();
  await anna.waitForURL(at("/access"));
}

/** BC-02: the vault takes the password from its file, changes it at the controller and keeps a copy off the box. */
export async function changeTheSecret({ site: { at, controller }, anna }: Life): Promise<void> {
  await anna.goto(at("/secrets"));
  const row = anna.locator("tr", { hasText: STATION }).filter({ hasText: "Operator" }).first();
  await press(anna, row.getByRole("button", { name: "Change", exact: true }), "Operator of CP001 is being changed");
  await reloadUntil(anna, "the change to be settled", row.locator(".state.good", { hasText: "Settled" }));
  await row.locator(".state.good", { hasText: "yes" }).waitFor(); // the copy off the box
  await look(anna, "secrets");
  notEqual(controller.accounts.try("operator", (real) => real === OWN_PASSWORD), "in");
}

/** BC-H04: a finding of the posture page is mended by its button: asked for by one, approved by another, written when idle. */
export async function mendAFinding({ site: { at, station }, anna, olga }: Life): Promise<void> {
  station.settings.set("AutochargeConfig", "On"); // somebody changed it: the maker's hardening list wants it off
  await olga.goto(at(`/posture/${STATION}`));
  await press(olga, olga.getByRole("button", { name: "Ask it now" }), "Judged anew");
  await look(olga, "posture-finding");
  const finding = olga.locator("tr", { hasText: "BC-H04" });
  await press(olga, finding.getByRole("button", { name: "Ask for a fix" }), "F1 waits for a second person");
  await anna.goto(at("/golden"));
  await look(anna, "golden-waits");
  await press(anna, anna.getByRole("button", { name: "Approve" }), "F1 is written when CP001 is idle");
  await reloadUntil(anna, "the fix to be written", anna.locator(".state.good", { hasText: "Done" }));
  equal(station.settings.get("AutochargeConfig"), "Off");
  await olga.goto(at(`/posture/${STATION}`));
  await reloadUntil(olga, "the line to be met", finding.locator(".state.good", { hasText: "Met" }));
}

/** EV-23: a checklist is assigned at a desk and filled on a phone, with a photo; a broken seal becomes an incident. */
export async function inspect({ site: { at }, anna, tom }: Life): Promise<void> {
  await anna.goto(at("/inspections"));
  await anna.getByLabel("List", { exact: true }).selectOption("housing");
  await anna.getByLabel("Station", { exact: true }).selectOption(STATION);
  await press(anna, anna.getByRole("button", { name: "Assign a list" }), "Assigned");
  await look(anna, "inspections");
  await tom.goto(at("/inspections"));
  await tom.getByRole("link", { name: "Fill it now" }).click();
  await tom.waitForURL(`**/inspections/fill/housing/${STATION}`);
  for (const card of await tom.locator("section.card", { has: tom.getByLabel("Found") }).all()) {
    const isSeal = (await card.innerText()).includes("Seals:");
    await card.getByLabel("Found").selectOption({ label: isSeal ? "Not in order" : "In order" });
    if (isSeal) await card.getByLabel("Note").fill("4711 is broken, a card lay on the floor");
  }
  const buffer = Buffer.from(planPicture(60, 40));
  await tom.getByLabel("Photo", { exact: true }).setInputFiles({ name: "seal.png", mimeType: "image/png", buffer });
  await look(tom, "inspection-fill");
  await press(tom, tom.getByRole("button", { name: "Save" }), "stands in an incident now");
  await tom.locator("img.photo").waitFor();
  await look(tom, "inspection-filled");
}
