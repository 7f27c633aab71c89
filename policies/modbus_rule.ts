/** What a point of a device is to rules; roles have rights on classes, so rules need no register numbers. */
export type ModbusPointClass = "measured" | "commanded" | "protected" | "personal" | "credential";

/** The name that rules give to a client whose certificate has no role (Modbus/TCP Security R-23). */
export const NO_ROLE = "(none)";

/** What a rule does; `mask`: the read is answered with zeros in place of the point. */
export type ModbusEffect = "allow" | "deny" | "mask";

/** One rule of a site, as it stands in the rules file. All conditions that are present must hold. */
export interface ModbusRule {
  readonly id: string;
  readonly effect: ModbusEffect;
  /** A sentence for the refusal and the audit trail. */
  readonly because: string;
  /** Roles of the client certificate, or NO_ROLE. */
  readonly roles?: readonly string[] | undefined;
  /** Common names of client certificates, or names of plaintext listeners. */
  readonly clients?: readonly string[] | undefined;
  /** Ids of listeners: who is called the same by another authority comes by another one. */
  readonly listeners?: readonly string[] | undefined;
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
  /** Subfunctions of diagnostics (function code 8). */
  readonly subfunctions?: readonly number[] | undefined;
  /** True: only registers that the profile does not know. */
  readonly unknown?: boolean | undefined;
  /** A written value, scaled, must be within; a value that cannot be known is not. */
  readonly values?: ModbusValues | undefined;
  /** Of an allow rule for writes: what is too high is forwarded lower, instead of refused. Never the other way. */
  readonly clamp?: ModbusClamp | undefined;
  /** Of an allow rule for writes: the right to command its points that such a write brings. Absent: DEFAULT_LEASE. */
  readonly lease?: ModbusLease | undefined;
  /** In the site's time zone; `to` before `from` ends on the next day. */
  readonly hours?: {
    readonly days?: readonly ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[] | undefined;
    readonly from: string;
    readonly to: string;
  } | undefined;
}

/** The highest value that is forwarded, and how fast it may rise; in the unit of the point. */
export interface ModbusClamp {
  readonly max?: number | undefined;
  /** Counted from the value that was forwarded last; lowering is never held up. */
  readonly risePerMinute?: number | undefined;
}

/** The right to command a point that an allowed write brings its client. */
export interface ModbusLease {
  /** From the last write on; 0: such a write takes none. */
  readonly seconds: number;
  /** A higher one takes a point over from a lower one; among equals the first stays. */
  readonly priority: number;
}

/** Lease of a write of a commanded point by a rule that says nothing else. */
export const DEFAULT_LEASE: ModbusLease = { seconds: 60, priority: 0 };

/** Values, single ones or ranges with both ends in. */
export type ModbusValues = readonly (number | readonly [number, number])[];

/** One point, or what no point knows, that a request reads or writes. */
export interface ModbusTarget {
  readonly access: "read" | "write";
  /** Undefined: registers that the profile does not know. */
  readonly point: { readonly name: string; readonly class: ModbusPointClass } | undefined;
  /** Not the whole value is read or written, or only some of its bits. */
  readonly isPartial: boolean;
  /** What is written, scaled; undefined for a read, and where it is no number. */
  readonly value: number | undefined;
  /** What the profile knows of writes; absent for reads and where no profile knows the registers. */
  readonly limits?: ModbusPointLimits | undefined;
  /** Another client's right to command this point for now. */
  readonly lease?: { readonly owner: string; readonly priority: number } | undefined;
  /** What was forwarded last, for clamps; absent: nothing since the start. */
  readonly last?: { readonly value: number; readonly minutesAgo: number } | undefined;
}

/** What a device may be given, as far as its profile knows; scaled. */
export interface ModbusPointLimits {
  readonly isWritable: boolean;
  /** Absent: nothing is known. */
  readonly legal?: ModbusValues | undefined;
  /** Legal, and only by a rule that names point and value: what restarts a device or takes it out of service. */
  readonly restricted?: ModbusValues | undefined;
  /** Smallest difference of two values that can be written; 0: none, as for floats. */
  readonly step: number;
}

/** One request as rules see it: principal, action, resource, context. Plain data: any decision can be replayed. */
export interface ModbusFacts {
  readonly principal: {
    /** Role of the certificate; undefined: it has none. */
    readonly role: string | undefined;
    readonly client: string;
    readonly listener: string;
    /** Networks of the rules that hold the client's address. */
    readonly networks: readonly string[];
  };
  readonly functionCode: number;
  /** Of diagnostics. */
  readonly subfunction?: number | undefined;
  readonly unit: number;
  /** Empty for function codes without addresses. */
  readonly targets: readonly ModbusTarget[];
  /** Minutes since Monday 00:00 in the site's time zone. */
  readonly minuteOfWeek: number;
}
