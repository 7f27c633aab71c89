import type { Hono } from "hono";
import type { ConsoleParts } from "../../parts.ts";
import { mountEnrol } from "./enrol.tsx";
import { mountFactor } from "./factor.tsx";
import { mountOidc } from "./oidc.tsx";
import { mountPassword } from "./password.tsx";
import { mountSetup } from "./setup.tsx";
import { mountSignIn } from "./sign_in.tsx";

/** All pages of people who are not signed in. */
export function mountDoor(app: Hono, parts: ConsoleParts): void {
  mountSignIn(app, parts);
  mountFactor(app, parts);
  mountPassword(app, parts);
  mountEnrol(app, parts);
  mountSetup(app, parts);
  mountOidc(app, parts);
}
