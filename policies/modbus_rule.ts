/** What a point of a device is to rules; roles have rights on classes, so rules need no register numbers. */
export type ModbusPointClass = "measured" | "commanded" | "protected" | "personal" | "credential";

/** The name that rules give to a client whose certificate has no role (Modbus/TCP Security R-23). */
export const NO_ROLE = "(none)";

/** One rule of a site, as it stands in the rules file. All conditions that are present must hold. */
export interface ModbusRule {
  readonly id: string;
  /** `mask`: the read is answered with zeros in place of the point. */
  readonly effect: "allow" | "deny" | "mask";
  /** A sentence for the refusal and the audit trail. */
  readonly because: string;
  /** Roles of the client certificate, or NO_ROLE. */
  readonly roles?: readonly string[] | undefined;
  /** Common names of client certificates, or names of plaintext listeners. */
  readonly clients?: readonly string[] | undefined;
  /** Networks of the client's address. */
  readonly sources?: readonly string[] | undefined;
  /** Unit ids as the client names them; 0 is a broadcast. */
  readonly units?: readonly number[] | undefined;
  readonly access?: "read" | "write" | undefined;
  readonly classes?: readonly ModbusPointClass[] | undefined;
  /** Names of points of the unit's profile. */
  readonly points?: readonly string[] | undefined;
  /** Function codes that have no addresses: diagnostics, identification, files, queues. */
  readonly functions?: readonly number[] | undefined;
  /** True: only registers that the profile does not know. */
  readonly unknown?: boolean | undefined;
  /** A written value, scaled, must be within; a value that cannot be known is not. */
  readonly values?: readonly (number | readonly [number, number])[] | undefined;
  /** In the site's time zone; `to` before `from` ends on the next day. */
  readonly hours?: {
    readonly days?: readonly ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[] | undefined;
    readonly from: string;
    readonly to: string;
  } | undefined;
}

/** One point, or what no point knows, that a request reads or writes. */
export interface ModbusTarget {
  readonly access: "read" | "write";
  /** Undefined: registers that the profile does not know. */
  readonly point: { readonly name: string; readonly class: ModbusPointClass } | undefined;
  /** Not the whole value is read or written, or only some of its bits. */
  readonly isPartial: boolean;
  /** What is written, scaled; undefined for a read, and where it is no number. */
  readonly value: number | undefined;
  /** The device may be given this value, as far as its profile knows. */
  readonly isLegal: boolean;
  /** Another client holds the right to command this point for now. */
  readonly leasedTo: string | undefined;
}

/** One request as rules see it: principal, action, resource, context. Plain data: any decision can be replayed. */
export interface ModbusFacts {
  readonly principal: {
    /** Role of the certificate; undefined: it has none. */
    readonly role: string | undefined;
    readonly client: string;
    /** Networks of the rules that hold the client's address. */
    readonly networks: readonly string[];
  };
  readonly functionCode: number;
  readonly unit: number;
  /** Empty for function codes without addresses. */
  readonly targets: readonly ModbusTarget[];
  /** Minutes since Monday 00:00 in the site's time zone. */
  readonly minuteOfWeek: number;
}
