import { equal } from "node:assert/strict";
import type { BrowserContext, Page } from "playwright-core";
import type { TestBrowser } from "./browser.ts";

/** The password that claimWithPasskey chooses. */
export const BROWSER_PASSWORD = "harbour tulip granite 52";

/** A passkey of software in the browser, as a laptop with a fingerprint reader has one. */
export async function addAuthenticator(context: BrowserContext, page: Page): Promise<void> {
  const session = await context.newCDPSession(page);
  await session.send("WebAuthn.enable");
  await session.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}

/** The first start up to the sheet for the safe: the administrator "anna", with a passkey. */
export async function claimWithPasskey(page: Page, at: (path: string) => string, setupCode: string): Promise<void> {
  await page.goto(at("/"));
  equal(new URL(page.url()).pathname, "/setup");
  await page.getByLabel("Setup code").fill(setupCode);
  await page.getByLabel("Your name for signing in").fill("anna");
  await page.getByLabel("New password", { exact: true }).fill(BROWSER_PASSWORD);
  await page.getByLabel("New password again").fill(BROWSER_PASSWORD);
  await page.getByRole("button", { name: "Create the first administrator" }).click();
  await page.waitForURL("**/login/enrol*");
  await page.getByLabel("Name for it").fill("Laptop of Anna");
  await page.getByRole("button", { name: "Set up a passkey" }).click();
  await page.waitForURL("**/setup/sheet");
}

/** Somebody new who was given a temporary password. */
export interface NewPerson {
  readonly name: string;
  readonly temporaryPassword: string;
  /** Path of the page that the login leads to. */
  readonly next: string;
  readonly width: { readonly width: number; readonly height: number };
}

/** A person's first login in a browser of their own: the temporary password is changed, a passkey enrolled where the role needs one. */
export async function signInAnew(
  browser: TestBrowser,
  at: (path: string) => string,
  { name, temporaryPassword, next, width }: NewPerson,
): Promise<{ readonly page: Page; readonly context: BrowserContext }> {
  const { page, context } = await browser.open({ width });
  await addAuthenticator(context, page);
  await page.goto(at(`/login?next=${encodeURIComponent(next)}`));
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill(temporaryPassword);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL("**/login/password*");
  await page.getByLabel("New password", { exact: true }).fill(BROWSER_PASSWORD);
  await page.getByLabel("New password again").fill(BROWSER_PASSWORD);
  await page.getByRole("button", { name: "Change the password" }).click();
  await page.waitForURL((url) => url.pathname === "/login/enrol" || url.pathname === next);
  if (new URL(page.url()).pathname === next) return { page, context }; // an operator need not have a second factor
  await page.getByLabel("Name for it").fill(`Passkey of ${name}`);
  await page.getByRole("button", { name: "Set up a passkey" }).click();
  await page.waitForURL(`**${next}`);
  return { page, context };
}
