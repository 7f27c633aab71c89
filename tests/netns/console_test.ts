import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { Page } from "playwright-core";
import { axeFindings, faultsOf, TestBrowser } from "../support/browser.ts";
import { addAuthenticator, BROWSER_PASSWORD as PASSWORD, claimWithPasskey } from "../support/browser_claim.ts";
import { type ConsoleGateway, withConsoleGateway } from "../support/console_site.ts";
import { generateTotp } from "../support/totp_code.ts";
import { systemClock } from "../../gateway/core/clock.ts";

const MINUTES_30 = 30 * 60_000;

async function signOut(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL("**/login?why=out");
}

async function tryPassword(page: Page, name: string, password: string): Promise<void> {
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

Deno.test("console: a browser walks the first start with a passkey, adds a person, who signs in; EV-04, EV-11, EV-12, EV-14", () =>
  withConsoleGateway({}, async (site) => {
    await using browser = await TestBrowser.launch();
    const { page, context } = await browser.open();
    await addAuthenticator(context, page);
    await claimWithPasskey(page, site.at, site.setupCode);

    // what belongs into the safe is shown once
    await page.getByRole("button", { name: "Make a new sealed password" }).click();
    match(await page.locator(".secret").innerText(), /\S{12,}/);
    await page.goto(site.at("/"));
    await page.getByRole("heading", { name: "Dashboard" }).waitFor();
    deepEqual(await axeFindings(page), []);

    // EV-04: another person, with fewer rights
    await page.goto(site.at("/people"));
    await page.locator("summary", { hasText: "Add a person" }).click();
    const form = page.locator('form[action="/people"]');
    await form.getByLabel("Name for signing in").fill("mira");
    await form.getByLabel("Technician").uncheck();
    await form.getByLabel("Auditor").check();
    await form.getByRole("button", { name: "Add a person" }).click();
    const temporary = (await page.locator(".secret").innerText()).trim();
    await signOut(page);

    // a passkey alone opens the door again
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await page.waitForURL(site.at("/"));
    await auditorsDay(site, browser, temporary);
    await lockout(site, browser);
    await idleLogout(site, page);
    deepEqual(complaintsOf(browser), []);
  }));

const complaintsOf = (browser: TestBrowser) => faultsOf(browser, 401, 403, 404, 422);

/** EV-12: the temporary password must be changed; then the auditor sees the audit and changes nothing. */
async function auditorsDay(site: ConsoleGateway, browser: TestBrowser, temporary: string): Promise<void> {
  const { page, context } = await browser.open();
  await page.goto(site.at("/login"));
  await tryPassword(page, "mira", temporary);
  await page.waitForURL("**/login/password*");
  await page.goto(site.at("/stations"));
  equal(new URL(page.url()).pathname, "/login/password");
  await page.getByLabel("New password", { exact: true }).fill("meadow copper lantern 7");
  await page.getByLabel("New password again").fill("meadow copper lantern 7");
  await page.getByRole("button", { name: "Change the password" }).click();
  await page.waitForURL(site.at("/"));
  await page.goto(site.at("/audit"));
  match(await page.locator("main").innerText(), /people\.login\.accepted/);
  await page.getByRole("button", { name: "Verify the chain" }).click();
  await page.getByText("The chain is intact").waitFor();
  const inbox = await page.goto(site.at("/system"));
  equal(inbox?.status(), 200);
  equal(await page.getByRole("button", { name: "Compare" }).count(), 0);
  const token = await page.locator('input[name="_token"]').first().getAttribute("value");
  const forced = await context.request.post(site.at("/system/reload"), {
    form: { _token: token! },
    headers: { origin: new URL(site.at("/")).origin, accept: "text/html" },
    ignoreHTTPSErrors: true,
  });
  equal(forced.status(), 403);
  match(await forced.text(), /PERSON_FORBIDDEN/);
  await context.close();
}

/** Does what sends a form, and waits until the page that answers it has come. */
async function answered(page: Page, send: () => Promise<void>): Promise<void> {
  const [response] = await Promise.all([
    page.waitForResponse((response) => response.request().method() === "POST"),
    page.waitForEvent("load"),
    send(),
  ]);
  await response.finished();
}

/** EV-11: six wrong tries in a row lock; the right password is refused then, and the answer is always the same. */
async function lockout(site: ConsoleGateway, browser: TestBrowser): Promise<void> {
  const { page, context } = await browser.open({ language: "de-DE" });
  await page.goto(site.at("/login"));
  const answers = new Set<string>();
  for (let wrong = 1; wrong <= 6; wrong++) {
    await page.getByLabel("Name").fill("mira");
    await page.getByLabel("Passwort").fill(`wrong password ${wrong}`);
    await answered(page, () => page.getByRole("button", { name: "Anmelden", exact: true }).click());
    answers.add(await page.getByRole("alert").innerText());
  }
  await page.getByLabel("Name").fill("mira");
  await page.getByLabel("Passwort").fill("meadow copper lantern 7");
  await answered(page, () => page.getByRole("button", { name: "Anmelden", exact: true }).click());
  answers.add(await page.getByRole("alert").innerText());
  equal(answers.size, 1);
  match([...answers][0]!, /30 Minuten/);
  equal(new URL(page.url()).pathname, "/login");
  await context.close();
}

/** EV-14: after thirty minutes without mouse or keyboard the page signs out; live updates do not count. */
async function idleLogout(site: ConsoleGateway, page: Page): Promise<void> {
  await page.clock.install();
  await page.goto(site.at("/"));
  const cookies = await page.context().cookies();
  await page.clock.fastForward(MINUTES_30 - 90_000);
  await page.getByText("Still there?").waitFor();
  await page.keyboard.press("Enter"); // on the button of the warning: the keyboard is activity
  await page.getByText("Still there?").waitFor({ state: "hidden" });
  await page.clock.fastForward(MINUTES_30 - 60_000);
  equal(new URL(page.url()).pathname, "/");
  await page.clock.fastForward(62_000);
  await page.waitForURL("**/login?why=idle");
  await page.getByText("You were signed out after 30 minutes").waitFor();
  // the cookie of before is worth nothing any more: it ended at the gateway too
  await page.context().addCookies(cookies);
  await page.goto(site.at("/stations"));
  ok(page.url().includes("/login"));
}

Deno.test("console: the door works without script: first start with an authenticator app, by forms alone", () =>
  withConsoleGateway({}, async (site) => {
    await using browser = await TestBrowser.launch();
    const { page } = await browser.open({ script: false });
    await page.goto(site.at("/setup"));
    await page.getByLabel("Setup code").fill("AAAAA-BBBBB-CCCCC-DDDDD");
    await page.getByLabel("Your name for signing in").fill("anna");
    await page.getByLabel("New password", { exact: true }).fill(PASSWORD);
    await page.getByLabel("New password again").fill(PASSWORD);
    await answered(page, () => page.getByRole("button", { name: "Create the first administrator" }).click());
    match(await page.getByRole("alert").innerText(), /setup code is wrong/);
    await page.getByLabel("Setup code").fill(site.setupCode);
    await page.getByLabel("New password", { exact: true }).fill(PASSWORD);
    await page.getByLabel("New password again").fill(PASSWORD);
    await answered(page, () => page.getByRole("button", { name: "Create the first administrator" }).click());
    equal(await page.getByRole("button", { name: "Set up a passkey" }).isVisible(), false);
    await page.getByText("Authenticator app", { exact: true }).first().click();
    const secret = (await page.locator(".secret").innerText()).replaceAll(" ", "");
    await page.getByLabel("Six digits").fill(await generateTotp(secret, systemClock.now()));
    await page.getByLabel("Why no passkey?").fill("This browser runs no script");
    await page.getByRole("button", { name: "Set up the app" }).click();
    await page.waitForURL("**/setup/sheet");
    await page.getByRole("link", { name: "To the dashboard" }).click();
    await page.getByRole("heading", { name: "Dashboard" }).waitFor();
    await page.getByRole("link", { name: "CP001" }).click();
    match(await page.locator("main").innerText(), /Can it charge\?/);
    deepEqual(complaintsOf(browser), []);
  }));
