import { createConsoleApp } from "../../gateway/console/app.tsx";
import type { ConsoleSite } from "../../gateway/console/context.ts";
import { SESSION_COOKIE, TOKEN_COOKIE } from "../../gateway/console/http/security.ts";
import type { Page } from "../../gateway/console/pages/page.ts";
import type { DropFolder } from "../../gateway/console/upload/drop_folder.ts";
import type { ConsoleParts } from "../../gateway/console/parts.ts";
import type { ConsoleControl } from "../../gateway/console/person.ts";
import { GatewayError } from "../../gateway/core/errors.ts";
import { nullLogger } from "../../gateway/core/log.ts";
import type { SessionInfo } from "../../gateway/core/people_api.ts";
import { ManualTime } from "./manual_time.ts";
import { seededRandom } from "../../gateway/demo/seeded_random.ts";

/** A moment for tests: Saturday noon. */
export const RIG_NOW = Date.parse("2026-11-21T12:00:00Z");
/** A form token as the console makes one. */
export const RIG_TOKEN = "AAAAAAAAAAAAAAAAAAAAAA";
const SITE: ConsoleSite = { id: "garage-12", name: "Parking garage, Main Street", timeZone: "Europe/Berlin" };

/** What the faked control was asked. */
export interface Asked {
  readonly method: string;
  // deno-lint-ignore no-explicit-any -- tests look into whatever was asked
  readonly args: any;
}

/** Answers of the faked control by method, and by "command NAME" for commands: a value, or a function of the arguments. */
export type Answers = Readonly<Record<string, unknown>>;

/** What may be set about a rig. */
export interface ConsoleRigOptions {
  readonly answers?: Answers;
  /** What the person may do; absent: everything that has an answer. */
  readonly may?: readonly string[];
  readonly session?: Partial<SessionInfo>;
  /** Nobody is signed in. */
  readonly isOut?: boolean;
  readonly pages?: readonly Page[];
  /** Where files that people bring wait; absent: the site takes no firmware. */
  readonly drop?: DropFolder;
  /** Where encrypted ZIPs of stations' files wait. */
  readonly handOuts?: string;
  readonly images?: string;
}

/** The console's application in front of a faked control: no socket, no Worker. */
export class ConsoleRig {
  readonly asked: Asked[] = [];
  readonly time = new ManualTime(RIG_NOW);
  readonly app: ReturnType<typeof createConsoleApp>;
  readonly parts: ConsoleParts;
  /** May be changed while the test runs. */
  answers: Record<string, unknown>;
  readonly #options: ConsoleRigOptions;

  constructor(options: ConsoleRigOptions = {}) {
    this.#options = options;
    this.answers = { ...options.answers };
    const call = (method: string, args: Record<string, unknown>) => this.#answer(method, args);
    this.parts = {
      control: { call } as unknown as ConsoleControl,
      clock: this.time,
      timers: this.time,
      random: seededRandom(1),
      log: nullLogger,
      site: () => SITE,
      hostname: () => "gw.garage-12.example",
      ...options.drop ? { drop: options.drop } : {},
      ...options.handOuts === undefined ? {} : { handOuts: options.handOuts },
      ...options.images === undefined ? {} : { images: options.images },
      longBody: (context) => context.req.raw.body ?? new Blob([]).stream(),
      sourceOf: () => "192.0.2.7",
    };
    this.app = createConsoleApp(this.parts, ...options.pages ? [options.pages] : []);
  }

  /** The session that control reports. */
  session(): SessionInfo {
    const now = this.time.now();
    return {
      id: "s1",
      person: "anna",
      displayName: "Anna Berg",
      origin: "local",
      roles: ["administrator"],
      stage: "done",
      source: "192.0.2.7",
      agent: "test",
      since: now,
      lastActivity: now,
      idleAt: now + 1_800_000,
      endsAt: now + 43_200_000,
      may: this.#options.may ?? Object.keys(this.answers),
      ...this.#options.session,
    };
  }

  /** Opens a page as a browser does. */
  async get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    return await this.app.request(`https://gw.garage-12.example${path}`, { headers: this.#headers(headers) });
  }

  /** The text of a page. */
  async text(path: string, headers?: Record<string, string>): Promise<string> {
    return await (await this.get(path, headers)).text();
  }

  /** Posts a form of our own page. */
  async post(
    path: string,
    fields: Record<string, string>,
    headers: Record<string, string> = {},
    body: BodyInit = new URLSearchParams({ _token: RIG_TOKEN, ...fields }).toString(),
  ): Promise<Response> {
    const type = { "content-type": "application/x-www-form-urlencoded", origin: "https://gw.garage-12.example" };
    return await this.app.request(`https://gw.garage-12.example${path}`, {
      method: "POST",
      body,
      headers: this.#headers({ ...type, ...headers }),
    });
  }

  /** What control was asked by this method or "command NAME", in order. */
  askedOf(what: string): readonly Asked["args"][] {
    return this.asked.filter(({ method, args }) =>
      what === (method === "people.run" ? `command ${args.command}` : method)
    )
      .map(({ args }) => args);
  }

  #headers(more: Record<string, string>): Record<string, string> {
    const session = this.#options.isOut ? "" : `; ${SESSION_COOKIE}=token-of-anna`;
    return {
      host: "gw.garage-12.example",
      accept: "text/html",
      cookie: `${TOKEN_COOKIE}=${RIG_TOKEN}${session}`,
      ...more,
    };
  }

  async #answer(method: string, args: Record<string, unknown>): Promise<unknown> {
    this.asked.push({ method, args });
    if (method === "people.session.check" && !("people.session.check" in this.answers)) return this.session();
    const key = method === "people.run" ? `command ${String(args["command"])}` : method;
    if (!(key in this.answers)) throw new GatewayError("RPC_UNKNOWN_METHOD", `The rig has no answer to ${key}`);
    const answer = this.answers[key];
    const value = await (typeof answer === "function" ? answer(args) : answer);
    return method === "people.run" && !isRan(value) ? { text: "", data: value } : value;
  }
}

const isRan = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "text" in value && "data" in value;
