import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { BrowserContext } from "playwright-core";
import { SESSION_COOKIE } from "../../gateway/console/http/security.ts";
import { GatewayError } from "../../gateway/core/errors.ts";
import { axeFindings, faultsOf, isTooWide, TestBrowser, TestSite, WIDTHS } from "../support/browser.ts";
import { DOOR_ANSWERS, GARAGE_ANSWERS } from "../support/console_answers.ts";
import { CONSOLE_PATHS, DOOR_PATHS, LOGIN_STEP_PATHS } from "../support/console_paths.ts";
import { ConsoleRig } from "../support/console_rig.ts";
import { waitFor } from "../support/wait_for.ts";

async function signIn(context: BrowserContext, site: TestSite): Promise<void> {
  await context.addCookies([{ name: SESSION_COOKIE, value: "t", url: site.at("/"), secure: true }]);
}

for (
  const look of [
    { name: "desk, English, light", width: WIDTHS.desk, language: "en-GB", dark: false },
    { name: "phone, German, dark", width: WIDTHS.phone, language: "de-DE", dark: true },
  ]
) {
  Deno.test(`console pages: ${look.name}: no serious finding of axe, nothing too wide, no broken policy`, async () => {
    const rig = new ConsoleRig({ answers: { ...DOOR_ANSWERS, ...GARAGE_ANSWERS } });
    await using site = await TestSite.serve(rig.app.fetch);
    await using browser = await TestBrowser.launch();
    const { page, context } = await browser.open(look);
    const faults: string[] = [];
    const visit = async (path: string) => {
      await page.goto(site.at(path));
      for (const details of await page.locator("main details").all()) {
        await details.evaluate("(node) => { node.open = true }");
      }
      if (await isTooWide(page)) faults.push(`${path}: wider than the screen`);
      faults.push(...(await axeFindings(page)).map((finding) => `${path}: ${finding}`));
      equal(await page.locator("html").getAttribute("lang"), look.language.slice(0, 2));
    };
    for (const path of DOOR_PATHS) await visit(path);
    await signIn(context, site);
    for (const path of [...CONSOLE_PATHS, ...LOGIN_STEP_PATHS]) await visit(path);
    deepEqual(faults, []);
    deepEqual(faultsOf(browser, 404), []);
  });
}

Deno.test("console pages: what the policy forbids would be noticed", async () => {
  const rig = new ConsoleRig({ answers: GARAGE_ANSWERS });
  const broken = (request: Request) => {
    if (!new URL(request.url).pathname.startsWith("/broken")) return rig.app.fetch(request);
    const policy = "default-src 'none'; script-src 'self'; style-src 'self'";
    const page =
      "<!DOCTYPE html><html lang=en><title>x</title><p style='color:#ddd'>pale</p><script>1</script><img src=x>";
    return new Response(page, { headers: { "content-type": "text/html", "content-security-policy": policy } });
  };
  await using site = await TestSite.serve(broken);
  await using browser = await TestBrowser.launch();
  const { page } = await browser.open();
  await page.goto(site.at("/broken"));
  await waitFor("the complaint", () => browser.complaints.some((text) => /Content Security Policy/.test(text)));
  ok((await axeFindings(page)).some((finding) => finding.startsWith("image-alt")));
});

Deno.test("console pages: with the keyboard alone: skip to the content, open a station, take an alarm in hand", async () => {
  const rig = new ConsoleRig({ answers: GARAGE_ANSWERS });
  await using site = await TestSite.serve(rig.app.fetch);
  await using browser = await TestBrowser.launch();
  const { page, context } = await browser.open();
  await signIn(context, site);
  await page.goto(site.at("/"));
  await page.keyboard.press("Tab");
  equal(await page.evaluate("document.activeElement.className"), "skip");
  await page.keyboard.press("Enter");
  // The jump is the browser's own: a Tab before it goes on through the navigation.
  await page.waitForFunction("document.activeElement.tagName === 'MAIN'");
  const focused = async () => String(await page.evaluate("document.activeElement.getAttribute('href') ?? ''"));
  for (let tab = 0; tab < 30 && await focused() !== "/stations/CP001"; tab++) await page.keyboard.press("Tab");
  equal(await focused(), "/stations/CP001");
  const outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle");
  equal(outline, "solid");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/stations/CP001");
  await page.goto(site.at("/alarms"));
  await page.getByRole("button", { name: "Take in hand" }).first().focus();
  await page.keyboard.press("Enter");
  await page.getByText("You have taken the alarm in hand").waitFor();
  equal(rig.askedOf("command alarms ack").length, 1);
});

