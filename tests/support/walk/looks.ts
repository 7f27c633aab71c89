import { deepEqual, equal } from "node:assert/strict";
import type { Page } from "playwright-core";
import { axeFindings, isTooWide, WIDTHS } from "../browser.ts";

/** SCREENSHOTS=FOLDER keeps a picture of each place of a walk at both widths, and one in German on a phone. */
const SHOTS = Deno.env.get("SCREENSHOTS");
let taken = 0;

/** Looks at a page as it stands: axe, and that nothing is wider than the screen at a desk and on a phone. */
export async function look(page: Page, name: string): Promise<void> {
  const size = page.viewportSize()!, number = String(++taken).padStart(2, "0");
  deepEqual(await axeFindings(page), [], name);
  for (const [width, viewport] of Object.entries(WIDTHS)) {
    await page.setViewportSize(viewport);
    equal(await isTooWide(page), false, `${name}, ${width}`);
    if (!SHOTS) continue;
    await page.evaluate("scrollTo(0, 0)"); // what sticks to the screen stands at the top of the picture
    await page.screenshot({ path: `${SHOTS}/${number}-${name}-${width}.png`, fullPage: true });
  }
  await page.setViewportSize(size);
  if (SHOTS) await lookInGerman(page, `${SHOTS}/${number}-${name}-german.png`);
}

async function lookInGerman(page: Page, path: string): Promise<void> {
  const german = await page.context().newPage(), { origin, pathname } = new URL(page.url());
  const speak = (language: string) =>
    german.goto(`${origin}/language/${language}?back=${encodeURIComponent(pathname)}`);
  await german.setViewportSize(WIDTHS.phone);
  await speak("de");
  await german.screenshot({ path, fullPage: true });
  await speak("en");
  await german.close();
}
