import type { ControlContext, ControlFeature } from "../control/contract.ts";
import { describeError } from "../core/errors.ts";
import { createDeviceFeature, type DeviceSources } from "./devices/feature.ts";
import type { DeviceSessions } from "./devices/device_sessions.ts";
import type { AccessStation } from "../../policies/access_types.ts";
import { Access } from "./access.ts";
import { AccessBook } from "./access_book.ts";
import { accessCommands } from "./access_commands.ts";
import { accessHandlers } from "./access_handlers.ts";
import { adminHandlers, type RunCommand } from "./admin_handlers.ts";
import { ApiTokens } from "./api_tokens.ts";
import { remindOfBreakGlass } from "./break_glass.ts";
import { Callers } from "./callers.ts";
import { type KeySwitchParts, watchKeySwitch } from "./key_switch.ts";
import { PEOPLE_LIMITS } from "./limits.ts";
import { loginHandlers } from "./login_handlers.ts";
import { Passkeys } from "./passkeys.ts";
import { People } from "./people.ts";
import { Providers } from "./providers.ts";
import { RemoteGate } from "./remote_gate.ts";
import { DeviceGate } from "./device_gate.ts";
import { SecretGate } from "./secret_gate.ts";
import { sessionCommands } from "./session_commands.ts";
import { renewSetupCode } from "./setup.ts";
import { createTunnelFeature } from "./tunnel_handlers.ts";
import type { TunnelDoor } from "./tunnels.ts";
import { userCommands } from "./user_commands.ts";

/** What the feature needs beside the context. */
export interface PeopleFeatureParts {
  readonly context: ControlContext;
  /** Names of all commands of control. */
  readonly commands: () => readonly string[];
  readonly run: RunCommand;
  /** The station of this id, exactly. */
  readonly station: (id: string) => AccessStation | undefined;
  /** Minutes since Monday 00:00 in the site's time zone. */
  readonly minuteOfWeek: (wallMs: number) => number;
  readonly devices: DeviceSources;
  /** The inputs of the box, as hald reads them; absent without hald. */
  readonly inputs?: KeySwitchParts["inputs"];
  /** The site's own firewall, where it keeps a tunnel's port closed otherwise. */
  readonly door?: TunnelDoor;
}

/** People, with what other features look into. */
export interface PeopleFeature extends ControlFeature {
  readonly deviceSessions: DeviceSessions;
  /** Who may be shown a secret of a device. */
  readonly secretGate: SecretGate;
  /** Judges who may have a driver work at a controller. */
  readonly deviceGate: DeviceGate;
  /** Ends everybody's ways to a station: pages, tunnels. @returns how many */
  endStation(station: string, who: string): Promise<number>;
}

/** People: accounts, logins, sessions, and who may do what. */
export async function createPeopleFeature(parts: PeopleFeatureParts): Promise<PeopleFeature> {
  const { context, commands, run } = parts;
  const people = await People.open(context, commands), book = await AccessBook.open(context.store);
  const tokens = await ApiTokens.open(people), gate = new RemoteGate();
  const access = new Access({ ...parts, people, book, gate });
  const providers = new Providers(people);
  await providers.tokens.keepOnly(new Set(people.sessions.living().map(({ id }) => id)));
  const callers = new Callers(people, (by) => tokens.find(by));
  const devices = await createDeviceFeature(people, callers, access, book, parts.devices);
  const tunnels = await createTunnelFeature(callers, { people, access, book, door: parts.door });
  people.onSessionEnd = async ({ id, provider }) => {
    if (provider) await providers.tokens.remove(id);
    const own = devices.sessions.all().filter(({ parent }) => parent === id);
    await devices.sessions.end(own, "device-session.logged-out", "gateway");
  };
  gate.onClosed = () => access.end(book.leases.all(), "access.key-switch", "key switch");
  const cancelKeySwitch = await watchKeySwitch({ context, gate, inputs: parts.inputs });
  const cancel = context.timers.every(
    PEOPLE_LIMITS.sweepMs,
    oneAtATime(context, () => {
      const living = people.sessions.living().filter(({ stage }) => stage === "done");
      context.metrics.set("bulkhead_people_sessions", living.length);
      const sweeps = [people.sessions, access, tokens, devices.sessions, devices.recordings, tunnels];
      return Promise.all(sweeps.map((part) => part.sweep()));
    }),
  );
  const cancelRecheck = context.timers.every(PEOPLE_LIMITS.sweepMs, oneAtATime(context, () => providers.recheck()));
  await remindOfBreakGlass(people);
  await announceSetup(people);
  return {
    name: "people",
    deviceSessions: devices.sessions,
    secretGate: new SecretGate(people, access, book),
    deviceGate: new DeviceGate(people, access, book),
    endStation: async (station, who) => {
      const open = book.leases.all().filter((lease) => lease.station === station);
      await access.end(open, "access.station-gone", who);
      return open.length;
    },
    handlers: {
      ...loginHandlers(people, callers, new Passkeys(people), providers),
      ...adminHandlers(people, callers, tokens, run),
      ...accessHandlers(people, callers, access, book),
      ...devices.handlers,
      ...tunnels.handlers,
    },
    commands: {
      ...userCommands(people),
      ...sessionCommands(people, tokens),
      ...accessCommands(people, access, book),
      ...tunnels.commands,
    },
    handlersFor: (worker) => devices.handlersFor(worker),
    workerJoined: async (worker) =>
      void await Promise.all([devices.workerJoined(worker), tunnels.workerJoined(worker)]),
    workerLeft: async (worker) => void await Promise.all([devices.workerLeft(worker), tunnels.workerLeft(worker)]),
    stop: () => {
      cancel();
      cancelRecheck();
      cancelKeySwitch();
      return Promise.resolve();
    },
  };
}

/** Repeated work that never overtakes itself; a fault is logged, and the next turn tries again. */
function oneAtATime({ log }: Pick<ControlContext, "log">, work: () => Promise<unknown>): () => void {
  let isRunning = false;
  return () => {
    if (isRunning) return;
    isRunning = true;
    work()
      .catch((error) => log.warn("people.sweep.failed", { msg: describeError(error) }))
      .finally(() => isRunning = false);
  };
}

/** Prints a setup code of this start while nobody administrates (invariant 17). */
async function announceSetup(people: People): Promise<void> {
  const { site, main, log } = people.context;
  const code = site.console && await renewSetupCode(people);
  if (!code) return;
  const line = `SETUP code ${code} makes the first administrator at the console`;
  main.call("main.announce", { line }).catch((error) => {
    log.warn("people.setup.unannounced", { msg: describeError(error) }); // `user setup-code` shows one as well
  });
}
