import { Buffer } from "node:buffer";
import type { Random } from "../../core/timers.ts";
import { createAuthority } from "../demo_pki.ts";
import { alfenPages } from "./alfen.ts";
import { BenderPages } from "./bender.ts";
import { charxPages } from "./charx.ts";
import { evlinkPages } from "./evlink_parking.ts";
import { kebaPages } from "./keba_p40.ts";
import { startNastyDevice } from "./nasty.ts";
import { basicPages, formPages, guidedPages } from "./plain_devices.ts";
import type { SimPasswords } from "./sim_accounts.ts";
import { type SimDevice, type SimPages, startDevice } from "./simulated_device.ts";

/** One kind of simulated controller, and how a site speaks with it. */
interface Kind {
  readonly id: string;
  readonly driver: string;
  /** Names of its accounts by role. */
  readonly accounts: Readonly<Record<string, string>>;
  readonly tls?: true;
  readonly pages: (passwords: SimPasswords) => SimPages;
}

const BENDER_ACCOUNTS = { user: "user", operator: "operator", manufacturer: "manufacturer" };
const INSTALLER = { installer: "admin" };
const KINDS: readonly Kind[] = [
  {
    id: "PAGE-BENDER",
    driver: "bender",
    accounts: BENDER_ACCOUNTS,
    tls: true,
    pages: (passwords) => new BenderPages({ passwords, dialects: ["v1", "json", "legacyForm"] }).pages,
  },
  {
    id: "PAGE-BENDER-OLD",
    driver: "bender",
    accounts: BENDER_ACCOUNTS,
    pages: (passwords) => new BenderPages({ passwords, dialects: ["legacyForm"], firmware: "5.11.1-9876" }).pages,
  },
  { id: "PAGE-CHARX", driver: "charx", accounts: BENDER_ACCOUNTS, pages: (passwords) => charxPages(passwords).pages },
  {
    id: "PAGE-ALFEN",
    driver: "alfen",
    accounts: INSTALLER,
    tls: true,
    pages: (passwords) => alfenPages(passwords).pages,
  },
  {
    id: "PAGE-KEBA",
    driver: "keba-p40",
    accounts: INSTALLER,
    tls: true,
    pages: (passwords) => kebaPages(passwords).pages,
  },
  {
    id: "PAGE-EVLINK",
    driver: "evlink-parking",
    accounts: INSTALLER,
    pages: (passwords) => evlinkPages(passwords).pages,
  },
  {
    id: "PAGE-BASIC",
    driver: "basic",
    accounts: { operator: "operator" },
    pages: (passwords) => basicPages(passwords).pages,
  },
  { id: "PAGE-FORM", driver: "form", accounts: INSTALLER, pages: (passwords) => formPages(passwords).pages },
  { id: "PAGE-GUIDED", driver: "guided", accounts: {}, pages: () => guidedPages({ admin: "admin" }).pages },
];

const FORM_FILE = `title: Form controller of the demo
formPath: /login
nameField: user
passwordField: pass
success: { status: [302], cookie: SID, location: /home }
loggedOutLocation: /login
accounts: { installer: admin }
pages: [{ id: pages, path: "/**", role: user }]
`;

/** What controllers add to the site of a demo. */
export interface ControllersSite {
  readonly stations: readonly Readonly<Record<string, unknown>>[];
  /** Path in the site's folder to content; those below secrets/ are their owner's alone. */
  readonly files: Readonly<Record<string, string>>;
}

/** Simulated controllers of every family, with their habits, on free loopback ports. */
export class DemoControllers {
  private constructor(readonly devices: ReadonlyMap<string, SimDevice>, readonly site: ControllersSite) {}

  static async start(nowMs: number, secrets: Random): Promise<DemoControllers> {
    const devices = new Map<string, SimDevice>();
    const stations: Record<string, unknown>[] = [];
    const files: Record<string, string> = { "controller-form.yaml": FORM_FILE };
    try {
      for (const kind of KINDS) await startKind(kind, { nowMs, secrets, devices, stations, files });
      const nasty = await startNastyDevice();
      devices.set("PAGE-NASTY", nasty);
      stations.push({ id: "PAGE-NASTY", ui: { url: nasty.origin, driver: "guided", plaintext: "isolated-segment" } });
      return new DemoControllers(devices, { stations, files });
    } catch (error) {
      await stopAll(devices);
      throw error;
    }
  }

  async stop(): Promise<void> {
    await stopAll(this.devices);
  }
}

interface Growing {
  readonly nowMs: number;
  readonly secrets: Random;
  readonly devices: Map<string, SimDevice>;
  readonly stations: Record<string, unknown>[];
  readonly files: Record<string, string>;
}

async function startKind({ id, driver, accounts, tls, pages }: Kind, to: Growing): Promise<void> {
  const passwords = Object.fromEntries(
    Object.values(accounts).map((name) => [name, `${Buffer.from(to.secrets.bytes(12)).toString("base64url")}-1aA`]),
  );
  const certificate = tls && createAuthority(id, to.nowMs, to.secrets).issue({ commonName: id, usage: "server" });
  const device = await startDevice(pages(passwords), certificate ? { certificate } : {});
  to.devices.set(id, device);
  const secretOf = (role: string) => `secrets/${id}.${role}`;
  for (const [role, name] of Object.entries(accounts)) to.files[secretOf(role)] = passwords[name]!;
  if (certificate) to.files[`certs/${id}.pem`] = certificate.certPem;
  to.stations.push({
    id,
    ui: {
      url: device.origin,
      driver,
      ...driver === "form" ? { formFile: "controller-form.yaml" } : {},
      ...certificate ? { pinFile: `certs/${id}.pem` } : { plaintext: "isolated-segment" },
      accounts: Object.entries(accounts).map(([role, user]) => ({ role, user, passwordFile: secretOf(role) })),
    },
  });
}

async function stopAll(devices: ReadonlyMap<string, SimDevice>): Promise<void> {
  for (const device of devices.values()) await device.close();
}
