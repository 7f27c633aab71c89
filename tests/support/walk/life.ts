import type { BrowserContext, Page } from "playwright-core";
import { TestBrowser, WIDTHS } from "../browser.ts";
import { addAuthenticator, claimWithPasskey, signInAnew } from "../browser_claim.ts";
import { LifeSite } from "./life_site.ts";

/** A station's life and the people in it, each in a browser of their own. */
export interface Life {
  readonly site: LifeSite;
  readonly browser: TestBrowser;
  /** The administrator at a desk. */
  readonly anna: Page;
  /** The operator at a desk. */
  readonly olga: Page;
  /** The technician on a phone. */
  readonly tom: Page;
  /** Tabs that tom's browser opens. */
  readonly tabs: BrowserContext;
}

/** Runs a story, with what the gateway wrote last where it fails. */
export async function withLife(story: (life: Life) => Promise<void>): Promise<void> {
  await using site = await LifeSite.up();
  await using browser = await TestBrowser.launch();
  try {
    const { page: anna, context } = await browser.open();
    await addAuthenticator(context, anna);
    await claimWithPasskey(anna, site.at, site.setupCode);
    const join = async (name: string, role: string, next: string, width: typeof WIDTHS[keyof typeof WIDTHS]) => {
      const { temporaryPassword } = await site.command<{ temporaryPassword: string }>("user add", { name, role });
      return await signInAnew(browser, site.at, { name, temporaryPassword, next, width });
    };
    const { page: tom, context: tabs } = await join("tom", "technician", "/commissioning", WIDTHS.phone);
    const { page: olga } = await join("olga", "operator", "/alarms", WIDTHS.desk);
    await story({ site, browser, anna, olga, tom, tabs });
  } catch (error) {
    const station = JSON.stringify(site.station?.view);
    throw new Error(`${error}\nstation: ${station}\n${site.text().slice(-3_000)}`, { cause: error });
  }
}
