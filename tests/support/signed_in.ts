import { equal, match, ok } from "node:assert/strict";
import { TOTP } from "otpauth";
import { systemClock } from "../../gateway/core/clock.ts";
import type { ConsoleClient } from "./console_client.ts";

/** The password of the administrator that claimAdministrator makes. */
export const ADMIN_PASSWORD = "a long walk in the rain";

/** The first administrator "eva" of a new gateway, by its setup code, with TOTP; the client is signed in afterwards. */
export async function claimAdministrator(
  client: ConsoleClient,
  setupCode: string,
): Promise<{ readonly secret: string }> {
  const fields = { name: "eva", "next-password": ADMIN_PASSWORD, again: ADMIN_PASSWORD, code: setupCode };
  const claimed = await client.post("/setup", "/setup", fields);
  match(claimed.location ?? claimed.text, /^\/login\/enrol/);
  const page = await client.get("/login/enrol");
  const secret = /(?:[A-Z2-7]{4}\s?){8}/.exec(page.text)?.[0].replace(/\s/g, "");
  ok(secret, "the page shows a secret");
  const code = new TOTP({ secret }).generate({ timestamp: systemClock.now() });
  const done = await client.post("/login/enrol", "/login/enrol/code", { code, why: "no authenticator in a test" });
  equal(done.status, 303);
  return { secret };
}
