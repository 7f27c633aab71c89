import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { BrowserContext } from "playwright-core";
import { SESSION_COOKIE } from "../../gateway/console/http/security.ts";
import { axeFindings, isTooWide, TestBrowser, TestSite, WIDTHS } from "../support/browser.ts";
import { DOOR_ANSWERS, GARAGE_ANSWERS } from "../support/console_answers.ts";
import { CONSOLE_PATHS, DOOR_PATHS, LOGIN_STEP_PATHS } from "../support/console_paths.ts";
import { ConsoleRig } from "../support/console_rig.ts";

async function signIn(context: BrowserContext, site: TestSite): Promise<void> {
  await context.addCookies([{ name: SESSION_COOKIE, value: "t", url: site.at("/"), secure: true }]);
}

/** Requests that are refused on purpose stand in Chromium's console too. */
const complaintsOf = ({ complaints }: TestBrowser) => complaints.filter((text) => !/status of 404/.test(text));

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
    deepEqual(complaintsOf(browser), []);
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
  ok(browser.complaints.some((text) => /Content Security Policy/.test(text)));
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
  for (let look = 0; look < 100 && await away.count() === 0; look++) {
    rig.time.advance(3_000);
    await page.evaluate("new Promise((done) => requestAnimationFrame(done))");
  }
  equal(await away.count(), 1);
  equal(await page.evaluate("document.activeElement.id"), "bay-CP001");
  await page.goto("about:blank");
  rig.time.advance(3_000);
});
