import type { ControlApi, Json } from "../core/control_api.ts";
import type { Caller, PeopleApi, SessionInfo } from "../core/people_api.ts";
import type { Rpc, RpcArgs, RpcResult } from "../core/rpc.ts";

/** What the console uses of control. */
export type ConsoleControl = Pick<Rpc<ControlApi & PeopleApi>, "call">;

/** Methods that are asked in a person's name. */
export type PersonMethod = {
  [M in keyof PeopleApi]: RpcArgs<PeopleApi, M> extends { readonly by: Caller } ? M : never;
}[keyof PeopleApi];

/** Everything but who asks. */
export type PersonArgs<M extends PersonMethod> = Omit<RpcArgs<PeopleApi, M>, "by">;

/** What a command answered. */
export interface Ran {
  readonly text: string;
  readonly data: Json;
  readonly ok?: boolean;
}

/** Milliseconds that a command may take: a backup is made in this time. */
const COMMAND_MS = 60_000;

/** Asks control in somebody's name: of a session, or of an API token. Control judges each time. */
export class Asker {
  readonly #control: ConsoleControl;
  readonly #caller: Caller;
  /** The name or address, with the port, by which the console was reached: pages of controllers are reached by it too. */
  readonly host: string;

  constructor(control: ConsoleControl, caller: Caller, host: string) {
    this.#control = control;
    this.#caller = caller;
    this.host = host;
  }

  /** Asks control in this name. @throws GatewayError with the code that control refused with */
  ask<M extends PersonMethod & string>(method: M, args: PersonArgs<M>): Promise<RpcResult<PeopleApi, M>> {
    const named = { ...args, by: this.#caller } as unknown as RpcArgs<PeopleApi, M>;
    return this.#control.call(method, named as never) as Promise<RpcResult<PeopleApi, M>>;
  }

  /** Runs a command of docs/commands.md in this name. @throws GatewayError as control refused */
  async run(
    command: string,
    args: { readonly [name: string]: Json | undefined } = {},
    deadlineMs = COMMAND_MS,
  ): Promise<Ran> {
    return await this.#control.call("people.run", { by: this.#caller, command, args }, { deadlineMs });
  }
}

/** A person whom control has recognised by a session. */
export class Person extends Asker {
  readonly session: SessionInfo;

  constructor(control: ConsoleControl, caller: Caller, host: string, session: SessionInfo) {
    super(control, caller, host);
    this.session = session;
  }

  /** Whether it is worth showing this: a verb or "command NAME". What is shown is not what is allowed. */
  may(what: string): boolean {
    return this.session.may.includes(what);
  }
}