Deno.test("console pages: a live part is replaced when it changes, and keeps the focus", async () => {
  let isAway = false;
  const rows = GARAGE_ANSWERS["command stations"] as (asked: unknown) => Record<string, unknown>[];
  const rig = new ConsoleRig({ answers: GARAGE_ANSWERS });
  rig.answers["command stations"] = (asked: { args: Record<string, unknown> }) =>
    asked.args["inbox"] ? [] : rows(asked).map((row) => row["id"] === "CP001" ? { ...row, connected: !isAway } : row);
  await using site = await TestSite.serve(rig.app.fetch);
  await using browser = await TestBrowser.launch();
  const { page, context } = await browser.open();
  await signIn(context, site);
  await page.goto(site.at("/"));
  await page.locator("#bay-CP001").focus();
  match(await page.locator("#bay-CP001").innerText(), /Connected/);
  isAway = true;
  const away = page.locator("#bay-CP001", { hasText: "Away" });
  await waitFor("the part to be replaced", async () => (rig.time.advance(3_000), await away.count() === 1));
  await waitFor("it to have the focus again", async () => {
    return await page.evaluate("document.activeElement.id") === "bay-CP001";
  });
  await page.goto("about:blank");
  rig.time.advance(3_000);
});

/** What control was asked to keep, as "station floor x y". */
const placesOf = (rig: ConsoleRig): string[] =>
  rig.askedOf("command plan place").map(({ args: { station, floor, x, y } }) => `${station} ${floor} ${x} ${y}`);

Deno.test("console pages: stations are placed on a floor plan by drag, by keyboard, and by form without script", async () => {
  const rig = new ConsoleRig({ answers: GARAGE_ANSWERS });
  await using site = await TestSite.serve(rig.app.fetch);
  await using browser = await TestBrowser.launch();
  const { page, context } = await browser.open();
  await signIn(context, site);
  await page.goto(site.at("/plan"));
  const said = page.locator("#arrange-said");

  // by drag: a tenth of the plan to the right, from the middle of the mark
  const plan = (await page.locator(".floor").boundingBox())!;
  const from = { x: plan.x + plan.width * 0.15, y: plan.y + plan.height * 0.2 };
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(from.x + plan.width * 0.1, from.y, { steps: 4 });
  await page.mouse.up();
  await said.getByText(/^CP002: (24\.9|25(\.\d)?) % from the left, (19\.9|20(\.\d)?) % from above\. Kept\.$/).waitFor();
  match(placesOf(rig)[0]!, /^CP002 level-0 (24\.9|25(\.\d)?) (19\.9|20(\.\d)?)$/);

  // by keyboard: two steps down, and a far one to the left; each is kept when the key is let go
  await page.locator('[data-station="CP003"] .handle').focus();
  await page.keyboard.press("ArrowDown");
  await said.getByText("CP003: 32.5 % from the left, 20.5 % from above. Kept.").waitFor();
  await page.keyboard.press("Shift+ArrowLeft");
  await said.getByText("CP003: 27.5 % from the left, 20.5 % from above. Kept.").waitFor();
  equal(await page.locator("#place-CP003").innerText(), "27.5 %, 20.5 %");

  // what the gateway does not keep goes back to where it was
  rig.answers["command plan place"] = () => Promise.reject(new GatewayError("PLAN_UNKNOWN", "There is no floor"));
  await page.keyboard.press("ArrowUp");
  await said.getByText("CP003 could not be moved: There is no floor").waitFor();
  equal(await page.locator('[data-station="CP003"]').getAttribute("y"), "20.5%");
  rig.answers["command plan place"] = GARAGE_ANSWERS["command plan place"];
  deepEqual(faultsOf(browser, 404), []);

  // without script
  const bare = await browser.open({ width: WIDTHS.phone, script: false });
  await signIn(bare.context, site);
  await bare.page.goto(site.at("/plan"));
  const row = bare.page.locator("tr", { hasText: "CP004" });
  await row.getByText("Change").click();
  await row.getByLabel("From the left, %").fill("61.5");
  await row.getByRole("button", { name: "Keep" }).click();
  await bare.page.getByText("has its place").waitFor();
  deepEqual(placesOf(rig).at(-1), "CP004 level-0 61.5 20");
  await bare.page.getByRole("button", { name: "CP013" }).click();
  await bare.page.getByText("has its place").waitFor();
  match(placesOf(rig).at(-1)!, /^CP013 level-0 14 92$/);
});
