import type { Locator, Page } from "playwright-core";
import { BROWSER_PASSWORD } from "../browser_claim.ts";
import { waitFor } from "../wait_for.ts";

/** Presses a button, confirms who it is where the page asks for that first, and waits for what the page then says. */
export async function press(page: Page, button: Locator, says: string | RegExp): Promise<void> {
  await button.click();
  const said = page.getByText(says).first(), question = page.getByRole("heading", { name: "Confirm that it is you" });
  await said.or(question).first().waitFor();
  if (await question.count() === 0) return;
  await page.getByRole("button", { name: "Use a passkey" }).click();
  const none = page.locator("[data-passkey-fault]"); // an operator need not have one
  await said.or(none).first().waitFor();
  if (await none.isVisible()) {
    await page.getByLabel("Password").fill(BROWSER_PASSWORD);
    await page.getByRole("button", { name: "Confirm and go on" }).click();
  }
  await said.waitFor();
}

/** Loads a page anew until it shows something: for pages that do not keep themselves up to date. */
export async function reloadUntil(page: Page, what: string, shown: Locator): Promise<void> {
  await waitFor(what, async () => await shown.count() > 0 || (await page.reload(), false), 90_000, 1_000);
}
