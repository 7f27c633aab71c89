import { deepEqual, equal, match } from "node:assert/strict";
import { TestBrowser } from "../support/browser.ts";
import { withConsoleGateway } from "../support/console_site.ts";
import { OidcPeer, SECRET } from "../support/oidc_peer.ts";

Deno.test("console: a browser signs in through an identity provider; the strict cookie survives the way back from another site", async () => {
  let peer: OidcPeer | undefined;
  const people = async ({ port, folder }: { readonly port: number; readonly folder: string }) => {
    peer = await OidcPeer.start(`https://localhost:${port}/login/oidc/callback`);
    peer.people.set("a1", { sub: "a1", preferred_username: "Anna", name: "Anna Berg", groups: ["ev-ops"] });
    await Deno.writeTextFile(`${folder}/oidc-secret`, SECRET);
    await Deno.writeTextFile(`${folder}/oidc-ca.pem`, peer.caPem);
    return {
      secondFactorRoles: [],
      oidc: {
        ...{ issuer: peer.issuer, clientId: "bulkhead", clientSecretFile: "oidc-secret", caFile: "oidc-ca.pem" },
        ...{ scopes: ["openid", "profile", "offline_access"], roles: { operator: ["ev-ops"] } },
      },
    };
  };
  try {
    await withConsoleGateway(people, async (site) => {
      await using browser = await TestBrowser.launch();
      const { page, context } = await browser.open();
      await page.goto(site.at("/login?account&next=%2Fstations"));
      await page.getByRole("button", { name: "Single sign-on" }).click();
      await page.waitForURL(`${peer!.issuer}/**`);
      await page.locator('input[name="login"]').fill("a1");
      await page.locator('input[name="password"]').fill("x");
      await page.locator('button[type="submit"]').click();
      await page.waitForURL(/interaction.*|stations/);
      const consent = page.locator('button[type="submit"]', { hasText: /continue/i });
      if (new URL(page.url()).origin === peer!.issuer) await consent.click();
      await page.waitForURL(site.at("/stations"));
      match(await page.locator("body").innerText(), /Anna Berg/);
      const [session] = (await context.cookies(site.at("/"))).filter(({ name }) => name === "__Host-bulkhead-session");
      deepEqual([session!.sameSite, session!.httpOnly, session!.secure], ["Strict", true, true]);
      // it stays signed in, also when the page is opened anew
      await page.goto(site.at("/"));
      await page.getByRole("heading", { name: "Dashboard" }).waitFor();
      equal((await context.cookies(site.at("/"))).some(({ name }) => name === "__Host-bulkhead-oidc"), false);
      const broken = browser.complaints.filter((text) =>
        /Content Security Policy/.test(text) && text.includes(site.at("/"))
      );
      deepEqual(broken, []);
    });
  } finally {
    await peer?.[Symbol.asyncDispose]();
  }
});
