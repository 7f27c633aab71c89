import type { Schema } from "./schema.ts";
import type { IsolationProbe } from "./isolation_probe.ts";
import type { KeyStore } from "./key_store.ts";
import type { ClockSource } from "./clock_source.ts";
import type { Firewall } from "./firewall.ts";
import type { HardwareWatchdog } from "./hardware_watchdog.ts";
import type { Neighbours } from "./neighbours.ts";
import type { LldpListener } from "./lldp.ts";
import type { NetworkLinks } from "./network_links.ts";
import type { TamperInputs } from "./tamper_inputs.ts";
import type { OldTls } from "./old_tls.ts";
import type { TimeService } from "./time_service.ts";
import type { PacketLinks } from "./packet_link.ts";
import type { SerialPorts } from "./serial_ports.ts";

/** What a caller may do: look, obtain a secret, or change something on the box. */
export const PERMISSION_CLASSES = ["read", "secret", "act"] as const;
/** One permission class. */
export type PermissionClass = typeof PERMISSION_CLASSES[number];

/** The capabilities of this box that verbs reach; absent = not configured. */
export interface HaldBox {
  readonly version: string;
  /** Names of all verbs. */
  readonly verbs: readonly string[];
  readonly clock: ClockSource;
  readonly links: NetworkLinks;
  readonly neighbours: Neighbours;
  readonly packets?: PacketLinks;
  readonly isolation?: IsolationProbe;
  readonly lldp?: LldpListener;
  readonly keyStore?: KeyStore;
  readonly watchdog?: HardwareWatchdog;
  readonly firewall?: Firewall;
  readonly tamper?: TamperInputs;
  readonly serial?: SerialPorts;
  readonly oldTls?: OldTls;
  readonly time?: TimeService;
}

/** The bytes of a connection after the answer of a stream verb. */
export interface ByteConnection {
  read(into: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
}

/** What a stream verb has opened. */
export interface HaldStream<Answer> {
  readonly answer: Answer;
  /** Uses the connection until it or the thing behind it ends. @throws what ended it */
  carry(connection: ByteConnection): Promise<void>;
  /** Lets go of what was opened; called once, whatever happened. */
  close(): void;
}

/** One thing hald can be asked to do. `args` and `answer` are the whole contract, checked at both ends. */
export interface Verb<Name extends string = string, Args = unknown, Answer = unknown> {
  readonly name: Name;
  readonly permission: PermissionClass;
  readonly args: Schema<Args>;
  readonly answer: Schema<Answer>;
  /** @throws HardwareError; its code, message and hint go to the caller */
  run(args: Args, box: HaldBox): Promise<Answer>;
  /** Set when the connection carries something else after the answer; `run` then only refuses. @throws as `run` */
  open?(args: Args, box: HaldBox): Promise<HaldStream<Answer>>;
}

/** Declares a verb with its types inferred. */
export function defineVerb<const Name extends string, Args, Answer>(
  verb: Verb<Name, Args, Answer>,
): Verb<Name, Args, Answer> {
  return verb;
}
