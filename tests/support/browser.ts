import { createServer, type Server } from "node:https";
import { getRequestListener } from "@hono/node-server";
import axe from "axe-core/axe.min.js" with { type: "text" };
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { TestCa } from "./test_ca.ts";

/** Widths that pages are looked at: a desk, and a phone in a garage. */
export const WIDTHS = { desk: { width: 1280, height: 860 }, phone: { width: 390, height: 844 } } as const;

/** Milliseconds that a page may take: generous, since the machine may be slow and busy, and only what fails ever waits for its end. */
const PATIENCE_MS = 60_000;

/** One headless Chromium (Debian's), closed at the end. What a page complains about is kept. */
export class TestBrowser implements AsyncDisposable {
  readonly complaints: string[] = [];

  private constructor(readonly browser: Browser) {}

  static async launch(): Promise<TestBrowser> {
    const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
    return new TestBrowser(browser);
  }

  /** A page of its own with its own cookies. Broken policies, failed scripts and refused files become complaints. */
  async open(
    { width = WIDTHS.desk, language = "en-GB", dark = false, script = true }: {
      width?: { readonly width: number; readonly height: number };
      language?: string;
      dark?: boolean;
      script?: boolean;
    } = {},
  ): Promise<{ readonly page: Page; readonly context: BrowserContext }> {
    const context = await this.browser.newContext({
      viewport: width,
      locale: language,
      colorScheme: dark ? "dark" : "light",
      javaScriptEnabled: script,
      ignoreHTTPSErrors: true,
    });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    page.on("console", (message) => {
      if (message.type() === "error") this.complaints.push(`${page.url()}: ${message.text()}`);
    });
    page.on("pageerror", (error) => this.complaints.push(`${page.url()}: ${error.message}`));
    return { page, context };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close();
  }
}

/**
 * What was wrong with pages: requests that are refused on purpose, with one of these statuses, are not, and neither are live
 * parts whose page is left while they connect ("[object Event]").
 */
export function faultsOf({ complaints }: TestBrowser, ...statuses: readonly number[]): string[] {
  const refused = new RegExp(`status of (${statuses.join("|")})`);
  return complaints.filter((text) => !refused.test(text) && !/\[object Event\]$/.test(text));
}

/** Serious and critical findings of axe-core on a page as it stands: "rule: what (first place)". */
export async function axeFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe); // over the debugging channel: the page's policy need not allow it
  const { violations } = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })") as {
    violations: { id: string; impact: string; help: string; nodes: { target: string[]; failureSummary: string }[] }[];
  };
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, help, nodes }) => `${id}: ${help} (${nodes[0]?.target.join(" ")}) ${nodes[0]?.failureSummary}`);
}

/** True when a page can be scrolled sideways: something is wider than the screen. */
export async function isTooWide(page: Page): Promise<boolean> {
  return await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth") as boolean;
}

/** An application on HTTPS at a free loopback port, for a browser. */
export class TestSite implements AsyncDisposable {
  private constructor(readonly server: Server, readonly port: number) {}

  static async serve(fetch: (request: Request) => Response | Promise<Response>): Promise<TestSite> {
    const { certPem, keyPem } = new TestCa().server(["localhost"]);
    const server = createServer({ cert: certPem, key: keyPem }, getRequestListener(fetch));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new TestSite(server, (server.address() as { port: number }).port);
  }

  /** The address of a path. */
  at(path: string): string {
    return `https://localhost:${this.port}${path}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}
