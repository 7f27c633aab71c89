import { parse } from "yaml";
import bender from "../../profiles/guides/bender-5.32.yaml" with { type: "text" };
import etsi from "../../profiles/guides/etsi-en-303-645.yaml" with { type: "text" };
import evlink from "../../profiles/guides/evlink-pro-dc.yaml" with { type: "text" };
import iec from "../../profiles/guides/iec-62443-4-2.yaml" with { type: "text" };
import ocpp from "../../profiles/guides/ocpp-security.yaml" with { type: "text" };
import uk from "../../profiles/guides/uk-2021-schedule-1.yaml" with { type: "text" };
import type { GuideLine } from "../../policies/posture_types.ts";
import { ConfigError } from "../core/errors.ts";
import { type Guide, GuideFile } from "./guide_schema.ts";

const SHIPPED: Readonly<Record<string, string>> = {
  "bender-5.32.yaml": bender,
  "etsi-en-303-645.yaml": etsi,
  "evlink-pro-dc.yaml": evlink,
  "iec-62443-4-2.yaml": iec,
  "ocpp-security.yaml": ocpp,
  "uk-2021-schedule-1.yaml": uk,
};

/** What a station is, as far as guides ask. */
export interface GuideSubject {
  readonly vendor?: string | undefined;
  readonly hasOcpp: boolean;
}

/** A line with the guide that it stands in. */
export interface LineOfGuide {
  readonly guide: Guide;
  readonly line: GuideLine;
}

/** Reads one guide. @throws ConfigError CFG_INVALID with the file and every fault of it */
export function readGuide(file: string, text: string): Guide {
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    throw new ConfigError("CFG_INVALID", `${file} is no YAML: ${(cause as Error).message}`, { cause });
  }
  const { success, data, error } = GuideFile.safeParse(value);
  if (success) return data;
  const faults = error.issues.map(({ path, message }) => `${file} ${path.join(".")}: ${message}`);
  throw new ConfigError("CFG_INVALID", faults.join("\n"));
}

/** All guides, and which of their lines are about whom. */
export class Guides {
  readonly #lines: ReadonlyMap<string, LineOfGuide>;

  /** @throws ConfigError CFG_INVALID when two lines have one id */
  constructor(readonly all: readonly Guide[]) {
    const lines = new Map<string, LineOfGuide>();
    for (const guide of all) {
      for (const line of guide.lines) {
        if (lines.has(line.id)) throw new ConfigError("CFG_INVALID", `Two lines of guides have the id ${line.id}`);
        lines.set(line.id, { guide, line });
      }
    }
    this.#lines = lines;
  }

  line(id: string): LineOfGuide | undefined {
    return this.#lines.get(id);
  }

  /** The lines about a station, in the order of the guides. */
  forStation({ vendor, hasOcpp }: GuideSubject): readonly LineOfGuide[] {
    return [...this.#lines.values()].filter(({ guide: { applies } }) =>
      applies.to === "station" && (applies.vendors === undefined || applies.vendors.includes(vendor ?? "\0")) &&
      (applies.hasOcpp === undefined || applies.hasOcpp === hasOcpp)
    );
  }

  /** The lines about the gateway itself. */
  forGateway(): readonly LineOfGuide[] {
    return [...this.#lines.values()].filter(({ guide }) => guide.applies.to === "gateway");
  }
}

let shipped: Guides | undefined;

/** The guides that come with the gateway; read once. */
export function shippedGuides(): Guides {
  return shipped ??= new Guides(Object.entries(SHIPPED).map(([file, text]) => readGuide(file, text)));
}
